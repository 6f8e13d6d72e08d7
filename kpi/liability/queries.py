"""The SQL of the liability from the rows, as known now or at K: what moved, and what became of lots that are over."""

from collections.abc import Sequence
from datetime import datetime

from kpi.facts import Counts
from kpi.liability.rules import Moved
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from loyalty.database import Connection

# A few hundred groups come out, but the planner expects one for each instant, and would sort all entries on disk.
_PLANNING = "SET LOCAL enable_sort = off"
# One scan: every entry before the last boundary once, summed by cell. Opening stocks are the running sums of the cells.
# A write settles first: what was due by K and posted later, under an award `settled`, was over for who looked at K.
_MOVED = statement("""
SELECT width_bucket(e.effective_at, $2::timestamptz[]) AS cell, e.kind, e.debit_code, e.credit_code,
  sum(e.amount)::bigint
FROM entry e
WHERE e.program_id = $1 AND e.effective_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
  AND (e.recorded_at <= {k} OR e.effective_at <= {k} AND EXISTS (
    SELECT FROM award a WHERE a.program_id = e.program_id AND a.award_id = e.award_id AND a.cause = 'settled'))
GROUP BY 1, 2, 3, 4
""")
# Of each lot that ended by $2: redeemed is what holds took and nobody gave back, unspent what nothing but the end took.
# A hold takes from its lots and a capture does not; what is given back as a new lot was not redeemed of the old one.
_ENDED = statement("""
WITH RECURSIVE {people}, ended AS (
  SELECT l.customer_id, l.seq, l.original, CASE WHEN e.kind IN ('release', 'reverse') THEN l.original ELSE 0 END AS back
  FROM lot l JOIN entry e USING (program_id, customer_id, seq)
  WHERE l.program_id = $1 AND l.expires_at <= $2 AND e.recorded_at <= {k}
), used AS (
  SELECT u.customer_id, u.lot_seq AS seq,
    coalesce(sum(u.amount) FILTER (WHERE e.kind IN ('hold', 'release', 'reverse')), 0) AS redeemed,
    coalesce(sum(u.amount) FILTER (WHERE e.credit_code <> 'expired'), 0) AS taken
  FROM lot_use u JOIN entry e USING (program_id, customer_id, seq)
  WHERE u.program_id = $1 AND e.recorded_at <= {k} GROUP BY 1, 2
), fates AS (
  SELECT coalesce(s.survivor, l.customer_id) AS customer_id, sum(l.original - coalesce(u.taken, 0)) AS unspent,
    sum(coalesce(u.redeemed, 0) - l.back) AS redeemed
  FROM ended l LEFT JOIN used u USING (customer_id, seq) LEFT JOIN survivors s ON s.customer_id = l.customer_id
  GROUP BY 1
)
SELECT string_agg(int8send((unspent + redeemed)::bigint), '' ORDER BY customer_id) AS decided,
  string_agg(int8send(unspent::bigint), '' ORDER BY customer_id) AS unspent
FROM fates WHERE unspent + redeemed > 0 AND redeemed >= 0
""")

_SETTLED = "SELECT EXISTS (SELECT FROM award WHERE program_id = $1 AND recorded_at >= $2 AND cause = 'settled')"


async def settled_since(connection: Connection, program_id: int, since: datetime) -> bool:
    """Tell whether something that fell due was posted since an instant."""
    found: bool = await connection.fetchval(_SETTLED, program_id, since)
    return found


async def read_moved(
    connection: Connection, program_id: int, boundaries: Sequence[datetime], known: datetime | None
) -> list[Moved]:
    """Read what was posted before the last of the ascending boundaries; in a transaction of the caller."""
    await connection.execute(_PLANNING)
    return [Moved(*row) for row in await _MOVED.fetch(connection, known, program_id, boundaries)]


async def read_ended(
    connection: Connection, program_id: int, until: datetime, known: datetime | None
) -> tuple[Counts, Counts]:
    """Read the points of each customer whose lots ended by an instant: those decided, and the unspent ones of them."""
    [row] = await _ENDED.fetch(connection, known, program_id, until)
    return unpacked(row["decided"]), unpacked(row["unspent"])
