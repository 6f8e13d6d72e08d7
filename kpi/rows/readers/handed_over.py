"""The part "handed_over": what rewards cost that purchases do not tell of, by when they were given and taken back.

It is read from the rows whatever the reading is: worths and unit costs may be told later, for years back.
"""

from collections.abc import Mapping

from kpi.parts.money import HandedOver
from kpi.periods import Days
from kpi.rows.costs import articles
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of

# Discounts are in `reward_discount` of the purchases, as the shop told them; all other kinds are in none. A reward
# costs what the article did on the local day of its capture, else what it was said to be worth, then or since. Points
# move a part of that: of all points that are out, rounded down, so that what comes back wholly leaves nothing.
# Whoever was merged has captures in more than one account. $2 has the boundaries, $3 is the zone, $4 is K.
_HANDED_OVER = statement(
    f"""
WITH RECURSIVE {{people}}, {articles(k="{k}")}, worths AS (
  SELECT DISTINCT ON (reward_id) reward_id, (offer -> 'settings' ->> 'worth_minor')::bigint AS worth_minor
  FROM reward_edition WHERE program_id = $1 AND recorded_at <= {{k}} ORDER BY reward_id, edition DESC
), promised AS MATERIALIZED (
  SELECT d.redemption_id, d.reward_id, d.customer_id, d.price_points, d.reward -> 'settings' ->> 'sku' AS sku,
    (d.reward -> 'settings' ->> 'worth_minor')::bigint AS worth_minor
  FROM redemption d WHERE d.program_id = $1 AND d.recorded_at <= {{k}}
    AND d.reward ->> 'kind' NOT IN ('fixed_discount', 'percentage_discount', 'points_payment')
), takers AS (
  SELECT DISTINCT coalesce(s.survivor, p.customer_id) AS customer_id
  FROM promised p LEFT JOIN survivors s ON s.customer_id = p.customer_id
), accounts AS (
  SELECT customer_id FROM takers UNION SELECT s.customer_id FROM survivors s JOIN takers t ON t.customer_id = s.survivor
), decided AS (
  SELECT a.award_id, a.facts, a.recorded_at, min(e.effective_at) AS effective_at
  FROM accounts c JOIN entry e ON e.program_id = $1 AND e.customer_id = c.customer_id
  JOIN award a ON a.program_id = $1 AND a.award_id = e.award_id
  WHERE e.kind IN ('capture', 'reverse') AND e.recorded_at <= {{k}} GROUP BY a.program_id, a.award_id
), moved AS (
  SELECT (facts ->> 'hold')::uuid AS redemption_id, award_id, recorded_at, effective_at,
    coalesce((facts ->> 'captured')::bigint, -(facts ->> 'returned')::bigint) AS points
  FROM decided WHERE facts ? 'hold'
  UNION ALL
  -- What a refund brought back, by redemption.
  SELECT r.key::uuid, award_id, recorded_at, effective_at, -r.value::bigint
  FROM decided CROSS JOIN jsonb_each_text(facts -> 'restored_of') r
), running AS (
  SELECT p.*, m.effective_at, m.points, sum(m.points) OVER course AS points_after,
    first_value(m.effective_at) OVER course AS captured_at
  FROM moved m JOIN promised p ON p.redemption_id = m.redemption_id
  WINDOW course AS (PARTITION BY m.redemption_id ORDER BY m.recorded_at, m.award_id)
), costed AS (
  SELECT width_bucket(r.effective_at, $2::timestamptz[]) AS cell, r.points, r.points_after, r.price_points,
    coalesce(c.unit_cost_minor, r.worth_minor, w.worth_minor)::numeric AS unit
  FROM running r LEFT JOIN worths w ON w.reward_id = r.reward_id
  LEFT JOIN costs c ON c.sku = r.sku AND (r.captured_at AT TIME ZONE $3)::date >= c.from_on
    AND (r.captured_at AT TIME ZONE $3)::date < c.until_on
), parts AS (
  SELECT cell, unit,
    div(unit * points_after, price_points) - div(unit * (points_after - points), price_points) AS cost
  FROM costed WHERE cell > 0 AND points <> 0
)
SELECT cell, coalesce(sum(cost) FILTER (WHERE cost > 0), 0)::bigint AS given,
  coalesce(-sum(cost) FILTER (WHERE cost < 0), 0)::bigint AS returned, count(*) FILTER (WHERE unit IS NULL) AS uncosted
FROM parts GROUP BY cell
""",  # noqa: S608 - constants
    k="$4",
)


@READERS.register("handed_over")
async def read(asked: Asked) -> Mapping[Days, HandedOver]:
    """Read what was handed over and taken back in each of the periods."""
    boundaries, limit = boundaries_of(asked), asked.reading.known.limit
    program = asked.program
    rows = await _HANDED_OVER.fetch(asked.connection, limit, program.program_id, boundaries, program.timezone)
    found = {}
    for days in asked.wanted:
        cells = range(*cells_of(asked, boundaries, days))
        inside = [row for row in rows if row["cell"] in cells]
        found[days] = HandedOver(*(sum(row[name] for row in inside) for name in HandedOver.__slots__))
    return found
