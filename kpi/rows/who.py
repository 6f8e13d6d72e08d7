"""Pieces of SQL that readers of parts share: who is who, and when they were members, as known at K.

In all of them $1 is the programme, $2 the ascending boundaries, and $3 is K, null for now.
"""

K = "coalesce($3::timestamptz, 'infinity')"

# Needs WITH RECURSIVE. `survivors` has everybody who was merged into somebody else, with the last of the chain.
SURVIVORS = f"""
merged AS (
  SELECT customer_id, merged_into FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL AND merged_at <= {K}
), chain (customer_id, survivor) AS (
  SELECT customer_id, merged_into FROM merged
  UNION
  SELECT c.customer_id, m.merged_into FROM chain c JOIN merged m ON m.customer_id = c.survivor
), survivors AS (
  SELECT customer_id, survivor FROM chain WHERE survivor NOT IN (SELECT customer_id FROM merged)
)"""  # noqa: S608 - no value is put in

MEMBERSHIPS = f"""
memberships AS (
  SELECT coalesce(s.survivor, m.customer_id) AS customer_id, m.joined_at, m.left_at
  FROM membership m LEFT JOIN survivors s ON s.customer_id = m.customer_id
  WHERE m.program_id = $1 AND m.recorded_at <= {K} AND (m.superseded_at IS NULL OR m.superseded_at > {K})
)"""  # noqa: S608 - no value is put in

# Every purchase before the last boundary, or of which something came back before it (clocks differ: a refund may be
# dated before its sale), with who made it, under which status, and what is kept of it. `net` is kept less kept reward,
# rounded half up. The stored flag knows only today's memberships: at K, status is looked up.
SALES = f"""
told AS (
  SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, lines, member
  FROM purchase WHERE program_id = $1 AND state = 'recorded' AND NOT test AND recorded_at <= {K}
  UNION ALL
  SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, lines, member
  FROM purchase_former
  WHERE program_id = $1 AND placed_at IS NOT NULL AND NOT test AND recorded_at <= {K} AND superseded_at > {K}
), spans AS (
  SELECT customer_id, range_agg(tstzrange(joined_at, left_at)) AS as_member FROM memberships GROUP BY customer_id
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled,
    min(refunded_at) AS first_at
  FROM refund WHERE program_id = $1 AND recorded_at <= {K} GROUP BY purchase_id
), kept AS (
  SELECT p.*, coalesce(s.survivor, p.customer_id) AS person, coalesce(r.cancelled, false) AS cancelled, CASE
      WHEN r.cancelled THEN 0 ELSE greatest(0, p.goods_minor - coalesce(r.goods_minor, 0))
    END AS kept_minor
  FROM told p LEFT JOIN survivors s ON s.customer_id = p.customer_id
  LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  WHERE least(p.placed_at, r.first_at) < ($2::timestamptz[])[cardinality($2::timestamptz[])]
), sales AS (
  SELECT k.purchase_id, k.order_id, k.person, k.placed_at, width_bucket(k.placed_at, $2::timestamptz[]) AS cell,
    CASE WHEN $3::timestamptz IS NULL THEN k.member ELSE coalesce(k.placed_at <@ m.as_member, false) END AS member,
    k.goods_minor, k.lines, k.cancelled, k.kept_minor, CASE WHEN k.kept_minor > 0 THEN
      div(2 * k.kept_minor * (k.goods_minor - k.reward_discount_minor) + k.goods_minor, 2::numeric * k.goods_minor)
    ELSE 0 END AS net
  FROM kept k LEFT JOIN spans m ON m.customer_id = k.person
)"""  # noqa: S608 - no value is put in

# What the goods and services of a purchase cost: `covered` of its goods have a cost. A line's own cost wins over the
# one entered for its article and local day; $4 is the zone.
COSTS = """
costs AS MATERIALIZED (
  SELECT sku, from_on, lead(from_on, 1, 'infinity') OVER (PARTITION BY sku ORDER BY from_on) AS until_on,
    unit_cost_minor
  FROM {unit_costs} told WHERE NOT withdrawn
), lined AS (
  SELECT purchase_id, sum(amount) FILTER (WHERE cost IS NOT NULL) AS covered, sum(quantity * cost) AS cost
  FROM (
    SELECT s.purchase_id, (l ->> 'amount_minor')::bigint AS amount, (l ->> 'quantity')::bigint AS quantity,
      coalesce((l ->> 'unit_cost_minor')::bigint, c.unit_cost_minor) AS cost
    FROM sales s CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(s.lines) WHEN 'array' THEN s.lines END) l
    LEFT JOIN costs c ON c.sku = l ->> 'sku' AND (s.placed_at AT TIME ZONE $4)::date >= c.from_on
      AND (s.placed_at AT TIME ZONE $4)::date < c.until_on
    WHERE l ->> 'kind' IN ('goods', 'service') AND s.cell > 0 AND s.kept_minor > 0
  ) lines GROUP BY purchase_id
), margins AS (
  -- What is kept carries its part of the cost, and of what is covered.
  SELECT s.*, coalesce(round(l.cost * s.kept_minor / s.goods_minor), 0)::bigint AS cost,
    coalesce(round(s.net * l.covered / s.goods_minor), 0)::bigint AS covered
  FROM sales s LEFT JOIN lined l ON l.purchase_id = s.purchase_id WHERE s.kept_minor > 0
)"""
