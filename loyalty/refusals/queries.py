"""All the SQL of refused calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, json

from loyalty.customers.persons import Person, forgetter
from loyalty.database import Connection
from loyalty.ids import new_id
from loyalty.refusals.rules import KEEP, MOST, PER_HOUR
from loyalty.statements import Part

PAGE = 50
_KEEP = """
INSERT INTO refused_call (program_id, refusal_id, storefront_id, key_id, operation, path, order_id, place, status,
  problem, body, body_gone, names, request_id)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14
WHERE (SELECT count(*) FROM (SELECT FROM refused_call WHERE program_id = $1 AND key_id = $4
  AND refused_at > clock_timestamp() - interval '1 hour' LIMIT $15) n) < $15
"""
_COLUMNS = """r.refusal_id, r.storefront_id, s.name AS storefront, s.namespace, r.operation, r.path, r.order_id,
  r.place, r.status, r.problem::text AS problem, r.body, r.body_gone, r.request_id, r.refused_at, r.replayed_at,
  u.email AS replayed_by, r.outcome, p.purchase_id"""
_FROM = """
FROM refused_call r JOIN storefront s ON s.program_id = $1 AND s.storefront_id = r.storefront_id
LEFT JOIN "user" u ON u.user_id = r.replayed_by
LEFT JOIN purchase p ON p.program_id = $1 AND p.storefront_id = r.storefront_id AND p.order_id = r.order_id
"""
# Ids are made in the order of time.
_LIST = f"""
SELECT {_COLUMNS} {_FROM}
WHERE r.program_id = $1 AND ($2::text = '' OR r.order_id = $2 OR lower($2) = ANY(r.names) OR r.request_id = $2)
  AND ($3::int IS NULL OR r.storefront_id = $3) AND ($4::bool IS NULL OR (r.replayed_at IS NULL) = $4)
  AND ($5::timestamptz IS NULL OR r.refused_at >= $5) AND ($6::timestamptz IS NULL OR r.refused_at < $6)
  AND ($7::uuid IS NULL OR r.refusal_id < $7)
ORDER BY r.refusal_id DESC LIMIT $8
"""
_FIND = f"SELECT {_COLUMNS} {_FROM} WHERE r.program_id = $1 AND r.refusal_id = $2"
_REPLAYED = """
UPDATE refused_call SET replayed_at = clock_timestamp(), replayed_by = $3, outcome = $4
WHERE program_id = $1 AND refusal_id = $2
"""
_SWEEP = """
DELETE FROM refused_call WHERE program_id = $1 AND (refused_at < clock_timestamp() - $2::interval
  OR refusal_id < (SELECT refusal_id FROM refused_call WHERE program_id = $1 ORDER BY refusal_id DESC
    OFFSET $3 - 1 LIMIT 1))
"""
# By what the bodies name, and by the orders that were the person's.
_FORGET = """
UPDATE refused_call SET body = NULL, body_gone = 'erased', names = '{{}}', problem = jsonb_build_object(
  'code', problem -> 'code', 'title', problem -> 'title', 'status', problem -> 'status')
WHERE program_id = $1 AND (names && {0}::text[]
  OR names && ARRAY(SELECT lower(t) FROM customer c CROSS JOIN LATERAL (VALUES (c.email), (c.name)) v(t)
    WHERE c.program_id = $1 AND c.customer_id = ANY({1}::uuid[]) AND t IS NOT NULL)
  OR (storefront_id, order_id) IN (SELECT storefront_id, order_id FROM purchase
    WHERE program_id = $1 AND customer_id = ANY({1}::uuid[])))
RETURNING 1
"""


class NewRefusal(Struct, frozen=True):
    """A call that was refused a moment ago. `problem` is what was answered; `place` an item's among many."""

    program_id: int
    storefront_id: int
    key_id: UUID
    operation: str
    path: str
    status: int
    problem: dict[str, Any]
    request_id: str
    body: str | None
    body_gone: str | None
    names: Sequence[str]
    order_id: str | None = None
    place: int | None = None


class RefusalSeen(Struct, frozen=True):
    """A refused call as it is kept. `purchase_id`: the purchase of its order, where that was recorded all the same."""

    refusal_id: UUID
    storefront_id: int
    storefront: str
    namespace: str
    operation: str
    path: str
    order_id: str | None
    place: int | None
    status: int
    problem: dict[str, Any]
    body: str | None
    body_gone: str | None
    request_id: str
    refused_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None
    outcome: str | None
    purchase_id: UUID | None


class RefusalsAsked(Struct, frozen=True):
    """Which are looked for, newest first: by an order, customer or request in full, and whether they are `open`."""

    text: str = ""
    storefront_id: int | None = None
    open: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None


async def keep(connection: Connection, new: NewRefusal) -> None:
    """Keep a refused call, unless its key had too many in the last hour."""
    await connection.execute(
        _KEEP, new.program_id, new_id(), new.storefront_id, new.key_id, new.operation, new.path, new.order_id,
        new.place, new.status, json.encode(new.problem).decode(), new.body, new.body_gone, list(new.names),
        new.request_id, PER_HOUR,
    )  # fmt: skip


async def find_refusals(
    connection: Connection, program_id: int, asked: RefusalsAsked
) -> tuple[list[RefusalSeen], bool]:
    """Find a page of refused calls; and whether there are others after them."""
    rows = await connection.fetch(
        _LIST, program_id, asked.text, asked.storefront_id, asked.open, asked.since, asked.until, asked.after, PAGE + 1
    )
    return [_seen(row) for row in rows[:PAGE]], len(rows) > PAGE


async def find_refusal(connection: Connection, program_id: int, refusal_id: UUID) -> RefusalSeen | None:
    """Find one; None when there is none, or no more."""
    row = await connection.fetchrow(_FIND, program_id, refusal_id)
    return _seen(row) if row else None


async def note_replay(connection: Connection, program_id: int, refusal_id: UUID, user_id: UUID, outcome: str) -> None:
    """Note what came of doing it again."""
    await connection.execute(_REPLAYED, program_id, refusal_id, user_id, outcome)


async def sweep(connection: Connection, program_id: int) -> None:
    """Let go of what is old, and of what is too much."""
    await connection.execute(_SWEEP, program_id, KEEP, MOST)


@forgetter
def forget(person: Person) -> list[Part]:
    """Erase what refused calls say of a person, and what was answered to them."""
    names = sorted({external_id.lower() for _, external_id in person.aliases})
    return [Part("forgotten_refusals", _FORGET, [names, person.customer_ids])]


def _seen(row: Any) -> RefusalSeen:  # noqa: ANN401 - a record of asyncpg
    return RefusalSeen(**{**dict(row), "problem": json.decode(row["problem"])})
