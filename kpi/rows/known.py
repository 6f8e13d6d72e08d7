"""The SQL that every reading of rows begins with: who is who, who was a member when, which purchases there were.

Two forms of a statement are put together from the same parts: what is known *now*, and what was known *at* K (`as_of`),
where rows replaced since are read from `purchase_former` and from superseded memberships. $1 is the programme.
"""

# A statement visits every purchase once. Right after an import the planner has no statistics, expects one row, and
# would join by nested loops, for minutes instead of a second. The memory is for the groups, which else spill to disk.
PLANNING = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '32MB'"

_MEMBERSHIPS_NOW = "superseded_at IS NULL"
_MEMBERSHIPS_AT = "recorded_at <= {k} AND (superseded_at IS NULL OR superseded_at > {k})"
# The stored flag is rebuilt in the commit that changes a membership, and cheaper than looking the intervals up.
_PURCHASES_NOW = """
  SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, member
  FROM purchase WHERE program_id = $1 AND state = 'recorded' AND NOT test"""
# The flag knows only today's memberships: at K, status is looked up. One multirange a customer, so that intervals
# which a merge of two customers lays over each other cannot count a purchase twice.
_PURCHASES_AT = """
  SELECT f.purchase_id, f.customer_id, f.placed_at, f.goods_minor, f.reward_discount_minor,
    coalesce(f.placed_at <@ m.as_member, false) AS member
  FROM (
    SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, test
    FROM purchase WHERE program_id = $1 AND state = 'recorded' AND recorded_at <= {k}
    UNION ALL
    SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, test
    FROM purchase_former
    WHERE program_id = $1 AND placed_at IS NOT NULL AND recorded_at <= {k} AND superseded_at > {k}
  ) f LEFT JOIN status m ON m.customer_id = f.customer_id
  WHERE NOT f.test"""

# `survivors`: merged customers, and who they are now; `memberships` are those persons' intervals; `status` has them by
# customer, merged or not; `refunded`: what was taken back of each purchase.
_PEOPLE = """
merged AS (
  SELECT customer_id, merged_into FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL {merges_known}
), chain (customer_id, survivor) AS (
  SELECT customer_id, merged_into FROM merged
  UNION
  SELECT c.customer_id, m.merged_into FROM chain c JOIN merged m ON m.customer_id = c.survivor
), survivors AS (
  SELECT customer_id, survivor FROM chain WHERE survivor NOT IN (SELECT customer_id FROM merged)
), memberships AS (
  SELECT coalesce(s.survivor, m.customer_id) AS customer_id, m.joined_at, m.left_at
  FROM membership m LEFT JOIN survivors s ON s.customer_id = m.customer_id
  WHERE m.program_id = $1 AND {memberships_known}
), spans AS (
  SELECT customer_id, range_agg(tstzrange(joined_at, left_at)) AS as_member FROM memberships GROUP BY customer_id
), status AS (
  SELECT customer_id, as_member FROM spans
  UNION ALL
  SELECT s.customer_id, m.as_member FROM survivors s JOIN spans m ON m.customer_id = s.survivor
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled
  FROM refund WHERE program_id = $1 {refunds_known} GROUP BY purchase_id
)"""

# What is left of the goods of a purchase `p` after its refunds `r`; it qualifies if that is more than 0.
KEPT = """CASE
      WHEN r.purchase_id IS NULL THEN p.goods_minor
      WHEN r.cancelled THEN 0
      ELSE greatest(0, p.goods_minor - r.goods_minor)::bigint
    END"""
# Kept - kept reward, rounded half up; `div` of numerics is exact. The first two cases spare the arithmetic.
NET = """CASE
      WHEN kept_minor = goods_minor THEN goods_minor - reward_discount_minor
      WHEN reward_discount_minor = 0 THEN kept_minor
      ELSE div(2::numeric * kept_minor * (goods_minor - reward_discount_minor) + goods_minor, 2::numeric * goods_minor)
    END::bigint"""
# What a purchase `p` needs to count today, where it is looked up alone: goods that were kept.
QUALIFIES = """p.state = 'recorded' AND NOT p.test AND p.goods_minor > (
    SELECT CASE WHEN bool_or(r.kind = 'cancellation') THEN p.goods_minor ELSE coalesce(sum(r.goods_minor), 0) END
    FROM refund r WHERE r.program_id = p.program_id AND r.purchase_id = p.purchase_id)"""

# Qualifying purchases of known customers, by who they are now.
_QUALIFYING = """
qualifying AS (
  SELECT coalesce(s.survivor, p.customer_id) AS customer_id, p.placed_at, p.member
  FROM ({purchases}) p
  LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  LEFT JOIN survivors s ON s.customer_id = p.customer_id
  WHERE p.customer_id IS NOT NULL AND {kept} > 0
)"""


def forms(sql: str, k: str = "$3") -> tuple[str, str]:
    """Fill in {people}, {qualifying}, {purchases}, {kept} and {net}: as known now, and as known at `k`, an argument."""
    now = _filled(sql, _PURCHASES_NOW, _MEMBERSHIPS_NOW, "", "")
    at = _filled(sql, _PURCHASES_AT, _MEMBERSHIPS_AT, "AND merged_at <= {k}", "AND recorded_at <= {k}")
    return now, at.replace("{k}", k)


def _filled(sql: str, purchases: str, memberships: str, merges: str, refunds: str) -> str:
    people = _PEOPLE.format(memberships_known=memberships, merges_known=merges, refunds_known=refunds)
    qualifying = _QUALIFYING.format(purchases=purchases, kept=KEPT)
    return sql.format(people=people, qualifying=qualifying, purchases=purchases, kept=KEPT, net=NET)
