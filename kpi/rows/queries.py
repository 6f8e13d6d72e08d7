"""All the SQL of the key figures: what time it is in the programme, and the facts of any periods in one statement.

Two forms of the statement, put together from the same parts: what is known *now*, and what was known *at* K (`as_of`),
where rows replaced since are read from `purchase_former` and from superseded memberships.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from kpi.facts import Anonymous, Counts
from kpi.rows.cells import Cells, Memberships, Purchases
from loyalty.database import Connection

# The statement visits every purchase once. Right after an import the planner has no statistics, expects one row, and
# would join by nested loops, for minutes instead of a second. The memory is for the groups, which else spill to disk.
_PLANNING = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '32MB'"
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"

# Parts that differ between now and K. $1 is the programme, $2 the boundaries, $3 is K.
_MEMBERSHIPS_NOW = "superseded_at IS NULL"
_MEMBERSHIPS_AT = "recorded_at <= $3 AND (superseded_at IS NULL OR superseded_at > $3)"
# The stored flag is rebuilt in the commit that changes a membership, and cheaper than looking the intervals up.
_PURCHASES_NOW = """
  SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, member
  FROM purchase WHERE program_id = $1 AND state = 'recorded' AND NOT test"""
# The flag knows only today's memberships: at K, status is looked up. One multirange a customer, so that intervals
# which a merge of two customers lays over each other cannot count a purchase twice.
_PURCHASES_AT = """
  SELECT f.purchase_id, f.customer_id, f.placed_at, f.goods_minor, f.reward_discount_minor,
    coalesce(f.placed_at <@ m.as_member, false) AS member
  FROM (
    SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, test
    FROM purchase WHERE program_id = $1 AND state = 'recorded' AND recorded_at <= $3
    UNION ALL
    SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, test
    FROM purchase_former
    WHERE program_id = $1 AND placed_at IS NOT NULL AND recorded_at <= $3 AND superseded_at > $3
  ) f LEFT JOIN status m ON m.customer_id = f.customer_id
  WHERE NOT f.test"""

# What is left of the goods of a purchase `p` after its refunds `r`.
KEPT = """CASE
      WHEN r.purchase_id IS NULL THEN p.goods_minor
      WHEN r.cancelled THEN 0
      ELSE greatest(0, p.goods_minor - r.goods_minor)::bigint
    END"""
# Kept - kept reward, rounded half up; `div` of numerics is exact. The first two cases spare the arithmetic.
NET = """CASE
      WHEN kept_minor = goods_minor THEN goods_minor - reward_discount_minor
      WHEN reward_discount_minor = 0 THEN kept_minor
      ELSE div(2::numeric * kept_minor * (goods_minor - reward_discount_minor) + goods_minor, 2::numeric * goods_minor)
    END::bigint"""

_FACTS = """
WITH RECURSIVE merged AS (
  SELECT customer_id, merged_into FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL {merges_known}
), chain (customer_id, survivor) AS (
  SELECT customer_id, merged_into FROM merged
  UNION
  SELECT c.customer_id, m.merged_into FROM chain c JOIN merged m ON m.customer_id = c.survivor
), survivors AS (
  SELECT customer_id, survivor FROM chain WHERE survivor NOT IN (SELECT customer_id FROM merged)
), memberships AS (
  SELECT coalesce(s.survivor, m.customer_id) AS customer_id, m.joined_at, m.left_at
  FROM membership m LEFT JOIN survivors s ON s.customer_id = m.customer_id
  WHERE m.program_id = $1 AND {memberships_known}
), spans AS (
  SELECT customer_id, range_agg(tstzrange(joined_at, left_at)) AS as_member FROM memberships GROUP BY customer_id
), status AS (
  SELECT customer_id, as_member FROM spans
  UNION ALL
  SELECT s.customer_id, m.as_member FROM survivors s JOIN spans m ON m.customer_id = s.survivor
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled
  FROM refund WHERE program_id = $1 {refunds_known} GROUP BY purchase_id
), kept AS (
  SELECT p.customer_id, p.placed_at, width_bucket(p.placed_at, $2::timestamptz[]) AS cell, p.member, p.goods_minor,
    p.reward_discount_minor, {kept} AS kept_minor
  FROM ({purchases}) p LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  WHERE p.placed_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
  -- A fence: seeing through it, the planner expects a group per instant, and sorts all purchases by an index instead of
  -- hashing a few thousand groups; that takes twice as long.
  OFFSET 0
), valued AS (
  -- `bin`: 4 cell + 2 (as a member) + 1 (qualifies). One number, because the planner multiplies its guesses of the
  -- groups with every further column, and prepares to spill to disk.
  SELECT customer_id, placed_at, 4 * cell + 2 * member::int + (kept_minor > 0)::int AS bin, {net} AS net
  FROM kept
), cells AS MATERIALIZED (
  SELECT customer_id, bin, count(*) AS purchases, sum(net)::bigint AS net, min(placed_at) AS first_at,
    sum(net::numeric * net) FILTER (WHERE customer_id IS NULL) AS net_squared
  FROM valued GROUP BY customer_id, bin
)
SELECT * FROM (
  -- Columns travel as packed integers: as rows, turning them into Python objects would take longer than the query.
  SELECT string_agg(uuid_send(coalesce(s.survivor, c.customer_id)), '') AS buyer, string_agg(int8send(bin), '') AS bin,
    string_agg(int8send(purchases), '') AS orders, string_agg(int8send(net), '') AS net,
    string_agg(timestamptz_send(first_at), '') AS first_at
  FROM cells c LEFT JOIN survivors s ON s.customer_id = c.customer_id WHERE bin % 2 = 1 AND c.customer_id IS NOT NULL
), (
  SELECT string_agg(uuid_send(customer_id), '') AS joiner,
    string_agg(int8send(width_bucket(joined_at, $2::timestamptz[])), '') AS joined,
    string_agg(int8send(width_bucket(coalesce(left_at, 'infinity'), $2::timestamptz[])), '') AS "left"
  FROM memberships
), (
  SELECT array_agg((bin / 4, purchases, net, net_squared)) AS anonymous FROM cells
  WHERE bin % 2 = 1 AND customer_id IS NULL
), (
  SELECT array_agg((cell, purchases)) AS left_out
  FROM (SELECT bin / 4 AS cell, sum(purchases)::bigint AS purchases FROM cells WHERE bin % 2 = 0 GROUP BY bin / 4)
)
"""
_FACTS_NOW = _FACTS.format(
    merges_known="",
    memberships_known=_MEMBERSHIPS_NOW,
    refunds_known="",
    purchases=_PURCHASES_NOW,
    kept=KEPT,
    net=NET,
)
_FACTS_AT = _FACTS.format(
    merges_known="AND merged_at <= $3",
    memberships_known=_MEMBERSHIPS_AT,
    refunds_known="AND recorded_at <= $3",
    purchases=_PURCHASES_AT,
    kept=KEPT,
    net=NET,
)


async def now(connection: Connection, program_id: int) -> datetime:
    """Tell the programme's time: the database's clock, and in test programmes the offset that tests move."""
    told: datetime = await connection.fetchval(_NOW, program_id)
    return told


async def read_cells(
    connection: Connection, program_id: int, boundaries: Sequence[datetime], as_of: datetime | None
) -> Cells:
    """Read the facts of all periods between ascending boundaries, as known now or at `as_of`, in one statement.

    Sums of net must stay below 2⁶³ minor units, for the database as for numpy.
    """
    async with connection.transaction():
        await connection.execute(_PLANNING)
        if as_of is None:
            row = await connection.fetchrow(_FACTS_NOW, program_id, boundaries)
        else:
            row = await connection.fetchrow(_FACTS_AT, program_id, boundaries, as_of)
    assert row is not None  # noqa: S101 - four aggregates without GROUP BY make exactly one row
    people = (row["buyer"] or b"") + (row["joiner"] or b"")
    # Numbers for the customers, buyers first. Fixed-width bytes sort like any others.
    known, number = np.unique(np.frombuffer(people, dtype="S16"), return_inverse=True)
    buyers, bins = len(row["buyer"] or b"") // 16, unpacked(row["bin"])
    return Cells(
        boundaries=list(boundaries),
        ids=known,
        purchases=Purchases(
            customer=number[:buyers],
            cell=bins // 4,
            member=bins % 4 // 2 == 1,
            orders=unpacked(row["orders"]),
            net=unpacked(row["net"]),
            first_at=unpacked(row["first_at"]),
        ),
        memberships=Memberships(number[buyers:], unpacked(row["joined"]), unpacked(row["left"])),
        anonymous=by_cell(row["anonymous"] or []),
        left_out=dict(row["left_out"] or []),
    )


def unpacked(column: bytes | None) -> Counts:
    """Read a column that travelled as packed integers."""
    return np.frombuffer(column or b"", dtype=">i8").astype(np.int64)


def by_cell(rows: Sequence[tuple[int, int, int, int]]) -> dict[int, Anonymous]:
    """Sum anonymous purchases by cell."""
    cells: dict[int, Anonymous] = {}
    for cell, purchases, net, squared in rows:
        so_far = cells.get(cell, Anonymous())
        cells[cell] = Anonymous(so_far.purchases + purchases, so_far.net + net, so_far.net_squared + int(squared))
    return cells
