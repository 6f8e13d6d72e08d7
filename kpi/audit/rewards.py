"""The recount of what rewards cost: the discounts on purchases, and what was handed over beside them."""

from kpi.audit.counting import PLACED, Counting, named, of_all, together

# `out`: so many points of a redemption are out after a movement; what is out costs that part of the whole, rounded
# down, and a movement the difference. The whole is the unit cost on the day of the capture, else the worth.
VIEWS = f"""
CREATE VIEW rewarded AS SELECT slot, kept - net AS reward, net FROM qualifying {PLACED} WHERE member;
CREATE VIEW worth_told AS
  SELECT reward_id, arg_max(coalesce(worth_minor, -1), edition) AS worth FROM 'editions.parquet'
  WHERE recorded_at <= getvariable('known_at') GROUP BY reward_id;
CREATE TABLE handed AS
  WITH course AS (
    SELECT redemption_id, points, effective_at AS placed_at, sum(points) OVER life AS out,
      first_value(effective_at) OVER life AS begun_at
    FROM 'redeemed.parquet' WHERE recorded_at <= getvariable('known_at') AND points <> 0
    WINDOW life AS (PARTITION BY redemption_id ORDER BY recorded_at, award_id ROWS UNBOUNDED PRECEDING)
  ), whole AS (
    SELECT c.*, price_points,
      CASE WHEN u.unit_cost_minor IS NOT NULL THEN u.unit_cost_minor WHEN r.worth_minor IS NOT NULL THEN r.worth_minor
        WHEN w.worth >= 0 THEN w.worth END AS unit
    FROM course c JOIN 'redemptions.parquet' r USING (redemption_id) LEFT JOIN worth_told w USING (reward_id)
    LEFT JOIN unit_cost u ON u.sku = r.sku AND begun_at >= u.begin_at AND begun_at < u.until_at
    WHERE r.kind NOT IN ('fixed_discount', 'percentage_discount', 'points_payment'))
  SELECT placed_at, unit, unit::HUGEINT * out // price_points - unit::HUGEINT * (out - points) // price_points AS cost
  FROM whole;
CREATE VIEW handing AS SELECT slot, unit, cost FROM handed {PLACED};
CREATE VIEW unknown_slot AS SELECT slot FROM handing WHERE unit IS NULL;
CREATE VIEW reward_cost AS
  SELECT slot, reward AS cost, net FROM rewarded UNION ALL SELECT slot, cost, 0 FROM handing;
"""  # noqa: S608 - our own words


COUNTINGS = {
    "reward_cost_ratio": Counting(
        of_all("sum(cost)", "sum(net)", "(FROM reward_cost ANTI JOIN unknown_slot USING (slot))"),
        together(
            named("revenue_minor", "sum(net)", "rewarded"),
            named("discounts_minor", "sum(reward)", "rewarded"),
            named("handed_over_minor", "coalesce(sum(cost) FILTER (cost > 0), 0)", "handing"),
            named("taken_back_minor", "coalesce(-sum(cost) FILTER (cost < 0), 0)", "handing"),
            named("rewards_without_cost", "count(*)", "unknown_slot"),
        ),
    ),
}
