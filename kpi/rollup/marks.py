"""Which days an event makes dirty, with the SQL that finds their instants.

An event is looked at when it is handed over, which may be long after it was written and in any order, so the rows are
read as they are by then. That is enough: whatever changed between has left an event of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kpi import periods
from kpi.rollup import numbers, store
from kpi.rollup.queries import plan_for_reading
from kpi.rows.known import QUALIFIES
from loyalty.database import Connection, Tx
from loyalty.outbox.facts import Event
from loyalty.programs.queries import program_of

# Everybody who turned out to be one person with one of `asked`: up to the survivor, and down to all merged into it.
_FAMILY = """
up (asked, person) AS (
  SELECT customer_id, customer_id FROM asked
  UNION
  SELECT u.asked, c.merged_into FROM up u JOIN customer c ON c.program_id = $1 AND c.customer_id = u.person
  WHERE c.merged_into IS NOT NULL
), down (asked, customer_id) AS (
  SELECT asked, person FROM up
  UNION
  SELECT d.asked, c.customer_id FROM down d JOIN customer c ON c.program_id = $1 AND c.merged_into = d.customer_id
)
"""
# Where a purchase is and ever was, and the purchase that the same person made next: its gap, or its being the first.
# And where they joined within 30 days before: whether they bought in time is told of that day. And where anything of it
# came back.
_OF_PURCHASES = f"""
WITH RECURSIVE told AS MATERIALIZED (
  SELECT p.purchase_id, p.customer_id, p.placed_at FROM purchase p
  WHERE p.program_id = $1 AND p.purchase_id = ANY($2) AND p.placed_at IS NOT NULL
  UNION
  SELECT p.purchase_id, coalesce(f.customer_id, p.customer_id), f.placed_at
  FROM purchase p JOIN purchase_former f ON f.program_id = $1 AND f.purchase_id = p.purchase_id
  WHERE p.program_id = $1 AND p.purchase_id = ANY($2) AND f.placed_at IS NOT NULL
), asked AS (
  SELECT DISTINCT customer_id FROM told WHERE customer_id IS NOT NULL
), {_FAMILY}
SELECT placed_at FROM told
UNION
SELECT following.placed_at FROM told t CROSS JOIN LATERAL (
  SELECT min(one.placed_at) AS placed_at FROM down d CROSS JOIN LATERAL (
    SELECT p.placed_at FROM purchase p
    WHERE p.program_id = $1 AND p.customer_id = d.customer_id AND p.placed_at > t.placed_at AND {QUALIFIES}
    ORDER BY p.placed_at LIMIT 1
  ) one WHERE d.asked = t.customer_id
) following WHERE following.placed_at IS NOT NULL
UNION
SELECT m.joined_at FROM told t JOIN down d ON d.asked = t.customer_id
  JOIN membership m ON m.program_id = $1 AND m.customer_id = d.customer_id
  WHERE m.superseded_at IS NULL AND m.joined_at <= t.placed_at AND m.joined_at >= t.placed_at - interval '32 days'
UNION
SELECT refunded_at FROM refund WHERE program_id = $1 AND purchase_id = ANY($2) AND kind = 'refund'
"""  # noqa: S608 - expressions of our own
# A joining changes the status of what was bought in the membership, a leaving that of what was bought after it. And of
# several memberships another may have become the first.
_OF_MEMBERSHIPS = f"""
WITH RECURSIVE told AS MATERIALIZED (
  SELECT customer_id, joined_at, left_at FROM membership WHERE program_id = $1 AND membership_id = ANY($2)
), asked AS (
  SELECT DISTINCT customer_id FROM told
), {_FAMILY}
SELECT joined_at FROM told
UNION SELECT left_at FROM told WHERE left_at IS NOT NULL
UNION SELECT m.left_at FROM told t JOIN membership m ON m.program_id = $1 AND m.customer_id = t.customer_id
  WHERE m.left_at IS NOT NULL
UNION SELECT m.joined_at FROM down d JOIN membership m ON m.program_id = $1 AND m.customer_id = d.customer_id
UNION SELECT unnest(p.placed_at || ARRAY(
    SELECT refunded_at FROM refund r WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id AND r.kind = 'refund'))
  FROM told t JOIN down d ON d.asked = t.customer_id
  JOIN purchase p ON p.program_id = $1 AND p.customer_id = d.customer_id
  WHERE p.placed_at >= CASE WHEN $3 THEN t.left_at ELSE t.joined_at END
    AND ($3 OR t.left_at IS NULL OR p.placed_at < t.left_at)
"""  # noqa: S608 - expressions of our own
_OF_CUSTOMERS = f"""
WITH RECURSIVE asked AS (
  SELECT customer_id FROM unnest($2::uuid[]) AS a(customer_id)
), {_FAMILY}
SELECT p.placed_at FROM down d JOIN purchase p ON p.program_id = $1 AND p.customer_id = d.customer_id
  WHERE p.placed_at IS NOT NULL
