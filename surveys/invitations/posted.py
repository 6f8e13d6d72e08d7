"""The SQL of what becomes of letters: each is heard of once."""

from uuid import UUID

from loyalty.database import Connection

# What was sent, or given up, is looked at no more. A mail server that will not have this recipient says 5xx to it.
_RESOLVED = """
UPDATE survey_invitation i SET mail_id = NULL
FROM (SELECT i.invitation_id, m.error FROM survey_invitation i
  JOIN mail m ON m.program_id = $1 AND m.mail_id = i.mail_id
  WHERE i.program_id = $1 AND i.mail_id IS NOT NULL AND m.state <> 'queued' LIMIT $2) n
WHERE i.program_id = $1 AND i.invitation_id = n.invitation_id
RETURNING i.invitation_id, coalesce(n.error LIKE 'SMTPRecipientsRefused 5%', false) AS refused
"""


async def resolved(connection: Connection, program_id: int, limit: int) -> list[tuple[UUID, bool]]:
    """Hear what became of letters, once each: of which invitations, and whether the recipient was refused for good."""
    rows = await connection.fetch(_RESOLVED, program_id, limit)
    return [(row["invitation_id"], row["refused"]) for row in rows]
