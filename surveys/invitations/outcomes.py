"""The SQL of what becomes of invitations: sent with a letter, skipped, put off, reminded of; a batch at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection
from surveys.invitations.tokens import Token

_SENT = """
UPDATE survey_invitation i SET state = 'sent', sent_at = $2, ends_at = $3, remind_at = n.remind_at, key_id = n.key_id,
  token_sha256 = n.token_sha256, mail_id = n.mail_id, email_sha256 = sha256(convert_to(lower(n.email), 'UTF8'))
FROM unnest($4::uuid[], $5::timestamptz[], $6::text[], $7::bytea[], $8::uuid[], $9::text[])
  AS n (id, remind_at, key_id, token_sha256, mail_id, email)
WHERE i.program_id = $1 AND i.invitation_id = n.id
"""
# Of somebody who was forgotten since the planning nothing stays here, as if it had been there at the erasure.
_SKIPPED = """
UPDATE survey_invitation i SET state = 'skipped', reason = n.reason,
  customer_id = CASE WHEN n.reason <> 'erased' THEN i.customer_id END,
  respondent_id = CASE WHEN n.reason <> 'erased' THEN i.respondent_id ELSE gen_random_uuid() END,
  snapshot = CASE WHEN n.reason <> 'erased' THEN i.snapshot END,
  purchase_id = CASE WHEN n.reason <> 'erased' THEN i.purchase_id END,
  occasion = CASE WHEN n.reason <> 'erased' THEN i.occasion ELSE 'forgotten/' || i.invitation_id END
FROM unnest($2::uuid[], $3::text[]) AS n (id, reason) WHERE i.program_id = $1 AND i.invitation_id = n.id
"""
_LATER = """
UPDATE survey_invitation i SET next_at = n.at FROM unnest($2::uuid[], $3::timestamptz[]) AS n (id, at)
WHERE i.program_id = $1 AND i.invitation_id = n.id
"""
_REMINDED = """
UPDATE survey_invitation i SET remind_at = NULL, reminded_at = $2, key_id = n.key_id, token_version = n.token_version,
  token_sha256 = n.token_sha256, mail_id = n.mail_id, email_sha256 = sha256(convert_to(lower(n.email), 'UTF8'))
FROM unnest($3::uuid[], $4::text[], $5::int[], $6::bytea[], $7::uuid[], $8::text[])
  AS n (id, key_id, token_version, token_sha256, mail_id, email)
WHERE i.program_id = $1 AND i.invitation_id = n.id
"""
_NOT_REMINDED = """
UPDATE survey_invitation SET remind_at = NULL WHERE program_id = $1 AND invitation_id = ANY($2::uuid[])
"""
_NOW = "now (at) AS (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)"
_PUT_OFF = f"""
WITH {_NOW}, planned AS (UPDATE survey_invitation SET next_at = now.at + $2 FROM now
  WHERE program_id = $1 AND state = 'planned' AND next_at <= now.at)
UPDATE survey_invitation SET remind_at = now.at + $2 FROM now WHERE program_id = $1 AND remind_at <= now.at
"""  # noqa: S608 - our own parts
_PUT_OFF_ONE = f"""
WITH {_NOW} UPDATE survey_invitation SET
  next_at = CASE WHEN state = 'planned' THEN now.at + $3 ELSE next_at END,
  remind_at = CASE WHEN remind_at <= now.at THEN now.at + $3 ELSE remind_at END
FROM now WHERE program_id = $1 AND invitation_id = $2
"""  # noqa: S608 - our own parts


class Posted(Struct, frozen=True):
    """An invitation that goes out: its link, the letter about it (None: none was written) and where it goes.

    `remind_at`: when to remind of it.
    """

    invitation_id: UUID
    token: Token
    version: int
    mail_id: UUID | None
    email: str | None
    remind_at: datetime | None = None


async def sent(
    connection: Connection, program_id: int, rows: Sequence[Posted], sent_at: datetime, ends_at: datetime
) -> None:
    """Note what was sent."""
    await connection.execute(
        _SENT,
        program_id,
        sent_at,
        ends_at,
        [row.invitation_id for row in rows],
        [row.remind_at for row in rows],
        [row.token.key_id for row in rows],
        [row.token.sha256 for row in rows],
        [row.mail_id for row in rows],
        [row.email for row in rows],
    )


async def skipped(connection: Connection, program_id: int, reasons: dict[UUID, str]) -> None:
    """Note why these are not sent."""
    await connection.execute(_SKIPPED, program_id, list(reasons), list(reasons.values()))


async def later(connection: Connection, program_id: int, at: dict[UUID, datetime]) -> None:
    """Have these looked at again then."""
    await connection.execute(_LATER, program_id, list(at), list(at.values()))


async def reminded(connection: Connection, program_id: int, rows: Sequence[Posted], at: datetime) -> None:
    """Note that reminders went, each with its link, which may be another one."""
    await connection.execute(
        _REMINDED,
        program_id,
        at,
        [row.invitation_id for row in rows],
        [row.token.key_id for row in rows],
        [row.version for row in rows],
        [row.token.sha256 for row in rows],
        [row.mail_id for row in rows],
        [row.email for row in rows],
    )


async def not_reminded(connection: Connection, program_id: int, ids: Sequence[UUID]) -> None:
    """Note that of these nobody is ever reminded."""
    await connection.execute(_NOT_REMINDED, program_id, ids)


async def put_off(connection: Connection, program_id: int, wait: timedelta) -> None:
    """Have everything that is due wait: it cannot be sent."""
    await connection.execute(_PUT_OFF, program_id, wait)


async def put_off_one(connection: Connection, program_id: int, invitation_id: UUID, wait: timedelta) -> None:
    """Have one that cannot be decided wait, and its reminder."""
    await connection.execute(_PUT_OFF_ONE, program_id, invitation_id, wait)
