"""The SQL of what keeps customers from being asked too often: the quarantine's clocks, and the day's count."""

from datetime import date, datetime
from uuid import UUID

from loyalty.database import Connection

_LOCK_CLOCK = "INSERT INTO survey_clock (program_id, customer_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_LOCKED_CLOCK = "SELECT FROM survey_clock WHERE program_id = $1 AND customer_id = $2 FOR UPDATE"
_WIND = "UPDATE survey_clock SET sent_at = $3 WHERE program_id = $1 AND customer_id = $2"
# Who has waited since yesterday goes first, also when somebody else is due before the hour at which they are looked at.
_ROOM = """
WITH waiting AS (SELECT count(*) AS n FROM survey_invitation
  WHERE program_id = $1 AND state = 'planned' AND channel = 'mail' AND due_at < $4 AND next_at > $5)
INSERT INTO survey_day (program_id, day, sent) SELECT $1, $2, 1 FROM waiting WHERE waiting.n < $3
ON CONFLICT (program_id, day) DO UPDATE SET sent = survey_day.sent + 1
  WHERE survey_day.sent + (SELECT n FROM waiting) < $3 RETURNING sent
"""


async def hold_clock(connection: Connection, program_id: int, customer_id: UUID) -> None:
    """Keep others from asking a customer until the transaction ends."""
    await connection.execute(_LOCK_CLOCK, program_id, customer_id)
    await connection.fetch(_LOCKED_CLOCK, program_id, customer_id)


async def wind_clock(connection: Connection, program_id: int, customer_id: UUID, at: datetime) -> None:
    """Begin a customer's quarantine."""
    await connection.execute(_WIND, program_id, customer_id, at)


async def take_room(
    connection: Connection, program_id: int, day: date, cap: int, due_at: datetime, now: datetime
) -> bool:
    """Count one more sending of a local day, if the cap leaves room for it, and for those who have waited longer."""
    return await connection.fetchval(_ROOM, program_id, day, cap, due_at, now) is not None
