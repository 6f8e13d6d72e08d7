"""Whom nothing more is sent to: who unsubscribed, and addresses that a mail server refused, whoever has them."""

from datetime import datetime
from uuid import UUID

from loyalty.database import Connection, Tx
from surveys.invitations.people import now_of

_UNSUBSCRIBE = """
INSERT INTO survey_suppression (program_id, customer_id, why, recorded_at) VALUES ($1, $2, 'unsubscribed', $3)
ON CONFLICT DO NOTHING RETURNING true
"""
_SUPPRESS = """
INSERT INTO survey_bounce (program_id, email_sha256, recorded_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
_BOUNCED = """
UPDATE survey_invitation SET bounced_at = coalesce(bounced_at, $3), remind_at = NULL
WHERE program_id = $1 AND invitation_id = $2 RETURNING email_sha256
"""
_HASH = "SELECT sha256(convert_to(lower($1::text), 'UTF8'))"
# The newest letter to it is what came back; not one that was answered, and none whose link is over.
_NEWEST = """
SELECT n.invitation_id FROM (
  SELECT i.invitation_id, i.ends_at FROM survey_invitation i
  WHERE i.program_id = $1 AND i.email_sha256 = $2 AND i.state = 'sent'
  ORDER BY greatest(i.sent_at, i.reminded_at) DESC, i.invitation_id DESC LIMIT 1) n
WHERE n.ends_at > $3
  AND NOT EXISTS (SELECT FROM survey_response r WHERE r.program_id = $1 AND r.invitation_id = n.invitation_id)
"""


async def address_bounced(tx: Tx, program_id: int, email: str) -> None:
    """Hear from a mail provider that an address takes no mail; what was sent there last has bounced."""
    connection = tx.connection
    now, address = await now_of(connection, program_id), await connection.fetchval(_HASH, email)
    invitation_id = await connection.fetchval(_NEWEST, program_id, address, now)
    if invitation_id is not None:
        await connection.fetchval(_BOUNCED, program_id, invitation_id, now)
    await connection.execute(_SUPPRESS, program_id, address, now)


async def bounce(tx: Tx, program_id: int, invitation_id: UUID) -> None:
    """Note that mail came back: nothing more is sent where it went, whatever the customer's address is by now."""
    now = await now_of(tx.connection, program_id)
    address = await tx.connection.fetchval(_BOUNCED, program_id, invitation_id, now)
    if address is not None:
        await tx.connection.execute(_SUPPRESS, program_id, address, now)


async def unsubscribe(connection: Connection, program_id: int, customer_id: UUID, at: datetime) -> bool:
    """Have a customer asked no more; tells whether that is news."""
    return await connection.fetchval(_UNSUBSCRIBE, program_id, customer_id, at) is not None
