"""What all that somebody bought and did counts towards tiers: `counts.py` once more in SQL, and the actions."""

from loyalty.tiers.queries import counter

# The guest's flag is that of the latest decision, as where purchases are read.
counter(
    "purchases",
    """SELECT f.head, (p.placed_at AT TIME ZONE $3)::date AS day, d.due AS points,
  CASE WHEN p.goods_minor > 0 AND NOT p.test AND (p.member OR d.guest) THEN greatest(0, div(
    2 * k.kept * (p.goods_minor - p.reward_discount_minor) + p.goods_minor, 2 * p.goods_minor::numeric)) ELSE 0
  END AS spent_minor
FROM family f CROSS JOIN LATERAL (
  SELECT * FROM purchase WHERE program_id = $1 AND customer_id = f.customer_id AND state = 'recorded' OFFSET 0) p
CROSS JOIN LATERAL (SELECT coalesce(sum(due), 0) AS due,
    (array_agg(facts ? 'guest' ORDER BY recorded_at DESC, award_id DESC))[1] AS guest
  FROM award WHERE program_id = $1 AND purchase_id = p.purchase_id) d
CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(bool_or(goods_minor IS NULL), false) THEN 0::numeric
    ELSE greatest(0, p.goods_minor - coalesce(sum(goods_minor), 0)) END AS kept
  FROM refund WHERE program_id = $1 AND purchase_id = p.purchase_id) k""",
)
# What was earned by anything but buying counts on the day of its points: of a joining, that of the membership.
counter(
    "actions",
    """SELECT f.head, (e.effective_at AT TIME ZONE $3)::date AS day, a.due AS points, 0 AS spent_minor
FROM family f CROSS JOIN LATERAL (
  SELECT * FROM award WHERE program_id = $1 AND customer_id = f.customer_id AND cause = 'action' AND due <> 0
  OFFSET 0) a
CROSS JOIN LATERAL (
  SELECT effective_at FROM entry WHERE program_id = $1 AND customer_id = a.customer_id AND award_id = a.award_id
  LIMIT 1) e""",
)
