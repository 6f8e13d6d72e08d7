"""Whom nothing more is sent to: who unsubscribed, and whose address a mail server refused."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from loyalty.database import Connection, Tx
from surveys.invitations.people import now_of, survivor_of

_SUPPRESS = """
INSERT INTO survey_suppression (program_id, customer_id, why, email_sha256, recorded_at)
SELECT $1, c.customer_id, $3,
  CASE WHEN $3 = 'bounced' THEN sha256(convert_to(lower(coalesce($5, c.email)), 'UTF8')) END, $4
FROM customer c WHERE c.program_id = $1 AND c.customer_id = $2
  AND ($3 <> 'bounced' OR coalesce($5, c.email) IS NOT NULL)
ON CONFLICT (program_id, customer_id, why) DO UPDATE
  SET email_sha256 = excluded.email_sha256, recorded_at = excluded.recorded_at
  WHERE survey_suppression.email_sha256 IS DISTINCT FROM excluded.email_sha256
RETURNING true
"""
_AT_ADDRESS = """
SELECT c.customer_id, (SELECT i.invitation_id FROM survey_invitation i WHERE i.program_id = $1
  AND i.customer_id = c.customer_id AND i.channel = 'mail' AND i.state = 'sent' ORDER BY i.sent_at DESC LIMIT 1)
FROM customer c WHERE c.program_id = $1 AND lower(c.email) = lower($2) AND c.merged_into IS NULL
ORDER BY c.customer_id
"""
_BOUNCED = """
UPDATE survey_invitation SET bounced_at = coalesce(bounced_at, $3), remind_at = NULL
WHERE program_id = $1 AND invitation_id = $2 RETURNING customer_id
"""


async def at_address(connection: Connection, program_id: int, email: str) -> list[tuple[UUID, UUID | None]]:
    """Find whose an address is, each with the survey mailed last. It reads all customers: not on the money's pool."""
    return [(row[0], row[1]) for row in await connection.fetch(_AT_ADDRESS, program_id, email)]


async def address_bounced(tx: Tx, program_id: int, email: str, whose: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Hear from a mail provider that an address takes no mail; what was sent there last has bounced."""
    now = await now_of(tx.connection, program_id)
    for customer_id, invitation_id in whose:
        if invitation_id is not None:
            await note_bounce(tx.connection, program_id, invitation_id, now)
        await suppress(tx.connection, program_id, customer_id, "bounced", now, email)


async def bounce(tx: Tx, program_id: int, invitation_id: UUID, email: str | None = None) -> None:
    """Note that mail came back: nothing more is sent to that address. Unsaid, it is the customer's present one."""
    now = await now_of(tx.connection, program_id)
    customer_id = await note_bounce(tx.connection, program_id, invitation_id, now)
    if customer_id is not None:
        # The letter went to whom the customer has become; who has no address by now is written to no more anyhow.
        whom = await survivor_of(tx.connection, program_id, customer_id)
        await suppress(tx.connection, program_id, whom or customer_id, "bounced", now, email)


async def suppress(
    connection: Connection, program_id: int, customer_id: UUID, why: str, at: datetime, email: str | None = None
) -> bool:
    """Have a customer asked no more; of a bounce, at that address. Tells whether that is news."""
    return await connection.fetchval(_SUPPRESS, program_id, customer_id, why, at, email) is not None


async def note_bounce(connection: Connection, program_id: int, invitation_id: UUID, at: datetime) -> UUID | None:
    """Note that an invitation came back; names whose it was, if that is known."""
    found: UUID | None = await connection.fetchval(_BOUNCED, program_id, invitation_id, at)
    return found
