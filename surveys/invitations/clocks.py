"""The SQL of what keeps customers from being asked too often: the quarantine's clocks, and the day's count."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from loyalty.database import Connection

# In the order of the ids, as the locks after it: two batches that meet new clocks wait for each other in one order.
_ADD_CLOCKS = """
INSERT INTO survey_clock (program_id, customer_id) SELECT $1, n.id FROM unnest($2::uuid[]) AS n (id) ORDER BY n.id
ON CONFLICT DO NOTHING
"""
_LOCK_CLOCKS = """
SELECT FROM survey_clock WHERE program_id = $1 AND customer_id = ANY($2::uuid[]) ORDER BY customer_id FOR UPDATE
"""
_WIND = "UPDATE survey_clock SET sent_at = $3 WHERE program_id = $1 AND customer_id = ANY($2::uuid[])"
_ADD_DAY = "INSERT INTO survey_day (program_id, day, sent) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING"
_LOCK_DAY = "SELECT sent FROM survey_day WHERE program_id = $1 AND day = $2 FOR UPDATE"
_COUNT = "UPDATE survey_day SET sent = sent + $3 WHERE program_id = $1 AND day = $2"
# Who has waited since yesterday goes first, also when somebody else is due before the hour at which they are looked at.
_WAITING = """
SELECT due_at FROM survey_invitation WHERE program_id = $1 AND state = 'planned' AND channel = 'mail'
  AND due_at < $2 AND next_at > $3 ORDER BY due_at LIMIT $4
"""


async def hold_clocks(connection: Connection, program_id: int, customer_ids: Sequence[UUID]) -> None:
    """Keep others from asking these customers until the transaction ends."""
    await connection.execute(_ADD_CLOCKS, program_id, customer_ids)
    await connection.fetch(_LOCK_CLOCKS, program_id, customer_ids)


async def wind_clocks(connection: Connection, program_id: int, customer_ids: Sequence[UUID], at: datetime) -> None:
    """Begin the quarantine of customers whose clocks are held."""
    await connection.execute(_WIND, program_id, customer_ids, at)


async def hold_day(connection: Connection, program_id: int, day: date) -> int:
    """Tell how many went by mail in a local day, and keep others from sending until the transaction ends."""
    await connection.execute(_ADD_DAY, program_id, day)
    sent: int = await connection.fetchval(_LOCK_DAY, program_id, day)
    return sent


async def count_sent(connection: Connection, program_id: int, day: date, many: int) -> None:
    """Count what went by mail in a day that is held."""
    await connection.execute(_COUNT, program_id, day, many)


async def waiting_longer(
    connection: Connection, program_id: int, before: datetime, now: datetime, limit: int
) -> list[datetime]:
    """Tell since when others wait for their turn who were due before, the longest first."""
    return [row[0] for row in await connection.fetch(_WAITING, program_id, before, now, limit)]
