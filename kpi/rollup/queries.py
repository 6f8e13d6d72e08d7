"""The SQL that reads rows for the day sets: a window of days, who bought before it, and where there is anything."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np

from kpi.facts import Counts, Customers
from kpi.parts.gaps import DAY, LASTED
from kpi.rollup import ledger, lines, newcomers
from kpi.rollup.days import NEVER, Openings, Spacing, Window
from kpi.rows.cells import Memberships, Purchases
from kpi.rows.known import KEPT, NET, QUALIFIES
from kpi.rows.packed import unpacked
from kpi.rows.queries import by_cell
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
  SELECT purchase_id, order_id, customer_id, placed_at, goods_minor, reward_discount_minor, member,
    lines IS NOT NULL AS lined
  FROM purchase
  WHERE program_id = $1 AND state = 'recorded' AND NOT test AND placed_at >= $3 AND placed_at < $4
), refunded AS (
  SELECT purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled
  FROM refund WHERE program_id = $1 AND purchase_id IN (SELECT purchase_id FROM placed) GROUP BY purchase_id
), kept AS (
  SELECT p.*, {KEPT} AS kept_minor FROM placed p LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
), valued AS MATERIALIZED (
  -- `bin`: 4 day + 2 (as a member) + 1 (qualifies).
  SELECT k.customer_id, n.number, k.placed_at, k.order_id, k.kept_minor, k.lined,
    4 * width_bucket(k.placed_at, $2::timestamptz[]) + 2 * k.member::int + (k.kept_minor > 0)::int AS bin, {NET} AS net
  FROM kept k LEFT JOIN kpi_customer n ON n.program_id = $1 AND n.customer_id = k.customer_id
), cells AS MATERIALIZED (
  SELECT number, bin, count(*) AS purchases, sum(net)::bigint AS net, min(placed_at) AS first_at,
    sum(net::numeric * net) FILTER (WHERE customer_id IS NULL) AS net_squared, max(placed_at) AS last_at,
    sum(kept_minor - net)::bigint AS rewards, count(*) FILTER (WHERE lined) AS lined
  FROM valued WHERE customer_id IS NULL OR number IS NOT NULL GROUP BY number, bin
), spaced AS MATERIALIZED (
  SELECT number, bin, placed_at, net, placed_at - lag(placed_at) OVER (
    PARTITION BY number ORDER BY placed_at, order_id) AS gap
  FROM valued WHERE number IS NOT NULL AND bin % 2 = 1
), spacing AS (
  SELECT bin, least(seconds / {DAY}, {LASTED - 1}) AS lasted, count(*) AS gaps, sum(seconds)::bigint AS seconds
  FROM (SELECT bin, floor(extract(epoch FROM gap))::bigint AS seconds FROM spaced WHERE gap IS NOT NULL) GROUP BY 1, 2
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
    string_agg(timestamptz_send(first_at), '') AS first_at, string_agg(timestamptz_send(last_at), '') AS last_at
  FROM cells WHERE bin % 2 = 1 AND number IS NOT NULL
), (
  SELECT string_agg(int8send(number), '') AS opener, string_agg(int8send(bin), '') AS opening_bin,
    string_agg(timestamptz_send(placed_at), '') AS opened_at, string_agg(int8send(net), '') AS opening_net
  FROM spaced WHERE gap IS NULL
), (
  SELECT string_agg(int8send(bin), '') AS gap_bin, string_agg(int8send(lasted), '') AS lasted,
    string_agg(int8send(gaps), '') AS gaps, string_agg(int8send(seconds), '') AS gap_seconds
  FROM spacing
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
  SELECT array_agg((cell, lined)) AS lined, array_agg((cell, rewards)) AS rewards
  FROM (
    SELECT bin / 4 AS cell, sum(lined)::bigint AS lined,
      coalesce(sum(rewards) FILTER (WHERE bin % 4 = 3), 0)::bigint AS rewards
    FROM cells GROUP BY bin / 4)
), (
  SELECT EXISTS (
    SELECT FROM refund r JOIN purchase p ON p.program_id = $1 AND p.purchase_id = r.purchase_id
    WHERE r.program_id = $1 AND r.kind = 'refund' AND r.refunded_at >= $3 AND r.refunded_at < $4
      AND p.lines IS NOT NULL) AS lined_refunds
), (
  SELECT array_agg(DISTINCT customer_id) AS unnumbered FROM (
    SELECT customer_id FROM valued WHERE customer_id IS NOT NULL AND number IS NULL
    UNION ALL SELECT customer_id FROM moved WHERE number IS NULL
  )
)
"""  # noqa: S608 - expressions of our own
# LIMIT keeps the planner from reading all purchases there are: one look per customer into an index is enough.
_BOUGHT_BEFORE = f"""
SELECT string_agg(int8send(n.number), '') AS number, string_agg(timestamptz_send(earlier.placed_at), '') AS placed_at
FROM unnest($2::bigint[]) AS n(number)
CROSS JOIN LATERAL (
  SELECT one.placed_at FROM kpi_customer k CROSS JOIN LATERAL (
    SELECT p.placed_at FROM purchase p
    WHERE p.program_id = $1 AND p.customer_id = k.customer_id AND p.placed_at < $3 AND {QUALIFIES}
    ORDER BY p.placed_at DESC LIMIT 1
  ) one WHERE k.program_id = $1 AND k.number = n.number ORDER BY one.placed_at DESC LIMIT 1
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


async def read_window(
    connection: Connection, program_id: int, midnights: Sequence[datetime], timezone: str
) -> ReadWindow:
    """Read the days between consecutive midnights."""
    few = "on" if len(midnights) - 1 <= _FEW_DAYS else "off"
    await connection.execute(f"SET LOCAL enable_nestloop = {few}")
    row = await connection.fetchrow(
        _WINDOW, program_id, midnights, midnights[0], midnights[-1], timeout=TIMEOUT_SECONDS
    )
    assert row is not None  # noqa: S101 - five aggregates without GROUP BY make exactly one row
    bins, opening, spacing = (unpacked(row[name]) for name in ("bin", "opening_bin", "gap_bin"))
    told = lines.NO_LINES
    if row["lined_refunds"] or any(lined for _, lined in row["lined"] or ()):
        told = await lines.read(connection, program_id, midnights, timezone)
    await connection.execute("SET LOCAL enable_nestloop = on")
    points, redeemers = await ledger.read(connection, program_id, midnights)
    joined = await newcomers.read(connection, program_id, midnights[0], midnights[-1], timezone)
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
        last_at=unpacked(row["last_at"]),
        openings=Openings(
            customer=unpacked(row["opener"]),
            cell=opening // 4,
            member=opening % 4 // 2 == 1,
            at=unpacked(row["opened_at"]),
            net=unpacked(row["opening_net"]),
        ),
        spacing=Spacing(
            cell=spacing // 4,
            member=spacing % 4 // 2 == 1,
            lasted=unpacked(row["lasted"]),
            number=unpacked(row["gaps"]),
            seconds=unpacked(row["gap_seconds"]),
        ),
        lined=dict(row["lined"] or []),
        rewards=dict(row["rewards"] or []),
        welcomed=joined.welcomed(midnights),
        lines=told,
        points=points,
        newcomers=await ledger.newcomers(connection, program_id, midnights),
    )
    return ReadWindow(window, [*(row["unnumbered"] or []), *redeemers])


async def last_bought(connection: Connection, program_id: int, who: Customers, before: datetime) -> Counts:
    """Tell by number when these last bought before an instant, under whichever of a person's ids; `NEVER` if never."""
    row = await connection.fetchrow(_BOUGHT_BEFORE, program_id, list(who), before, timeout=TIMEOUT_SECONDS)
    assert row is not None  # noqa: S101 - aggregates without GROUP BY make exactly one row
    last = np.full(who.max() + 1 if who else 0, NEVER, dtype=np.int64)
    last[unpacked(row["number"])] = unpacked(row["placed_at"])
    return last


async def next_instant(connection: Connection, program_id: int, after: datetime) -> datetime | None:
    """Tell when the next thing happened: a purchase, a joining, a leaving."""
    found: datetime | None = await connection.fetchval(_NEXT, program_id, after, timeout=TIMEOUT_SECONDS)
    return found
