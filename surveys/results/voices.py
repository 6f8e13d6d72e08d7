"""What customers said and allow to be published: with their first name, as long as they allow it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection

# The newest first. Who was forgotten has neither words nor a name here.
_VOICES = """
SELECT r.invitation_id, r.score, r.comment, r.publish_at, split_part(btrim(c.name), ' ', 1) AS first_name
FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
JOIN customer c ON c.program_id = $1 AND c.customer_id = i.customer_id
WHERE r.program_id = $1 AND r.publish_at IS NOT NULL AND r.excluded_because IS NULL
  AND NOT (SELECT v.simulated FROM survey v WHERE v.program_id = $1 AND v.survey_id = i.survey_id)
  AND ($2::timestamptz IS NULL OR (r.publish_at, r.invitation_id) < ($2, $3::uuid))
ORDER BY r.publish_at DESC, r.invitation_id DESC LIMIT $4
"""


class Voice(Struct, frozen=True):
    """A comment that may be published; without a name where none is known."""

    invitation_id: UUID
    score: int
    comment: str
    publish_at: datetime
    first_name: str | None


async def voices(
    connection: Connection,
    program_id: int,
    limit: int,
    after: tuple[datetime, UUID] | tuple[None, None] = (None, None),
) -> Sequence[Voice]:
    """List what may be published now, those allowed last first, after a place among them: its one may be gone since."""
    rows = await connection.fetch(_VOICES, program_id, *after, limit)
    return [Voice(**{**dict(row), "first_name": row["first_name"] or None}) for row in rows]
