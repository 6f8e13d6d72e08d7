"""Reads who joined, and whether they bought in their first 30 days."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from kpi import periods
from kpi.parts.first_days import FirstDays
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked

# $2 and $3 are the first start and the last end, $4 is the zone, $5 is K. A day is a local one: 30 of them end at the
# same hour of the clock.
_JOININGS = statement(
    """
WITH RECURSIVE {people}, {qualifying}, joinings AS (
  SELECT customer_id, joined_at, (joined_at AT TIME ZONE $4::text + interval '30 days') AT TIME ZONE $4::text AS due_at
  FROM memberships WHERE joined_at >= $2 AND joined_at < $3
), bought AS (
  SELECT DISTINCT j.customer_id, j.joined_at
  FROM joinings j JOIN qualifying q ON q.customer_id = j.customer_id
  WHERE q.placed_at >= j.joined_at AND q.placed_at <= j.due_at
)
SELECT j.customer_id, j.joined_at, j.due_at, b.customer_id IS NOT NULL AS bought
FROM joinings j LEFT JOIN bought b ON b.customer_id = j.customer_id AND b.joined_at = j.joined_at
ORDER BY j.joined_at
""",
    k="$5",
)


@READERS.register("first_days")
async def read(asked: Asked) -> Mapping[Days, FirstDays]:
    """Give who joined in each period; the first days may lie after it, up to what is known."""
    zone, known = asked.program.zone, asked.reading.known
    ends = {days: [periods.instant(day, zone) for day in days] for days in asked.wanted}
    rows = await _JOININGS.visit(
        asked.connection,
        known.limit,
        asked.program.program_id,
        min(one[0] for one in ends.values()),
        max(one[1] for one in ends.values()),
        asked.program.timezone,
    )
    return {days: await _first_days(asked, rows, start, end) for days, (start, end) in ends.items()}


async def _first_days(asked: Asked, rows: list[asyncpg.Record], start: datetime, end: datetime) -> FirstDays:
    """Take each customer's first joining in the period; whose days are not over cannot be asked yet."""
    first: dict[UUID, asyncpg.Record] = {}
    for row in rows:
        if start <= row["joined_at"] < end:
            first.setdefault(row["customer_id"], row)
    mature = {who: row for who, row in first.items() if row["due_at"] <= asked.reading.known.as_of}
    numbers = asked.reading.numbers
    return FirstDays(
        joined=await numbers(mature),
        bought=await numbers(who for who, row in mature.items() if row["bought"]),
        immature=await numbers(first.keys() - mature.keys()),
    )
