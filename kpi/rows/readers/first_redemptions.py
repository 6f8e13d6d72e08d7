"""The part "first_redemptions": how long those who joined in a period took to redeem points for the first time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
from asyncpg import Record

from kpi import periods
from kpi.parts.points import FirstRedemptions
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked, boundaries_of

# Somebody's first membership, as long as it lasted; who joins again is no newcomer, and may have redeemed long ago.
_WATCHED = statement("""
WITH RECURSIVE {people}, first AS (
  SELECT DISTINCT ON (customer_id) customer_id, joined_at, left_at FROM memberships
  ORDER BY customer_id, joined_at, left_at DESC
), captured AS (
  SELECT coalesce(s.survivor, e.customer_id) AS customer_id, e.effective_at
  FROM entry e LEFT JOIN survivors s ON s.customer_id = e.customer_id
  WHERE e.program_id = $1 AND e.kind = 'capture' AND e.recorded_at <= {k}
)
SELECT f.joined_at, f.left_at, min(c.effective_at) AS redeemed_at
FROM first f LEFT JOIN captured c ON c.customer_id = f.customer_id AND c.effective_at >= f.joined_at
WHERE f.joined_at >= ($2::timestamptz[])[1] AND f.joined_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
GROUP BY f.customer_id, f.joined_at, f.left_at
""")
_MICROSECOND = timedelta(microseconds=1)


@READERS.register("first_redemptions")
async def read(asked: Asked) -> Mapping[Days, FirstRedemptions]:
    """Read the newcomers of each of the periods, watched until what is known ends."""
    known, zone = asked.reading.known, asked.program.zone
    rows = await _WATCHED.visit(asked.connection, known.limit, asked.program.program_id, boundaries_of(asked))
    seen = [(row["joined_at"], *_seen(row, known.as_of)) for row in rows if row["joined_at"] < known.as_of]
    return {
        days: _newcomers(seen, *(periods.instant(day, zone) for day in (days.start, days.end))) for days in asked.wanted
    }


def _seen(row: Record, as_of: datetime) -> tuple[int, int]:
    """Tell how long somebody was watched, and whether that ended with a redemption."""
    end = min(as_of, row["left_at"] or as_of)
    redeemed = row["redeemed_at"] is not None and row["redeemed_at"] <= end
    watched: timedelta = (row["redeemed_at"] if redeemed else end) - row["joined_at"]
    return watched // _MICROSECOND, int(redeemed)


def _newcomers(seen: list[tuple[datetime, int, int]], start: datetime, end: datetime) -> FirstRedemptions:
    rows = [(watched, redeemed) for joined, watched, redeemed in seen if start <= joined < end]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return FirstRedemptions(columns[:, 0], columns[:, 1])
