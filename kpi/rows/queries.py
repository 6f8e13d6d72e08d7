"""The SQL of the sets and sums: what time it is in the programme, and the facts of any periods in one statement."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from kpi.facts import Anonymous
from kpi.rows.cells import Cells, Memberships, Purchases
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from loyalty.database import Connection

_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"

_FACTS = statement("""
WITH RECURSIVE {people}, kept AS (
  SELECT p.customer_id, p.placed_at, width_bucket(p.placed_at, $2::timestamptz[]) AS cell, p.member, p.goods_minor,
    p.reward_discount_minor, {kept} AS kept_minor
  FROM ({purchases}) p LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  WHERE p.placed_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
  -- A fence: seeing through it, the planner expects a group per instant, and sorts all purchases by an index instead of
  -- hashing a few thousand groups; that takes twice as long.
  OFFSET 0
), valued AS (
  -- `bin`: 4 cell + 2 (as a member) + 1 (qualifies). One number, because the planner multiplies its guesses of the
  -- groups with every further column, and prepares to spill to disk.
  SELECT customer_id, placed_at, 4 * cell + 2 * member::int + (kept_minor > 0)::int AS bin, {net} AS net
  FROM kept
), cells AS MATERIALIZED (
  SELECT customer_id, bin, count(*) AS purchases, sum(net)::bigint AS net, min(placed_at) AS first_at,
    sum(net::numeric * net) FILTER (WHERE customer_id IS NULL) AS net_squared
  FROM valued GROUP BY customer_id, bin
)
SELECT * FROM (
  -- Columns travel as packed integers: as rows, turning them into Python objects would take longer than the query.
  SELECT string_agg(uuid_send(coalesce(s.survivor, c.customer_id)), '') AS buyer, string_agg(int8send(bin), '') AS bin,
    string_agg(int8send(purchases), '') AS orders, string_agg(int8send(net), '') AS net,
    string_agg(timestamptz_send(first_at), '') AS first_at
  FROM cells c LEFT JOIN survivors s ON s.customer_id = c.customer_id WHERE bin % 2 = 1 AND c.customer_id IS NOT NULL
), (
  SELECT string_agg(uuid_send(customer_id), '') AS joiner,
    string_agg(int8send(width_bucket(joined_at, $2::timestamptz[])), '') AS joined,
    string_agg(int8send(width_bucket(coalesce(left_at, 'infinity'), $2::timestamptz[])), '') AS "left"
  FROM memberships
), (
  SELECT array_agg((bin / 4, purchases, net, net_squared)) AS anonymous FROM cells
  WHERE bin % 2 = 1 AND customer_id IS NULL
), (
  SELECT array_agg((cell, purchases)) AS left_out
  FROM (SELECT bin / 4 AS cell, sum(purchases)::bigint AS purchases FROM cells WHERE bin % 2 = 0 GROUP BY bin / 4)
)
""")


async def now(connection: Connection, program_id: int) -> datetime:
    """Tell the programme's time: the database's clock, and in test programmes the offset that tests move."""
    told: datetime = await connection.fetchval(_NOW, program_id)
    return told


async def read_cells(
    connection: Connection, program_id: int, boundaries: Sequence[datetime], as_of: datetime | None
) -> Cells:
    """Read the facts of all periods between ascending boundaries, as known now or at `as_of`, in one statement.

    Sums of net must stay below 2⁶³ minor units, for the database as for numpy.
    """
    # Aggregates without GROUP BY make exactly one row.
    [row] = await _FACTS.visit(connection, as_of, program_id, boundaries)
    people = (row["buyer"] or b"") + (row["joiner"] or b"")
    # Numbers for the customers, buyers first. Fixed-width bytes sort like any others.
    known, number = np.unique(np.frombuffer(people, dtype="S16"), return_inverse=True)
    buyers, bins = len(row["buyer"] or b"") // 16, unpacked(row["bin"])
    return Cells(
        boundaries=list(boundaries),
        ids=known,
        purchases=Purchases(
            customer=number[:buyers],
            cell=bins // 4,
            member=bins % 4 // 2 == 1,
            orders=unpacked(row["orders"]),
            net=unpacked(row["net"]),
            first_at=unpacked(row["first_at"]),
        ),
        memberships=Memberships(number[buyers:], unpacked(row["joined"]), unpacked(row["left"])),
        anonymous=by_cell(row["anonymous"] or []),
        left_out=dict(row["left_out"] or []),
    )


def by_cell(rows: Sequence[tuple[int, int, int, int]]) -> dict[int, Anonymous]:
    """Sum anonymous purchases by cell."""
    cells: dict[int, Anonymous] = {}
    for cell, purchases, net, squared in rows:
        so_far = cells.get(cell, Anonymous())
        cells[cell] = Anonymous(so_far.purchases + purchases, so_far.net + net, so_far.net_squared + int(squared))
    return cells
