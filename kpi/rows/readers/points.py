"""The part "points", from the entries of the ledger: by the instant at which they are effective, known if recorded.

What fell due and was not yet posted is not there: the worker posts it within a minute, effective at its own instant.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from kpi import periods
from kpi.parts.points import Points
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked, boundaries_of

# Every entry once, summed by cell: stocks at an instant are all that moved before it. Merging moves points from one
# account to the other at one instant, through `adjusted`, and so changes no stock.
_MOVED = statement("""
SELECT width_bucket(effective_at, $2::timestamptz[]) AS cell, kind, debit_code, credit_code, sum(amount)::bigint
FROM entry
WHERE program_id = $1 AND recorded_at <= {k} AND effective_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
GROUP BY 1, 2, 3, 4
""")
_REDEEMERS = statement("""
WITH RECURSIVE {people}
SELECT width_bucket(e.effective_at, $2::timestamptz[]) AS cell,
  array_agg(DISTINCT coalesce(s.survivor, e.customer_id)) AS customers
FROM entry e LEFT JOIN survivors s ON s.customer_id = e.customer_id
WHERE e.program_id = $1 AND e.kind = 'capture' AND e.recorded_at <= {k}
  AND e.effective_at >= ($2::timestamptz[])[1]
  AND e.effective_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
GROUP BY 1
""")
_HELD = ("available", "pending", "held")


@READERS.register("points")
async def read(asked: Asked) -> Mapping[Days, Points]:
    """Read what became of points in each of the periods."""
    zone = asked.program.zone
    boundaries = boundaries_of(asked)
    args = (asked.connection, asked.reading.known.limit, asked.program.program_id, boundaries)
    moved = [tuple(row) for row in await _MOVED.fetch(*args)]
    redeemers = {row["cell"]: row["customers"] for row in await _REDEEMERS.fetch(*args)}
    return {
        days: await _points(asked, moved, redeemers, *(_place(boundaries, periods.instant(day, zone)) for day in days))
        for days in asked.wanted
    }


def _place(boundaries: Sequence[datetime], instant: datetime) -> int:
    return boundaries.index(instant)


async def _points(
    asked: Asked,
    moved: Sequence[tuple[int, str, str, str, int]],
    redeemers: Mapping[int, Sequence[UUID]],
    start: int,
    end: int,
) -> Points:
    """Sum the cells after boundary `start` up to boundary `end`; for stocks, all up to there."""
    flows: Counter[str] = Counter()
    stock: defaultdict[str, int] = defaultdict(int)
    for cell, kind, debit, credit, points in moved:
        if cell > end:
            continue
        stock[debit] -= points
        stock[credit] += points
        if cell > start:
            flows[kind] += points
            flows[f"to {credit}"] += points
    who = {customer for cell in range(start + 1, end + 1) for customer in redeemers.get(cell, ())}
    return Points(
        issued=flows["issue"],
        redeemed=flows["capture"],
        restored=flows["reverse"],
        expired=flows["to expired"],
        forfeited=flows["forfeit"],
        clawed_back=flows["to clawed_back"],
        outstanding=sum(stock[code] for code in _HELD),
        debt=-stock["debt"],
        redeemers=await asked.reading.numbers(who),
    )
