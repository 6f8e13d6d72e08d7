"""Reads the gaps between purchases, one by one: a median cannot be put together from sums."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from kpi import periods
from kpi.parts.gaps import Gaps
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from kpi.rows.part import READERS, Asked

# $2 and $3 are the first start and the last end, $4 is K. Purchases before $2 are needed for the one before the first.
# Those of one instant are of one status, and the gap between them is 0 in whichever order they come.
_GAPS = statement(
    """
WITH RECURSIVE {people}, {qualifying}, following AS (
  SELECT dense_rank() OVER (ORDER BY customer_id) AS person, placed_at, member,
    lag(placed_at) OVER (PARTITION BY customer_id ORDER BY placed_at) AS before
  FROM qualifying WHERE placed_at < $3
)
SELECT string_agg(int8send(person), '') AS person, string_agg(boolsend(member), '') AS member,
  string_agg(timestamptz_send(placed_at), '') AS placed_at, string_agg(timestamptz_send(before), '') AS before
FROM following WHERE before IS NOT NULL AND placed_at >= $2
""",
    k="$4",
)
# What PostgreSQL counts the microseconds of an instant from.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000


@READERS.register("gaps")
async def read(asked: Asked) -> Mapping[Days, Gaps]:
    """Give the gaps that end in each period, in whole seconds."""
    zone, limit = asked.program.zone, asked.reading.known.limit
    ends = {days: [periods.instant(day, zone) for day in days] for days in asked.wanted}
    arguments = (asked.program.program_id, min(one[0] for one in ends.values()), max(one[1] for one in ends.values()))
    # Aggregates without GROUP BY make exactly one row.
    [row] = await _GAPS.visit(asked.connection, limit, *arguments)
    person, placed_at, before = (unpacked(row[name]) for name in ("person", "placed_at", "before"))
    member = np.frombuffer(row["member"] or b"", dtype=np.bool_)
    seconds = (placed_at - before) // _SECOND
    parts = {}
    for days, (start, end) in ends.items():
        inside = (placed_at >= _microseconds(start)) & (placed_at < _microseconds(end))
        _, customer = np.unique(person[inside], return_inverse=True)
        parts[days] = Gaps(customer.astype(np.int64), seconds[inside], member[inside])
    return parts


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
