"""The recount of tiers, from the history of their changes; of who was merged, only the survivor's own counts."""

from kpi.audit.counting import Counting, of_all

VIEWS = """
CREATE TABLE climb AS
  SELECT who, seq, tier_to, effective_at FROM 'tier_changes.parquet' JOIN person USING (customer_id)
  WHERE recorded_at <= getvariable('known_at') AND customer_id NOT IN (SELECT customer_id FROM merge);
CREATE VIEW migration AS
  SELECT m.slot, m.who, e.who IS NOT NULL AS stays,
    coalesce((SELECT arg_max(coalesce(tier_to, ''), seq) FROM climb c WHERE c.who = m.who AND effective_at < start_at),
      '') AS tier_from,
    coalesce((SELECT arg_max(coalesce(tier_to, ''), seq) FROM climb c WHERE c.who = m.who AND effective_at < end_at),
      '') AS tier_to
  FROM member_at_start m JOIN slot USING (slot) LEFT JOIN member_at_end e USING (slot, who);
"""

COUNTINGS = {
    "tier_migration": Counting(
        of_all("count(*) FILTER (stays AND tier_from <> tier_to)", "count(*)", "migration"),
        """SELECT slot, CASE tier_from WHEN '' THEN 'none' ELSE tier_from END || '>' ||
  CASE WHEN NOT stays THEN 'left' WHEN tier_to = '' THEN 'none' ELSE tier_to END AS name, count(*) AS number
FROM migration GROUP BY ALL""",
    ),
}
