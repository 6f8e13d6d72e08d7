"""The parts "margins", "first_margins" and "rewards": what purchases leave, by what their lines and articles cost."""

from collections.abc import Mapping

import numpy as np

from kpi.parts.money import Covered, Margins, Rewards
from kpi.periods import Days
from kpi.rows.costs import costed
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of

# $3 is the zone, $4 is K.
_COSTED = f"WITH RECURSIVE {{people}}, {{sales}}, {costed(zone='$3', k='{k}')}"
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
    buyer, cell, member, *sums = (unpacked(row[name]) for name in row.keys())  # noqa: SIM118 - a Record is no dict
    found = {}
    for days in asked.wanted:
        first, after = cells_of(asked, boundaries, days)
        inside = (cell >= first) & (cell < after)
        # A customer is one entry for each status, over all cells of the period.
        keys, place = np.unique(2 * buyer[inside] + member[inside], return_inverse=True)
        totals = [np.zeros(len(keys), dtype=np.int64) for _ in sums]
        for total, column in zip(totals, sums, strict=True):
            np.add.at(total, place, column[inside])
        person = np.unique(keys // 2, return_inverse=True)[1].astype(np.int64)
        found[days] = Margins(person, keys % 2, totals[0], totals[1], totals[2])
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
