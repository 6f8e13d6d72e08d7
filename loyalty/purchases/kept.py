"""What people bought and kept, as SQL that the conditions of segments share."""

from loyalty.customers.survivors import SURVIVORS

# One row a purchase of which something is kept, under the person who made it, however often merged since. Kept is what
# `purchases/rules.py` calls so: goods less refunds, nothing after a cancellation. Test purchases and those that only a
# refund told of do not count, nor do those of nobody, or of the erased.
BOUGHT = {
    **SURVIVORS,
    "refunded": "SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled"
    " FROM refund WHERE program_id = $1 GROUP BY purchase_id",
    "bought": """
SELECT c.customer_id, p.placed_at, p.lines, (p.goods_minor - coalesce(r.goods_minor, 0))::bigint AS kept_minor
FROM purchase p LEFT JOIN survivors s ON s.customer_id = p.customer_id
JOIN customer c ON c.program_id = $1 AND c.customer_id = coalesce(s.survivor, p.customer_id) AND c.erased_at IS NULL
LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
WHERE p.program_id = $1 AND p.state = 'recorded' AND NOT p.test AND p.customer_id IS NOT NULL
  AND NOT coalesce(r.cancelled, false) AND p.goods_minor > coalesce(r.goods_minor, 0)
""",
}