UNION SELECT r.refunded_at FROM down d JOIN purchase p ON p.program_id = $1 AND p.customer_id = d.customer_id
  JOIN refund r ON r.program_id = $1 AND r.purchase_id = p.purchase_id WHERE r.kind = 'refund'
UNION SELECT e.effective_at FROM down d JOIN entry e ON e.program_id = $1 AND e.customer_id = d.customer_id
  WHERE e.kind = 'capture'
UNION SELECT m.joined_at FROM down d JOIN membership m ON m.program_id = $1 AND m.customer_id = d.customer_id
UNION SELECT m.left_at FROM down d JOIN membership m ON m.program_id = $1 AND m.customer_id = d.customer_id
  WHERE m.left_at IS NOT NULL
"""  # noqa: S608 - expressions of our own
# Where points moved by these decisions, $3, of the accounts $2. Who redeemed for the first time did so as one who once
# joined.
_OF_AWARDS = f"""
WITH RECURSIVE told AS MATERIALIZED (
  SELECT e.customer_id, e.kind, e.effective_at FROM unnest($2::uuid[], $3::uuid[]) AS n(customer_id, award_id)
  JOIN entry e ON e.program_id = $1 AND e.customer_id = n.customer_id AND e.award_id = n.award_id
), asked AS (
  SELECT DISTINCT customer_id FROM told WHERE kind = 'capture'
), {_FAMILY}, joined AS (
  SELECT d.asked, min(m.joined_at) AS joined_at
  FROM down d JOIN membership m ON m.program_id = $1 AND m.customer_id = d.customer_id
  WHERE m.superseded_at IS NULL GROUP BY d.asked
)
SELECT effective_at FROM told
UNION
SELECT j.joined_at FROM told t JOIN joined j ON j.asked = t.customer_id
WHERE t.kind = 'capture' AND NOT EXISTS (
  SELECT FROM down d JOIN entry e ON e.program_id = $1 AND e.customer_id = d.customer_id
  WHERE d.asked = t.customer_id AND e.kind = 'capture'
    AND e.effective_at >= j.joined_at AND e.effective_at < t.effective_at)
"""  # noqa: S608 - expressions of our own
_MERGED = "SELECT customer_id FROM customer WHERE program_id = $1 AND customer_id = ANY($2) AND merged_into IS NOT NULL"

_PURCHASES = {
    "purchase.recorded", "purchase.edited", "purchase.claimed", "purchase.refunded", "purchase.cancelled",
    "purchase.reassessed",
}  # fmt: skip
_PERSONS = {"customer.merged", "customer.erased"}


async def mark_days(tx: Tx, program_id: int, events: Sequence[Event]) -> None:
    """Turn events into dirty days; a consumer's `handle`."""
    connection = tx.connection
    await plan_for_reading(connection)
    program = await program_of(connection, program_id)
    merging = any(event.type == "customer.merged" for event in events)
    if merging and await store.lock_build(connection, program_id, wait=True):
        await _renumber(connection, program_id, events)
    days = {periods.day_of(at, program.zone) for at in await _instants(connection, program_id, events)}
    if days:
        await store.mark(connection, program_id, days, min(event.recorded_at for event in events))


async def _instants(connection: Connection, program_id: int, events: Sequence[Event]) -> set[datetime]:
    """Find the instants whose days have changed."""
    found: set[datetime] = set()
    for types, sql, more in (
        (_PURCHASES, _OF_PURCHASES, ()),
        ({"member.joined"}, _OF_MEMBERSHIPS, (False,)),
        ({"member.left"}, _OF_MEMBERSHIPS, (True,)),
        (_PERSONS, _OF_CUSTOMERS, ()),
    ):
        ids = _subjects(events, types)
        if ids:
            found |= {row[0] for row in await connection.fetch(sql, program_id, ids, *more, timeout=60)}
    decided = [(event.customer_id, event.award_id) for event in events if event.customer_id and event.award_id]
    if decided:
        rows = await connection.fetch(_OF_AWARDS, program_id, *map(list, zip(*decided, strict=True)), timeout=60)
        found |= {row[0] for row in rows}
    # One event tells of both sides of a merge, and names the award of one.
    return found | {event.recorded_at for event in events if event.type == "customer.merged"}


async def _renumber(connection: Connection, program_id: int, events: Sequence[Event]) -> None:
    rows = await connection.fetch(_MERGED, program_id, _subjects(events, {"customer.merged"}))
    await numbers.renumber(connection, program_id, [row[0] for row in rows])


def _subjects(events: Sequence[Event], types: set[str]) -> list[UUID]:
    return list({UUID(event.subject.partition("/")[2]) for event in events if event.type in types})
