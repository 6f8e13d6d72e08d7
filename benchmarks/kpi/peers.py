"""The peer: DuckDB over Parquet, with all that costs time done beforehand: local days, net amounts, status."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import asyncpg
import duckdb

from loyalty.programs.facts import ProgramFacts

# In the order of customers' numbers and days as DuckDB likes it; a purchase of which nothing was kept is none.
_PURCHASES = """
SELECT coalesce(n.number, -1) AS customer, (p.placed_at AT TIME ZONE {zone})::date AS day, p.member::int AS member,
  CASE WHEN v.kept = p.goods_minor THEN p.goods_minor - p.reward_discount_minor
    ELSE div(2::numeric * v.kept * (p.goods_minor - p.reward_discount_minor) + p.goods_minor,
      2::numeric * p.goods_minor)
  END::bigint AS net
FROM purchase p
LEFT JOIN (SELECT purchase_id, bool_or(kind = 'cancellation') AS cancelled, sum(goods_minor) AS goods FROM refund
  WHERE program_id = {program} GROUP BY purchase_id) r USING (purchase_id)
CROSS JOIN LATERAL (SELECT CASE WHEN r.purchase_id IS NULL THEN p.goods_minor WHEN r.cancelled THEN 0
  ELSE greatest(0, p.goods_minor - r.goods) END::bigint AS kept) v
LEFT JOIN (SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS number FROM customer
  WHERE program_id = {program}) n USING (customer_id)
WHERE p.program_id = {program} AND p.state = 'recorded' AND NOT p.test AND v.kept > 0 ORDER BY 2, 1
"""
_MEMBERSHIPS = """
SELECT n.number AS customer, joined_at AT TIME ZONE {zone} AS joined_at, left_at AT TIME ZONE {zone} AS left_at
FROM membership m JOIN (SELECT customer_id, row_number() OVER (ORDER BY customer_id) AS number FROM customer
  WHERE program_id = {program}) n USING (customer_id) WHERE m.program_id = {program} AND superseded_at IS NULL
"""
# One period's retention, conversion, basket and orders per buyer, for all and both statuses, as whole numbers.
_PAGE = """
WITH bought AS (
  SELECT customer, count(*) FILTER (WHERE day >= $start) AS orders, count(*) FILTER (WHERE day < $start) AS before
  FROM purchases WHERE customer >= 0 AND day >= $before AND day < $finish GROUP BY customer
), members AS (
  SELECT DISTINCT customer FROM memberships WHERE joined_at < $start AND (left_at IS NULL OR left_at >= $start)
), known AS (
  SELECT DISTINCT customer FROM purchases WHERE customer >= 0 AND day < $start
), asked AS (
  SELECT customer, coalesce(b.orders, 0) > 0 AS bought, coalesce(b.before, 0) > 0 AS before,
    m.customer IS NOT NULL AS member, k.customer IS NOT NULL OR m.customer IS NOT NULL AS asked
  FROM bought b FULL JOIN known k USING (customer) FULL JOIN members m USING (customer)
), sums AS (
  SELECT count(*) AS orders, sum(net) AS net, count(*) FILTER (WHERE member = 1) AS member_orders,
    sum(net) FILTER (WHERE member = 1) AS member_net, count(DISTINCT customer) FILTER (WHERE customer >= 0) AS buyers,
    count(DISTINCT customer) FILTER (WHERE member = 1) AS member_buyers
  FROM purchases WHERE day >= $start AND day < $finish
)
SELECT count(*) FILTER (WHERE before AND bought), count(*) FILTER (WHERE before),
  count(*) FILTER (WHERE before AND bought AND member), count(*) FILTER (WHERE before AND member),
  count(*) FILTER (WHERE asked AND bought), count(*) FILTER (WHERE asked),
  count(*) FILTER (WHERE member AND bought), count(*) FILTER (WHERE member),
  any_value(s.net), any_value(s.orders), any_value(s.member_net), any_value(s.member_orders), any_value(s.buyers),
  any_value(s.member_buyers)
FROM asked, sums s
"""


class Duck:
    """The programme as Parquet files, asked by DuckDB with as many threads as there are cores."""

    def __init__(self, folder: Path) -> None:
        """Open what `export` wrote."""
        self._connection = duckdb.connect()
        for name in ("purchases", "memberships"):
            self._connection.read_parquet(f"{folder}/{name}.parquet").create_view(name)

    @classmethod
    async def export(cls, owner: asyncpg.Connection, program: ProgramFacts, folder: Path) -> "Duck":
        """Write the files."""
        for name, query in (("purchases", _PURCHASES), ("memberships", _MEMBERSHIPS)):
            told = query.format(program=program.program_id, zone=f"'{program.timezone}'")
            path = folder / f"{name}.csv"
            await owner.copy_from_query(told, output=path, format="csv", header=True)
            duckdb.read_csv(path).write_parquet(f"{folder}/{name}.parquet")
            path.unlink()
        return cls(folder)

    def page(self, before: date, start: date, end: date) -> Sequence[int]:
        """Count the four measures of the Impact page over [start, end)."""
        asked = {"before": before, "start": start, "finish": end}
        row = self._connection.execute(_PAGE, asked).fetchone()
        return [int(n or 0) for n in row or ()]
