"""The SQL that reads rows for the day sets: a window of days, who bought before it, and where there is anything."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kpi.facts import Customers
from kpi.rollup.days import Window
from kpi.rows.cells import Memberships, Purchases
from kpi.rows.queries import KEPT, NET, by_cell, unpacked
from loyalty.database import Connection

# The service's writing connections plan for the money path alone, and give up after seconds.
_PLANNING = """
SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_seqscan = on;
SET LOCAL enable_bitmapscan = on; SET LOCAL plan_cache_mode = auto; SET LOCAL work_mem = '64MB';
SET LOCAL statement_timeout = '900s'; SET LOCAL lock_timeout = '60s'
"""
TIMEOUT_SECONDS = 900.0
# Up to so many days go customer by customer through the indexes; more, through the tables. Told, because right after an
# import the planner has no statistics.
_FEW_DAYS = 3

# $1 programme, $2 midnights, $3 the first and $4 the last of them. Numbers that are not known yet come back by id.
_WINDOW = f"""
WITH placed AS MATERIALIZED (
  SELECT purchase_id, customer_id, placed_at, goods_minor, reward_discount_minor, member
  FROM purchase
  WHERE program_id = $1 AND state = 'recorded' AND NOT test AND placed_at >= $3 AND placed_at < $4
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled
  FROM refund WHERE program_id = $1 AND purchase_id IN (SELECT purchase_id FROM placed) GROUP BY purchase_id
), kept AS (
  SELECT p.*, {KEPT} AS kept_minor FROM placed p LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
), valued AS MATERIALIZED (
  -- `bin`: 4 day + 2 (as a member) + 1 (qualifies).
  SELECT k.customer_id, n.number, k.placed_at,
    4 * width_bucket(k.placed_at, $2::timestamptz[]) + 2 * k.member::int + (k.kept_minor > 0)::int AS bin, {NET} AS net
  FROM kept k LEFT JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = k.customer_id
), cells AS MATERIALIZED (
  SELECT number, bin, count(*) AS purchases, sum(net)::bigint AS net, min(placed_at) AS first_at,
    sum(net::numeric * net) FILTER (WHERE customer_id IS NULL) AS net_squared
  FROM valued WHERE customer_id IS NULL OR number IS NOT NULL GROUP BY number, bin
), moved AS MATERIALIZED (
  SELECT m.customer_id, n.number
  FROM membership m LEFT JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = m.customer_id
  WHERE m.program_id = $1 AND m.superseded_at IS NULL
    AND (m.joined_at >= $3 AND m.joined_at < $4 OR m.left_at >= $3 AND m.left_at < $4)
), standing AS (
  SELECT n.number, m.joined_at, m.left_at
  FROM kpi_customer n JOIN membership m ON m.program_id = $1 AND m.customer_id = n.customer_id
  WHERE n.program_id = $1 AND n.number IN (SELECT number FROM moved) AND m.superseded_at IS NULL
)
SELECT * FROM (
  SELECT string_agg(int8send(number), '') AS buyer, string_agg(int8send(bin), '') AS bin,
    string_agg(int8send(purchases), '') AS orders, string_agg(int8send(net), '') AS net,
    string_agg(timestamptz_send(first_at), '') AS first_at
  FROM cells WHERE bin % 2 = 1 AND number IS NOT NULL
), (
  SELECT string_agg(int8send(number), '') AS joiner,
    string_agg(int8send(width_bucket(joined_at, $2::timestamptz[])), '') AS joined,
    string_agg(int8send(width_bucket(coalesce(left_at, 'infinity'), $2::timestamptz[])), '') AS "left"
  FROM standing
), (
  SELECT array_agg((bin / 4, purchases, net, net_squared)) AS anonymous FROM cells WHERE bin % 2 = 1 AND number IS NULL
), (
  SELECT array_agg((cell, purchases)) AS left_out
  FROM (SELECT bin / 4 AS cell, sum(purchases)::bigint AS purchases FROM cells WHERE bin % 2 = 0 GROUP BY bin / 4)
), (
  SELECT array_agg(DISTINCT customer_id) AS unnumbered FROM (
    SELECT customer_id FROM valued WHERE customer_id IS NOT NULL AND number IS NULL
    UNION ALL SELECT customer_id FROM moved WHERE number IS NULL
  )
)
"""  # noqa: S608 - expressions of our own
# What a purchase `p` needs to count: goods that were kept.
QUALIFIES = """p.state = 'recorded' AND NOT p.test AND p.goods_minor > (
    SELECT CASE WHEN bool_or(r.kind = 'cancellation') THEN p.goods_minor ELSE coalesce(sum(r.goods_minor), 0) END
    FROM refund r WHERE r.program_id = p.program_id AND r.purchase_id = p.purchase_id)"""
# LIMIT keeps the planner from reading all purchases there are: one look per customer into an index is enough.
_HAD_BOUGHT = f"""
SELECT string_agg(int8send(n.number), '') FROM unnest($2::bigint[]) AS n(number)
CROSS JOIN LATERAL (
  SELECT FROM kpi_customer k JOIN purchase p ON p.program_id = k.program_id AND p.customer_id = k.customer_id
  WHERE k.program_id = $1 AND k.number = n.number AND p.placed_at < $3 AND {QUALIFIES} LIMIT 1
) AS earlier
"""  # noqa: S608 - expressions of our own
_NEXT = """
SELECT least(
  (SELECT min(placed_at) FROM purchase WHERE program_id = $1 AND placed_at >= $2),
  (SELECT min(joined_at) FROM membership WHERE program_id = $1 AND superseded_at IS NULL AND joined_at >= $2),
  (SELECT min(left_at) FROM membership WHERE program_id = $1 AND superseded_at IS NULL AND left_at >= $2)
)
"""


class ReadWindow(NamedTuple):
    """What one read brought. What is of customers without a number is left out, and they are named."""

    window: Window
    unnumbered: list[UUID]


async def plan_for_reading(connection: Connection) -> None:
    """Let the transaction plan and wait as reading many rows needs it."""
    await connection.execute(_PLANNING)


async def read_window(connection: Connection, program_id: int, midnights: Sequence[datetime]) -> ReadWindow:
    """Read the days between consecutive midnights."""
    few = "on" if len(midnights) - 1 <= _FEW_DAYS else "off"
    await connection.execute(f"SET LOCAL enable_nestloop = {few}")
    row = await connection.fetchrow(
        _WINDOW, program_id, midnights, midnights[0], midnights[-1], timeout=TIMEOUT_SECONDS
    )
    await connection.execute("SET LOCAL enable_nestloop = on")
    assert row is not None  # noqa: S101 - five aggregates without GROUP BY make exactly one row
    bins = unpacked(row["bin"])
    window = Window(
        purchases=Purchases(
            customer=unpacked(row["buyer"]),
            cell=bins // 4,
            member=bins % 4 // 2 == 1,
            orders=unpacked(row["orders"]),
            net=unpacked(row["net"]),
            first_at=unpacked(row["first_at"]),
        ),
        memberships=Memberships(unpacked(row["joiner"]), unpacked(row["joined"]), unpacked(row["left"])),
        anonymous=by_cell(row["anonymous"] or []),
        left_out=dict(row["left_out"] or []),
    )
    return ReadWindow(window, row["unnumbered"] or [])


async def had_bought(connection: Connection, program_id: int, who: Customers, before: datetime) -> Customers:
    """Tell who of these bought before an instant, under whichever of a person's ids."""
    found = await connection.fetchval(_HAD_BOUGHT, program_id, list(who), before, timeout=TIMEOUT_SECONDS)
    return Customers(unpacked(found).tolist())


async def next_instant(connection: Connection, program_id: int, after: datetime) -> datetime | None:
    """Tell when the next thing happened: a purchase, a joining, a leaving."""
    found: datetime | None = await connection.fetchval(_NEXT, program_id, after, timeout=TIMEOUT_SECONDS)
    return found
