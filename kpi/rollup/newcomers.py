"""Who joined, and whether they bought within 30 days: by whole days for the day sets, one by one while days are young.

A day is a local one: 30 of them end at the same hour of the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from kpi.facts import Counts
from kpi.rollup.days import Welcomed
from kpi.rows.cells import Flags
from kpi.rows.known import QUALIFIES
from kpi.rows.packed import unpacked
from loyalty.database import Connection

# $2 and $3 are two instants, $4 is the zone. A look per joining into an index: joinings are few beside purchases.
_JOINED = f"""
WITH joined AS MATERIALIZED (
  SELECT n.number, m.joined_at, (m.joined_at AT TIME ZONE $4::text + interval '30 days') AT TIME ZONE $4::text AS due_at
  FROM membership m JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = m.customer_id
  WHERE m.program_id = $1 AND m.superseded_at IS NULL AND m.joined_at >= $2 AND m.joined_at < $3
)
SELECT string_agg(int8send(number), '') AS number, string_agg(timestamptz_send(joined_at), '') AS joined_at,
  string_agg(timestamptz_send(due_at), '') AS due_at, string_agg(boolsend(bought), '') AS bought
FROM (
  SELECT j.number, j.joined_at, j.due_at, bought.placed_at IS NOT NULL AS bought
  FROM joined j LEFT JOIN LATERAL (
    SELECT one.placed_at FROM kpi_customer k CROSS JOIN LATERAL (
      SELECT p.placed_at FROM purchase p
      WHERE p.program_id = $1 AND p.customer_id = k.customer_id AND p.placed_at >= j.joined_at
        AND p.placed_at <= j.due_at AND {QUALIFIES}
      ORDER BY p.placed_at LIMIT 1
    ) one WHERE k.program_id = $1 AND k.number = j.number LIMIT 1
  ) bought ON true
  ORDER BY j.joined_at, j.number
)
"""  # noqa: S608 - expressions of our own
_TIMEOUT_SECONDS = 900.0
# What PostgreSQL counts the microseconds of an instant from.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False, slots=True)
class Joinings:
    """One entry a joining, in the order of time; instants in microseconds. `bought`: from then until `due`."""

    customer: Counts
    at: Counts
    due: Counts
    bought: Flags

    def welcomed(self, midnights: Sequence[datetime]) -> Welcomed:
        """Tell by day who bought in time, of the first time they joined on it."""
        edges = np.array([microseconds(midnight) for midnight in midnights], dtype=np.int64)
        cell = np.searchsorted(edges, self.at, side="right")
        _, first = np.unique(self.customer * (len(edges) + 1) + cell, return_index=True)
        did = first[self.bought[first]]
        return Welcomed(self.customer[did], cell[did])

    def between(self, start: datetime, end: datetime) -> "Joinings":
        """Give each customer's first joining in `[start, end)`."""
        inside = np.flatnonzero((self.at >= microseconds(start)) & (self.at < microseconds(end)))
        first = inside[np.unique(self.customer[inside], return_index=True)[1]]
        return Joinings(self.customer[first], self.at[first], self.due[first], self.bought[first])


async def read(connection: Connection, program_id: int, start: datetime, end: datetime, timezone: str) -> Joinings:
    """Read who joined in `[start, end)`, of those who have a number."""
    row = await connection.fetchrow(_JOINED, program_id, start, end, timezone, timeout=_TIMEOUT_SECONDS)
    assert row is not None  # noqa: S101 - aggregates without GROUP BY make exactly one row
    return Joinings(
        unpacked(row["number"]),
        unpacked(row["joined_at"]),
        unpacked(row["due_at"]),
        np.frombuffer(row["bought"] or b"", dtype=np.bool_),
    )


def microseconds(at: datetime) -> int:
    """Count an instant as the database does."""
    return (at - _EPOCH) // timedelta(microseconds=1)
