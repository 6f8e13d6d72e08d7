"""The parts "margins", "first_margins" and "rewards": what purchases leave, by what their lines and articles cost."""

from collections.abc import Mapping

import numpy as np

from kpi.inputs.queries import UNIT_COSTS
from kpi.parts.money import Covered, Margins, Rewards
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of

# What the goods and services of a purchase cost: `covered` of its goods have a cost. A line's own cost wins over the
# one entered for its article and local day; $3 is the zone, $4 is K.
_COSTED = f"""
WITH RECURSIVE {{people}}, {{sales}}, costs AS MATERIALIZED (
  SELECT sku, from_on, lead(from_on, 1, 'infinity') OVER (PARTITION BY sku ORDER BY from_on) AS until_on,
    unit_cost_minor
  FROM {UNIT_COSTS.known("{k}")} told WHERE NOT withdrawn
), lined AS (
  SELECT purchase_id, sum(amount) FILTER (WHERE cost IS NOT NULL) AS covered, sum(quantity * cost) AS cost
  FROM (
    SELECT s.purchase_id, (l ->> 'amount_minor')::bigint AS amount, (l ->> 'quantity')::bigint AS quantity,
      coalesce((l ->> 'unit_cost_minor')::bigint, c.unit_cost_minor) AS cost
    FROM sales s CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(s.lines) WHEN 'array' THEN s.lines END) l
    LEFT JOIN costs c ON c.sku = l ->> 'sku' AND (s.placed_at AT TIME ZONE $3)::date >= c.from_on
      AND (s.placed_at AT TIME ZONE $3)::date < c.until_on
    WHERE l ->> 'kind' IN ('goods', 'service') AND s.cell > 0 AND s.kept_minor > 0
  ) lines GROUP BY purchase_id
), margins AS (
  -- What is kept carries its part of the cost, and of what is covered.
  SELECT s.*, coalesce(round(l.cost * s.kept_minor / s.goods_minor), 0)::bigint AS cost,
    coalesce(round(s.net * l.covered / s.goods_minor), 0)::bigint AS covered
  FROM sales s LEFT JOIN lined l ON l.purchase_id = s.purchase_id WHERE s.kept_minor > 0
)"""  # noqa: S608 - constants
_MARGINS = statement(
    f"""{_COSTED}, cells AS (
  SELECT dense_rank() OVER (ORDER BY person) AS person, cell, member::int AS member, sum(net)::bigint AS net,
    sum(cost)::bigint AS cost, sum(covered)::bigint AS covered
  FROM margins WHERE person IS NOT NULL AND cell > 0 GROUP BY margins.person, cell, member
)
SELECT string_agg(int8send(person), '') AS person, string_agg(int8send(cell), '') AS cell,
  string_agg(int8send(member), '') AS member, string_agg(int8send(net), '') AS net,
  string_agg(int8send(cost), '') AS cost, string_agg(int8send(covered), '') AS covered
FROM cells
""",  # noqa: S608 - constants
    k="$4",
)
# The first purchase of a life, by rank (placed_at, order_id).
_FIRSTS = statement(
    f"""{_COSTED}, firsts AS (
  SELECT DISTINCT ON (person) cell, net, cost, covered FROM margins WHERE person IS NOT NULL
  ORDER BY person, placed_at, order_id
)
SELECT cell, sum(net)::bigint AS net, sum(cost)::bigint AS cost, sum(covered)::bigint AS covered, count(*) AS purchases
FROM firsts WHERE cell > 0 GROUP BY cell
""",  # noqa: S608 - constants
    k="$4",
)
_REWARDS = statement("""
WITH RECURSIVE {people}, {sales}
SELECT cell, sum(net)::bigint AS net, sum(kept_minor - net)::bigint AS rewards
FROM sales WHERE member AND kept_minor > 0 AND cell > 0 GROUP BY cell
""")


@READERS.register("margins")
async def margins(asked: Asked) -> Mapping[Days, Margins]:
    """Read what customers' purchases came to and cost."""
    limit, boundaries = asked.reading.known.limit, boundaries_of(asked)
    # Aggregates without GROUP BY make exactly one row.
    [row] = await _MARGINS.visit(asked.connection, limit, asked.program.program_id, boundaries, asked.program.timezone)
    person, cell, member, *sums = (unpacked(row[name]) for name in row.keys())  # noqa: SIM118 - a Record is no dict
    found = {}
    for days in asked.wanted:
        first, after = cells_of(asked, boundaries, days)
        inside = (cell >= first) & (cell < after)
        # A customer is one entry for each status, over all cells of the period.
        keys, place = np.unique(2 * person[inside] + member[inside], return_inverse=True)
        totals = [np.zeros(len(keys), dtype=np.int64) for _ in sums]
        for total, column in zip(totals, sums, strict=True):
            np.add.at(total, place, column[inside])
        found[days] = Margins(np.unique(keys // 2, return_inverse=True)[1].astype(np.int64), keys % 2, *totals)
    return found


@READERS.register("first_margins")
async def first_margins(asked: Asked) -> Mapping[Days, Covered]:
    """Read what the first purchases of new customers came to and cost."""
    limit, boundaries = asked.reading.known.limit, boundaries_of(asked)
    rows = await _FIRSTS.visit(asked.connection, limit, asked.program.program_id, boundaries, asked.program.timezone)
    found = {}
    for days in asked.wanted:
        cells = range(*cells_of(asked, boundaries, days))
        inside = [row for row in rows if row["cell"] in cells]
        found[days] = Covered(*(sum(row[name] for row in inside) for name in Covered.__slots__))
    return found


@READERS.register("rewards")
async def rewards(asked: Asked) -> Mapping[Days, Rewards]:
    """Read what members paid, and paid with rewards."""
    boundaries = boundaries_of(asked)
    limit = asked.reading.known.limit
    rows = await _REWARDS.visit(asked.connection, limit, asked.program.program_id, boundaries)
    found = {}
    for days in asked.wanted:
        cells = range(*cells_of(asked, boundaries, days))
        inside = [row for row in rows if row["cell"] in cells]
        found[days] = Rewards(sum(row["net"] for row in inside), sum(row["rewards"] for row in inside))
    return found
