"""The facts as DuckDB tables, over the exported files: who is who, when a member, what was bought and what is kept.

Who somebody is follows the merges, whether a purchase is a member's follows the intervals themselves, and what was kept
of it follows the refunds: neither the flags nor the sums that the service stores for speed are looked at. `known_at` is
the knowledge time, or infinity.
"""

# `sale`: every purchase that is no test; `qualifying`: those of which something is kept, with the one before.
FACTS = """
CREATE VIEW merge AS SELECT * FROM 'merges.parquet' WHERE merged_at <= getvariable('known_at');
CREATE TABLE person AS
  WITH RECURSIVE step(customer_id, who) AS (
    SELECT customer_id, customer_id FROM 'customers.parquet'
    UNION ALL
    SELECT s.customer_id, m.merged_into FROM step s JOIN merge m ON m.customer_id = s.who)
  SELECT customer_id, dense_rank() OVER (ORDER BY who) AS who FROM step
  WHERE who NOT IN (SELECT customer_id FROM merge);

CREATE TABLE stay AS
  SELECT who, joined_at, coalesce(left_at, 'infinity'::TIMESTAMP) AS left_at
  FROM 'memberships.parquet' JOIN person USING (customer_id)
  WHERE recorded_at <= getvariable('known_at')
    AND (superseded_at IS NULL OR superseded_at > getvariable('known_at'));

CREATE VIEW refund AS SELECT * FROM 'refunds.parquet' WHERE recorded_at <= getvariable('known_at');
CREATE TABLE taken AS
  SELECT purchase_id, coalesce(sum(goods_minor), 0) AS goods, count(*) FILTER (kind = 'cancellation') AS cancellations
  FROM refund GROUP BY purchase_id;

CREATE TABLE sale AS
  WITH told AS (
    SELECT *, NULL::TIMESTAMP AS superseded_at FROM 'purchases.parquet'
    UNION ALL BY NAME
    SELECT * FROM 'formers.parquet'
  ), known AS (
    SELECT purchase_id, version, order_id, customer_id, placed_at, lined, goods_minor::HUGEINT AS goods,
      reward_discount_minor::HUGEINT AS reward, coalesce(cancellations, 0) > 0 AS cancelled,
      CASE WHEN cancelled THEN 0 ELSE greatest(0, goods_minor::HUGEINT - coalesce(t.goods, 0)) END AS kept
    FROM told LEFT JOIN taken t USING (purchase_id)
    WHERE NOT test AND recorded_at <= getvariable('known_at')
      AND (superseded_at IS NULL OR superseded_at > getvariable('known_at')))
  -- net = kept - reward * kept / goods, rounded half up.
  SELECT k.*, who, CASE WHEN kept > 0 THEN (2 * goods * kept - 2 * reward * kept + goods) // (2 * goods) ELSE 0 END
      AS net,
    EXISTS (SELECT 1 FROM stay s WHERE s.who = p.who AND s.joined_at <= k.placed_at AND k.placed_at < s.left_at)
      AS member
  FROM known k LEFT JOIN person p USING (customer_id);
CREATE TABLE qualifying AS
  SELECT *, row_number() OVER life AS rank, lag(placed_at) OVER life AS previous_at FROM sale WHERE kept > 0
  WINDOW life AS (PARTITION BY who ORDER BY placed_at, order_id, purchase_id);
"""

# The same by slot.
SETS = """
CREATE TABLE bought AS
  SELECT slot, who, member, count(*) AS orders, sum(net) AS net, count(*) FILTER (rank >= 2) AS later
  FROM qualifying JOIN slot ON placed_at >= start_at AND placed_at < end_at GROUP BY ALL;
-- By the status of each purchase; without a customer it is a non-member's.
CREATE TABLE side AS
  SELECT slot, 'all' AS segment, who, sum(orders) AS orders, sum(net) AS net, sum(later) AS later
  FROM bought GROUP BY slot, who
  UNION ALL
  SELECT slot, CASE WHEN member THEN 'member' ELSE 'non_member' END, who, orders, net, later FROM bought;
CREATE VIEW buyer AS SELECT * FROM side WHERE who IS NOT NULL;
CREATE VIEW anybody AS SELECT slot, who FROM buyer WHERE segment = 'all';
CREATE TABLE debut AS SELECT who, min(placed_at) AS first_at FROM qualifying WHERE who IS NOT NULL GROUP BY who;
CREATE TABLE known_at_start AS SELECT slot, who FROM slot JOIN debut ON first_at < start_at;
CREATE TABLE newcomer AS SELECT slot, who FROM slot JOIN debut ON first_at >= start_at AND first_at < end_at;
CREATE TABLE member_at_start AS
  SELECT DISTINCT slot, who FROM slot JOIN stay ON joined_at < start_at AND left_at >= start_at;
CREATE TABLE member_at_end AS
  SELECT DISTINCT slot, who FROM slot JOIN stay ON joined_at < end_at AND left_at >= end_at;
CREATE TABLE joiner AS
  SELECT slot, who, min(joined_at) AS joined_at FROM slot JOIN stay ON joined_at >= start_at AND joined_at < end_at
  GROUP BY slot, who;
CREATE VIEW bought_before AS SELECT s.slot, who FROM slot s JOIN anybody b ON b.slot = s.before;
"""
