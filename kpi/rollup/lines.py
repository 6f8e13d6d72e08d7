"""The SQL of what lines say, by whole days: units sold, returned and come back, and what things cost.

The same as `rows/readers/units.py` and `money.py` say of the rows, as known now.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kpi.facts import Counts
from kpi.rollup.sums import LineSums
from kpi.rows.costs import costed
from kpi.rows.known import KEPT, NET
from kpi.rows.packed import unpacked
from loyalty.database import Connection

# $1 programme, $2 midnights, $3 the first and $5 the last of them, $4 the zone. Sales are those of the window, and in
# cell 0 those of which something came back in it.
_LINES = f"""
WITH refunding AS MATERIALIZED (
  SELECT purchase_id, refund_id, width_bucket(refunded_at, $2::timestamptz[]) AS cell, goods_minor, lines
  FROM refund WHERE program_id = $1 AND kind = 'refund' AND refunded_at >= $3 AND refunded_at < $5
), asked AS MATERIALIZED (
  SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, member, lines,
    width_bucket(placed_at, $2::timestamptz[]) AS cell
  FROM purchase
  WHERE program_id = $1 AND state = 'recorded' AND NOT test AND placed_at >= $3 AND placed_at < $5
  UNION ALL
  -- One look into the index each; a join would be planned through all purchases there are.
  SELECT one.*, 0 FROM (SELECT DISTINCT purchase_id FROM refunding) r CROSS JOIN LATERAL (
    SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, member, lines
    FROM purchase p
    WHERE p.program_id = $1 AND p.purchase_id = r.purchase_id AND state = 'recorded' AND NOT test
      AND (placed_at < $3 OR placed_at >= $5)
    LIMIT 1
  ) one
), taken AS MATERIALIZED (
  SELECT purchase_id, refund_id, kind, goods_minor, lines FROM refund
  WHERE program_id = $1 AND purchase_id IN (SELECT purchase_id FROM asked)
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled
  FROM taken GROUP BY purchase_id
), kept AS (
  SELECT p.*, coalesce(r.cancelled, false) AS cancelled, {KEPT} AS kept_minor
  FROM asked p LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
), sales AS MATERIALIZED (
  SELECT k.purchase_id, k.order_id, n.number AS person, k.placed_at, k.cell, k.member, k.goods_minor, k.lines,
    k.cancelled, k.kept_minor, {NET} AS net
  FROM kept k LEFT JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = k.customer_id
), sold AS MATERIALIZED (
  SELECT s.purchase_id, l ->> 'line_id' AS line_id, sum((l ->> 'quantity')::bigint) AS quantity
  FROM sales s CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(s.lines) WHEN 'array' THEN s.lines END) l
  WHERE l ->> 'kind' = 'goods' AND NOT s.cancelled AND s.goods_minor > 0 GROUP BY 1, 2
), returned AS (
  SELECT t.purchase_id, l ->> 'line_id' AS line_id, sum((l ->> 'quantity')::bigint) AS quantity
  FROM taken t CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(t.lines) WHEN 'array' THEN t.lines END) l
  WHERE t.kind = 'refund' AND l ->> 'kind' = 'goods' GROUP BY 1, 2
), units AS (
  SELECT s.cell, s.member, sum(o.quantity)::bigint AS sold,
    sum(CASE s.kept_minor WHEN 0 THEN o.quantity ELSE least(o.quantity, coalesce(b.quantity, 0)) END)::bigint
      AS returned
  FROM sales s JOIN sold o ON o.purchase_id = s.purchase_id
  LEFT JOIN returned b ON b.purchase_id = o.purchase_id AND b.line_id = o.line_id
  WHERE s.cell > 0 GROUP BY 1, 2
), back AS (
  SELECT r.purchase_id, r.refund_id, r.cell, l ->> 'line_id' AS line_id, sum((l ->> 'quantity')::bigint) AS quantity
  FROM refunding r CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(r.lines) WHEN 'array' THEN r.lines END) l
  WHERE l ->> 'kind' = 'goods' GROUP BY 1, 2, 3, 4
), flows AS (
  SELECT b.cell, s.member, least(o.quantity, b.quantity) AS units
  FROM back b JOIN sold o ON o.purchase_id = b.purchase_id AND o.line_id = b.line_id
  JOIN sales s ON s.purchase_id = b.purchase_id
  UNION ALL
  SELECT r.cell, s.member, o.quantity
  FROM refunding r JOIN sales s ON s.purchase_id = r.purchase_id JOIN sold o ON o.purchase_id = r.purchase_id
  WHERE r.goods_minor >= s.goods_minor AND jsonb_typeof(r.lines) IS DISTINCT FROM 'array'
), {costed(zone="$4", k="'infinity'")}, firsts AS (
  SELECT DISTINCT ON (person) person, cell, cost, covered FROM margins WHERE person IS NOT NULL AND cell > 0
  ORDER BY person, placed_at, order_id
)
SELECT * FROM (
  SELECT array_agg((cell, member, sold, returned)) AS units FROM units
), (
  SELECT array_agg((cell, member, back)) AS flows
  FROM (SELECT cell, member, sum(units)::bigint AS back FROM flows GROUP BY cell, member)
), (
  SELECT array_agg((cell, member, cost, covered)) AS costs FROM (
    SELECT cell, member, sum(cost)::bigint AS cost, sum(covered)::bigint AS covered
    FROM margins WHERE person IS NOT NULL AND cell > 0 GROUP BY margins.cell, member)
), (
  SELECT array_agg((cell, told)) AS told FROM (
    SELECT cell, count(*) AS told FROM sales
    WHERE cell > 0 AND kept_minor > 0 AND jsonb_typeof(lines) = 'array' GROUP BY cell)
), (
  SELECT array_agg((cell, untold)) AS untold FROM (
    SELECT s.cell, count(*) AS untold FROM sales s JOIN taken t ON t.purchase_id = s.purchase_id
    WHERE s.cell > 0 AND s.kept_minor > 0 AND jsonb_typeof(s.lines) = 'array'
      AND t.kind = 'refund' AND jsonb_typeof(t.lines) IS DISTINCT FROM 'array' GROUP BY s.cell)
), (
  SELECT string_agg(int8send(person), '') AS person, string_agg(int8send(cell), '') AS cell,
    string_agg(int8send(cost), '') AS cost, string_agg(int8send(covered), '') AS covered
  FROM firsts WHERE cost <> 0 OR covered <> 0
)
"""  # noqa: S608 - expressions of our own
_TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True, eq=False, slots=True)
class FirstCosts:
    """What each buyer's first purchase in a window cost, and how much of it has a cost; of nothing, no entry."""

    customer: Counts
    cell: Counts
    cost: Counts
    covered: Counts


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """What lines say of a window, by day; of first purchases of all only what they would come to."""

    by_day: Mapping[int, LineSums]
    firsts: FirstCosts


NO_LINES = Lines({}, FirstCosts(*(unpacked(b"") for _ in range(4))))


async def read(connection: Connection, program_id: int, midnights: Sequence[datetime], timezone: str) -> Lines:
    """Read the days between consecutive midnights."""
    row = await connection.fetchrow(
        _LINES, program_id, midnights, midnights[0], timezone, midnights[-1], timeout=_TIMEOUT_SECONDS
    )
    assert row is not None  # noqa: S101 - aggregates without GROUP BY make exactly one row
    sums: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for column, names in _BY_STATUS.items():
        for cell, member, *numbers in row[column] or ():
            side = "member" if member else "other"
            sums[cell] |= {f"{side}_{name}": n for name, n in zip(names, numbers, strict=True)}
    for column in ("told", "untold"):
        for cell, number in row[column] or ():
            sums[cell][column] = number
    firsts = FirstCosts(*(unpacked(row[name]) for name in ("person", "cell", "cost", "covered")))
    return Lines({cell: LineSums(**numbers) for cell, numbers in sums.items()}, firsts)


_BY_STATUS = {"units": ("sold", "returned"), "flows": ("back",), "costs": ("cost", "covered")}
