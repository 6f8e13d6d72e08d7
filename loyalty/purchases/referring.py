"""What purchases tell referrals: the codes that came with them, and what is kept of one."""

from loyalty.referrals.bought import hand_down

hand_down(
    codes="SELECT purchase_id, referral_code FROM purchase WHERE program_id = $1 AND purchase_id = ANY($2::uuid[])"
    " AND state = 'recorded' AND referral_code IS NOT NULL AND origin = 'live' AND NOT test",
    # Former facts know when a purchase was told first, whatever was edited since.
    bought="""SELECT json_build_object('purchase_id', p.purchase_id, 'placed_at', p.placed_at, 'recorded_at', coalesce(
    (SELECT min(o.recorded_at) FROM purchase_former o WHERE o.program_id = $1 AND o.purchase_id = p.purchase_id),
    p.recorded_at), 'kept_minor', k.kept, 'origin', p.origin, 'test', p.test, 'referral_code', p.referral_code,
    'storefront_id', p.storefront_id)
FROM family f CROSS JOIN LATERAL (
  SELECT * FROM purchase WHERE program_id = $1 AND customer_id = f.customer_id AND state = 'recorded' OFFSET 0) p
CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(bool_or(goods_minor IS NULL), false) THEN 0
    ELSE greatest(0, p.goods_minor - coalesce(sum(goods_minor), 0)) END AS kept
  FROM refund WHERE program_id = $1 AND purchase_id = p.purchase_id) k
WHERE {which} ORDER BY p.placed_at, p.purchase_id LIMIT 1""",
)
