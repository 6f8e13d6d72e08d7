"""Counts how often each customer bought: day sets know who bought once and twice, and no more."""

from collections.abc import Iterable, Mapping

from asyncpg import Record

from kpi import periods
from kpi.parts.often import MOST, Often
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked

# $2 and $3 are the start and the end, $4 is K. Customers who bought equally often travel as one row.
_OFTEN = statement(
    f"""
WITH RECURSIVE {{people}}, {{qualifying}}, buyer AS (
  SELECT count(*) AS orders, count(*) FILTER (WHERE member) AS as_member
  FROM qualifying WHERE placed_at >= $2 AND placed_at < $3 GROUP BY customer_id
)
SELECT least(orders, {MOST}) AS "all", least(as_member, {MOST}) AS member,
  least(orders - as_member, {MOST}) AS non_member, count(*) AS customers
FROM buyer GROUP BY 1, 2, 3
""",  # noqa: S608 - a number of our own
    k="$4",
)
_SEGMENTS = ("all", "member", "non_member")


@READERS.register("often")
async def read(asked: Asked) -> Mapping[Days, Often]:
    """Count the buyers of each period by how often they bought."""
    found = {}
    for days in asked.wanted:
        ends = [periods.instant(day, asked.program.zone) for day in days]
        rows = await _OFTEN.visit(asked.connection, asked.reading.known.limit, asked.program.program_id, *ends)
        found[days] = Often({name: [_reached(rows, name, n) for n in range(1, MOST + 1)] for name in _SEGMENTS})
    return found


def _reached(rows: Iterable[Record], segment: str, number: int) -> int:
    return sum(row["customers"] for row in rows if row[segment] >= number)
