"""The SQL of what became of points, by whole days, from the entries of the ledger; and whose were redeemed.

The same as `rows/readers/points.py` and `first_redemptions.py` say of the rows, as known now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from kpi.facts import Counts
from kpi.rollup.sums import PointSums
from kpi.rows.packed import unpacked
from loyalty.database import Connection

# $1 programme, $2 midnights, $3 the first and $4 the last of them. Numbers that are not known yet come back by id.
_MOVED = """
WITH moved AS MATERIALIZED (
  SELECT customer_id, width_bucket(effective_at, $2::timestamptz[]) AS cell, kind, debit_code, credit_code, amount
  FROM entry WHERE program_id = $1 AND effective_at >= $3 AND effective_at < $4
), redeemers AS MATERIALIZED (
  SELECT DISTINCT m.cell, m.customer_id, n.number
  FROM moved m LEFT JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = m.customer_id
  WHERE m.kind = 'capture'
)
SELECT * FROM (
  SELECT array_agg((cell, issued, redeemed, restored, expired, forfeited, clawed_back, held, debt)) AS moved FROM (
    SELECT cell,
      coalesce(sum(amount) FILTER (WHERE kind = 'issue'), 0)::bigint AS issued,
      coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0)::bigint AS redeemed,
      coalesce(sum(amount) FILTER (WHERE kind = 'reverse'), 0)::bigint AS restored,
      coalesce(sum(amount) FILTER (WHERE credit_code = 'expired'), 0)::bigint AS expired,
      coalesce(sum(amount) FILTER (WHERE kind = 'forfeit'), 0)::bigint AS forfeited,
      coalesce(sum(amount) FILTER (WHERE credit_code = 'clawed_back'), 0)::bigint AS clawed_back,
      sum(amount * ((credit_code IN ('available', 'pending', 'held'))::int
        - (debit_code IN ('available', 'pending', 'held'))::int))::bigint AS held,
      sum(amount * ((debit_code = 'debt')::int - (credit_code = 'debt')::int))::bigint AS debt
    FROM moved GROUP BY cell)
), (
  SELECT array_agg((cell, kind, debit_code, credit_code, points)) AS flows FROM (
    SELECT cell, kind, debit_code, credit_code, sum(amount)::bigint AS points FROM moved GROUP BY 1, 2, 3, 4)
), (
  SELECT string_agg(int8send(number), '') AS redeemer, string_agg(int8send(cell), '') AS redeemed_on
  FROM redeemers WHERE number IS NOT NULL
), (
  SELECT array_agg(DISTINCT customer_id) AS unnumbered FROM redeemers WHERE number IS NULL
)
"""
# Of whoever joined for the first time in the window: that membership, and the first redemption since. One look per
# newcomer into indexes.
_NEWCOMERS = """
WITH first AS MATERIALIZED (
  SELECT DISTINCT ON (k.number) k.number, m.joined_at, m.left_at
  FROM (
    SELECT DISTINCT n.number FROM membership m
    JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = m.customer_id
    WHERE m.program_id = $1 AND m.superseded_at IS NULL AND m.joined_at >= $3 AND m.joined_at < $4
  ) j JOIN kpi_customer k ON k.program_id = $1 AND k.number = j.number
  JOIN membership m ON m.program_id = $1 AND m.customer_id = k.customer_id AND m.superseded_at IS NULL
  ORDER BY k.number, m.joined_at, m.left_at DESC
)
SELECT string_agg(int8send(width_bucket(joined_at, $2::timestamptz[])), '') AS cell,
  string_agg(timestamptz_send(joined_at), '') AS joined_at,
  string_agg(timestamptz_send(coalesce(left_at, 'infinity')), '') AS left_at,
  string_agg(timestamptz_send(coalesce(redeemed_at, 'infinity')), '') AS redeemed_at
FROM (
  SELECT f.joined_at, f.left_at, r.redeemed_at FROM first f LEFT JOIN LATERAL (
    SELECT min(e.effective_at) AS redeemed_at
    FROM kpi_customer k JOIN entry e ON e.program_id = $1 AND e.customer_id = k.customer_id
    WHERE k.program_id = $1 AND k.number = f.number AND e.kind = 'capture' AND e.effective_at >= f.joined_at
  ) r ON true
  WHERE f.joined_at >= $3 ORDER BY 1, 2, 3
)
"""
# No index has these instants in their order; a month that has neither is not worth one.
_MOMENTS = """
SELECT min(at), max(at) FROM (
  SELECT effective_at AS at FROM entry WHERE program_id = $1
  UNION ALL
  SELECT refunded_at FROM refund WHERE program_id = $1 AND kind = 'refund'
) GROUP BY date_trunc('month', at)
"""
_TIMEOUT_SECONDS = 900.0
_EIGHT_BYTES = ">i8"
# Joined, left, first redeemed: instants in microseconds as the database counts them, the largest number for never.
_COLUMNS = 3


@dataclass(frozen=True, eq=False, slots=True)
class Moved:
    """What became of points in a window, by day, and whose were captured on which.

    `flows`: by day and kind of entry, how many went from which code to which.
    """

    by_day: Mapping[int, PointSums]
    flows: Sequence[tuple[int, str, str, str, int]]
    redeemer: Counts
    cell: Counts


async def read(connection: Connection, program_id: int, midnights: Sequence[datetime]) -> tuple[Moved, list[UUID]]:
    """Read the days between consecutive midnights; those who redeemed and have no number are named beside it."""
    row = await connection.fetchrow(
        _MOVED, program_id, midnights, midnights[0], midnights[-1], timeout=_TIMEOUT_SECONDS
    )
    assert row is not None  # noqa: S101 - aggregates without GROUP BY make exactly one row
    by_day = {cell: PointSums(*numbers) for cell, *numbers in row["moved"] or ()}
    flows = [tuple(flow) for flow in row["flows"] or ()]
    return Moved(by_day, flows, unpacked(row["redeemer"]), unpacked(row["redeemed_on"])), row["unnumbered"] or []


async def newcomers(connection: Connection, program_id: int, midnights: Sequence[datetime]) -> dict[int, bytes]:
    """Read who first joined on each day, packed: when they joined, left, and first redeemed, an entry each."""
    row = await connection.fetchrow(
        _NEWCOMERS, program_id, midnights, midnights[0], midnights[-1], timeout=_TIMEOUT_SECONDS
    )
    assert row is not None  # noqa: S101 - aggregates without GROUP BY make exactly one row
    cell = unpacked(row["cell"])
    columns = [unpacked(row[name]) for name in ("joined_at", "left_at", "redeemed_at")]
    told = np.stack(columns, axis=1).astype(_EIGHT_BYTES)
    return {int(day): told[cell == day].tobytes() for day in np.unique(cell)}


def newcomers_of(packed: bytes) -> Counts:
    """Unpack newcomers: a row each of when they joined, left, and first redeemed."""
    return np.frombuffer(packed, dtype=_EIGHT_BYTES).astype(np.int64).reshape(-1, _COLUMNS)


async def moments(connection: Connection, program_id: int) -> list[datetime]:
    """Give, in their order, instants in all months in which points moved or something was taken back."""
    rows = await connection.fetch(_MOMENTS, program_id, timeout=_TIMEOUT_SECONDS)
    return sorted({at for row in rows for at in row})
