"""The SQL that every reading of rows begins with: who is who, who was a member when, which purchases there were.

Two forms of a statement are put together from the same parts: what is known *now*, and what was known *at* K (`as_of`),
where rows replaced since are read from `purchase_former` and from superseded memberships. $1 is the programme.
"""

from datetime import datetime
from typing import NamedTuple

from asyncpg import Record

from loyalty.database import Connection

# What visits every purchase does so once. Right after an import the planner has no statistics, expects one row, and
# would join by nested loops, for minutes instead of a second. The memory is for the groups, which else spill to disk.
_PLANNING = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '32MB'"

# The stored flag is rebuilt in the commit that changes a membership, and cheaper than looking the intervals up.
_PURCHASES_NOW = """
  SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, lines, member
  FROM purchase WHERE program_id = $1 AND state = 'recorded' AND NOT test"""
# The flag knows only today's memberships: at K, status is looked up. One multirange a customer, so that intervals
# which a merge of two customers lays over each other cannot count a purchase twice.
_PURCHASES_AT = """
  SELECT f.purchase_id, f.order_id, f.customer_id, f.placed_at, f.goods_minor, f.reward_discount_minor, f.lines,
    coalesce(f.placed_at <@ m.as_member, false) AS member
  FROM (
    SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, lines, test
    FROM purchase WHERE program_id = $1 AND state = 'recorded' AND recorded_at <= {k}
    UNION ALL
    SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, lines, test
    FROM purchase_former
    WHERE program_id = $1 AND placed_at IS NOT NULL AND recorded_at <= {k} AND superseded_at > {k}
  ) f LEFT JOIN status m ON m.customer_id = f.customer_id
  WHERE NOT f.test"""
_NOW = {"purchases": _PURCHASES_NOW, "memberships": "superseded_at IS NULL", "merges": "", "refunds": ""}
_AT = {
    "purchases": _PURCHASES_AT,
    "memberships": "recorded_at <= {k} AND (superseded_at IS NULL OR superseded_at > {k})",
    "merges": "AND merged_at <= {k}",
    "refunds": "AND recorded_at <= {k}",
}

# `survivors`: merged customers, and who they are now; `memberships` are those persons' intervals; `status` has them by
# customer, merged or not; `refunded`: what was taken back of each purchase.
_PEOPLE = """
merged AS (
  SELECT customer_id, merged_into FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL {merges}
), chain (customer_id, survivor) AS (
  SELECT customer_id, merged_into FROM merged
  UNION
  SELECT c.customer_id, m.merged_into FROM chain c JOIN merged m ON m.customer_id = c.survivor
), survivors AS (
  SELECT customer_id, survivor FROM chain WHERE survivor NOT IN (SELECT customer_id FROM merged)
), memberships AS (
  SELECT coalesce(s.survivor, m.customer_id) AS customer_id, m.joined_at, m.left_at
  FROM membership m LEFT JOIN survivors s ON s.customer_id = m.customer_id
  WHERE m.program_id = $1 AND {memberships}
), spans AS (
  SELECT customer_id, range_agg(tstzrange(joined_at, left_at)) AS as_member FROM memberships GROUP BY customer_id
), status AS (
  SELECT customer_id, as_member FROM spans
  UNION ALL
  SELECT s.customer_id, m.as_member FROM survivors s JOIN spans m ON m.customer_id = s.survivor
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled,
    min(refunded_at) AS first_at
  FROM refund WHERE program_id = $1 {refunds} GROUP BY purchase_id
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

# Purchases of anybody and nobody, by who they are now, up to the last of the ascending boundaries $2.
_SALES = """
kept AS (
  SELECT p.purchase_id, p.order_id, coalesce(s.survivor, p.customer_id) AS person, p.placed_at, p.member, p.goods_minor,
    p.reward_discount_minor, p.lines, coalesce(r.cancelled, false) AS cancelled, {kept} AS kept_minor
  FROM ({purchases}) p
  LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  LEFT JOIN survivors s ON s.customer_id = p.customer_id
  WHERE {reaching} < ($2::timestamptz[])[cardinality($2::timestamptz[])]
), sales AS (
  SELECT *, width_bucket(placed_at, $2::timestamptz[]) AS cell, {net} AS net FROM kept
)"""
_PLACED = "p.placed_at"
# Clocks differ, and a refund may be dated before its sale: what came back by a boundary may have been sold after it.
_MOVED = "least(p.placed_at, r.first_at)"


class Statement(NamedTuple):
    """A question to the rows in both forms; `at` has one more argument, the last: K."""

    now: str
    at: str

    async def fetch(self, connection: Connection, as_of: datetime | None, *arguments: object) -> list[Record]:
        """Ask as known now, or at `as_of`."""
        if as_of is None:
            return await connection.fetch(self.now, *arguments)
        return await connection.fetch(self.at, *arguments, as_of)

    async def visit(self, connection: Connection, as_of: datetime | None, *arguments: object) -> list[Record]:
        """Ask what visits every purchase."""
        async with connection.transaction():
            await connection.execute(_PLANNING)
            return await self.fetch(connection, as_of, *arguments)


def statement(sql: str, k: str = "$3") -> Statement:
    """Fill in what is told above, by name: as known now, and as known at `k`, an argument.

    {people}, then {purchases} with {kept} and {net}, or {qualifying}, or {sales}, those before the last boundary; with
    {sales_or_refunded} also those of which something came back before it. {k} is when all that counts was recorded.
    """
    return Statement(_filled(sql, _NOW, "'infinity'::timestamptz"), _filled(sql, _AT, k))


def _filled(sql: str, known: dict[str, str], k: str) -> str:
    words = {name: part.format(k=k) for name, part in known.items()} | {"kept": KEPT, "net": NET, "k": k}
    return sql.format(
        people=_PEOPLE.format(**words),
        qualifying=_QUALIFYING.format(**words),
        sales=_SALES.format(**words, reaching=_PLACED),
        sales_or_refunded=_SALES.format(**words, reaching=_MOVED),
        **words,
    )
