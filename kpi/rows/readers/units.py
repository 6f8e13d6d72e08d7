"""The part "units": how many units of goods were sold, and how many of them came back."""

from collections.abc import Mapping

import numpy as np

from kpi import periods
from kpi.parts.money import MATURE_AFTER, Units
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of

# Only lines of kind goods are products. A cancelled purchase was no sale. Where nothing is kept, everything came back,
# whatever the refunds say of lines; else what they say, and never more of a line than was sold.
_UNITS = statement("""
WITH RECURSIVE {people}, {sales_or_refunded}, sold AS MATERIALIZED (
  SELECT s.purchase_id, l ->> 'line_id' AS line_id, sum((l ->> 'quantity')::bigint) AS quantity
  FROM sales s CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(s.lines) WHEN 'array' THEN s.lines END) l
  WHERE l ->> 'kind' = 'goods' AND NOT s.cancelled AND s.goods_minor > 0 GROUP BY 1, 2
), back AS MATERIALIZED (
  SELECT r.purchase_id, r.refund_id, width_bucket(r.refunded_at, $2::timestamptz[]) AS cell, l ->> 'line_id' AS line_id,
    sum((l ->> 'quantity')::bigint) AS quantity
  FROM refund r CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(r.lines) WHEN 'array' THEN r.lines END) l
  WHERE r.program_id = $1 AND r.kind = 'refund' AND r.recorded_at <= {k} AND l ->> 'kind' = 'goods' GROUP BY 1, 2, 3, 4
), returned AS (
  SELECT purchase_id, line_id, sum(quantity) AS quantity FROM back GROUP BY 1, 2
), clusters AS (
  -- An anonymous purchase is a cluster of its own.
  SELECT coalesce(s.person, s.purchase_id) AS cluster, s.cell, s.member, sum(o.quantity)::bigint AS sold,
    sum(CASE s.kept_minor WHEN 0 THEN o.quantity ELSE least(o.quantity, coalesce(b.quantity, 0)) END)::bigint
      AS returned
  FROM sales s JOIN sold o ON o.purchase_id = s.purchase_id
  LEFT JOIN returned b ON b.purchase_id = o.purchase_id AND b.line_id = o.line_id
  WHERE s.cell > 0 GROUP BY 1, 2, 3
), flows AS (
  SELECT b.cell, s.member, sum(least(o.quantity, b.quantity))::bigint AS units
  FROM back b JOIN sold o ON o.purchase_id = b.purchase_id AND o.line_id = b.line_id
  JOIN sales s ON s.purchase_id = b.purchase_id GROUP BY 1, 2
  UNION ALL
  -- A refund of everything at once need not say what came back.
  SELECT width_bucket(r.refunded_at, $2::timestamptz[]), s.member, sum(o.quantity)::bigint
  FROM refund r JOIN sales s ON s.purchase_id = r.purchase_id JOIN sold o ON o.purchase_id = r.purchase_id
  WHERE r.program_id = $1 AND r.kind = 'refund' AND r.recorded_at <= {k} AND r.goods_minor >= s.goods_minor
    AND jsonb_typeof(r.lines) IS DISTINCT FROM 'array' GROUP BY 1, 2
)
SELECT * FROM (
  SELECT string_agg(int8send(person), '') AS person, string_agg(int8send(cell), '') AS cell,
    string_agg(int8send(member::int), '') AS member, string_agg(int8send(sold), '') AS sold,
    string_agg(int8send(returned), '') AS returned
  FROM (SELECT dense_rank() OVER (ORDER BY cluster) AS person, * FROM clusters)
), (
  SELECT array_agg((cell, member, units)) AS flows FROM flows
), (
  SELECT array_agg((cell, purchases)) AS unlined FROM (
    SELECT cell, count(*) AS purchases FROM sales
    WHERE cell > 0 AND kept_minor > 0 AND jsonb_typeof(lines) IS DISTINCT FROM 'array' GROUP BY cell)
), (
  SELECT array_agg((cell, refunds)) AS untold FROM (
    SELECT s.cell, count(*) AS refunds FROM sales s JOIN refund r ON r.purchase_id = s.purchase_id
    WHERE r.program_id = $1 AND s.cell > 0 AND s.kept_minor > 0 AND r.kind = 'refund' AND r.recorded_at <= {k}
      AND jsonb_typeof(s.lines) = 'array' AND jsonb_typeof(r.lines) IS DISTINCT FROM 'array' GROUP BY s.cell)
)
""")


@READERS.register("units")
async def read(asked: Asked) -> Mapping[Days, Units]:
    """Read what was sold and what came back, for each of the periods."""
    known, boundaries = asked.reading.known, boundaries_of(asked)
    # Aggregates without GROUP BY make exactly one row.
    [row] = await _UNITS.visit(asked.connection, known.limit, asked.program.program_id, boundaries)
    cell, *columns = (unpacked(row[name]) for name in ("cell", "person", "member", "sold", "returned"))
    found = {}
    for days in asked.wanted:
        first, after = cells_of(asked, boundaries, days)
        cells = range(first, after)
        inside = (cell >= first) & (cell < after)
        person, member, sold, returned = (column[inside] for column in columns)
        keys, place = np.unique(2 * person + member, return_inverse=True)
        totals = [np.zeros(len(keys), dtype=np.int64) for _ in range(2)]
        for total, column in zip(totals, (sold, returned), strict=True):
            np.add.at(total, place, column)
        flow = [
            sum(units for at, member, units in row["flows"] or () if at in cells and member is side)
            for side in (True, False)
        ]
        found[days] = Units(
            np.unique(keys // 2, return_inverse=True)[1].astype(np.int64),
            keys % 2,
            totals[0],
            totals[1],
            flow=(flow[0], flow[1]),
            unlined=sum(n for at, n in row["unlined"] or () if at in cells),
            untold=sum(n for at, n in row["untold"] or () if at in cells),
            immature=periods.instant(days.end, asked.program.zone) + MATURE_AFTER > known.as_of,
        )
    return found
