"""All the SQL of segments: their definitions, who is in them, and how members are set."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.database import Connection
from loyalty.segments.facts import SegmentFacts
from loyalty.statements import Part

# For statements of other rooms: in which segments a customer is. `{program}` and `{customer}` are their expressions.
IS_IN = "SELECT segment_key FROM segment_member WHERE program_id = {program} AND customer_id = {customer}"

_MEMBERS_AT_ONCE = 5_000
_SEGMENT = ", ".join(
    f"'{name}', {column}"
    for name, column in zip(
        SegmentFacts.__struct_fields__, ("segment_key", *SegmentFacts.__struct_fields__[1:]), strict=True
    )
)
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_SEGMENTS = f"""
SELECT coalesce(json_agg(json_build_object({_SEGMENT}) ORDER BY segment_key), '[]')::text FROM (
  SELECT * FROM segment WHERE program_id = $1 AND deleted_at IS NULL AND ($2::text IS NULL OR segment_key = $2)
    AND ($3::text IS NULL OR segment_key > $3) ORDER BY segment_key LIMIT $4) s
"""  # noqa: S608 - column names
_ADD = """
INSERT INTO segment (program_id, segment_key, name, conditions, kept_by, asked_at, created_at, changed_at)
VALUES ($1, $2, $3, $4::jsonb, $5, CASE WHEN $5::text IS NULL THEN $6::timestamptz END, $6, $6)
ON CONFLICT DO NOTHING RETURNING 1
"""
# Only what changes asks for a refresh: a new name is none.
_CHANGE = """
UPDATE segment SET name = $3, conditions = $4::jsonb, changed_at = $5, version = version + 1,
  asked_at = CASE WHEN conditions IS DISTINCT FROM $4::jsonb THEN $5 ELSE asked_at END
WHERE program_id = $1 AND segment_key = $2 AND deleted_at IS NULL
"""
_ASK = """
UPDATE segment SET asked_at = $3 WHERE program_id = $1 AND segment_key = $2 AND deleted_at IS NULL
"""
_DELETE = "UPDATE segment SET deleted_at = $3, customers = 0 WHERE program_id = $1 AND segment_key = $2"
_STALE = f"""
SELECT coalesce(json_agg(json_build_object({_SEGMENT}) ORDER BY segment_key), '[]')::text FROM segment
WHERE program_id = $1 AND deleted_at IS NULL AND conditions IS NOT NULL
  AND (asked_at IS NOT NULL OR refreshed_at IS NULL OR refreshed_at < $2)
"""  # noqa: S608 - column names
_LOCK = """
SELECT version FROM segment WHERE program_id = $1 AND segment_key = $2 AND deleted_at IS NULL FOR NO KEY UPDATE
"""
_DIFFERENCE = """
SELECT coalesce(n.customer_id, o.customer_id) AS customer_id, o.customer_id IS NULL AS enters
FROM ({held}) n FULL JOIN (
  SELECT customer_id FROM segment_member WHERE program_id = $1 AND segment_key = {key}) o
  ON o.customer_id = n.customer_id
WHERE n.customer_id IS NULL OR o.customer_id IS NULL
"""
_COUNT = "SELECT count(*) AS customers, (array_agg(customer_id ORDER BY customer_id))[1:{most}] AS some FROM ({held}) h"
# Who was erased or merged meanwhile stays out.
_ENTER = """
INSERT INTO segment_member (program_id, segment_key, customer_id, since)
SELECT $1, $2, c.customer_id, $4 FROM unnest($3::uuid[]) AS n(customer_id)
JOIN customer c ON c.program_id = $1 AND c.customer_id = n.customer_id
WHERE c.merged_into IS NULL AND c.erased_at IS NULL ON CONFLICT DO NOTHING
"""
_LEAVE = "DELETE FROM segment_member WHERE program_id = $1 AND segment_key = $2 AND customer_id = ANY($3::uuid[])"
_REFRESHED = """
UPDATE segment SET refreshed_at = $3, asked_at = CASE WHEN asked_at > $3 THEN asked_at END,
  customers = (SELECT count(*) FROM segment_member WHERE program_id = $1 AND segment_key = $2)
WHERE program_id = $1 AND segment_key = $2 RETURNING customers
"""
_IDS = "SELECT customer_id FROM segment_member WHERE program_id = $1 AND segment_key = $2"
# By keys alone: the connection that asks plans for nothing else.
_LIVING = """
WITH RECURSIVE up (customer_id, merged_into, erased_at) AS (
  SELECT c.customer_id, c.merged_into, c.erased_at FROM unnest($2::uuid[]) AS n(customer_id)
  JOIN customer c ON c.program_id = $1 AND c.customer_id = n.customer_id
  UNION SELECT c.customer_id, c.merged_into, c.erased_at FROM up u
  JOIN customer c ON c.program_id = $1 AND c.customer_id = u.merged_into
)
SELECT customer_id FROM up WHERE merged_into IS NULL AND erased_at IS NULL
"""
_OF = """
SELECT customer_id, array_agg(segment_key ORDER BY segment_key) AS keys FROM segment_member
WHERE program_id = $1 AND customer_id = ANY($2::uuid[]) GROUP BY customer_id
"""
_FORGET = "DELETE FROM segment_member WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"
_decode = msgspec.json.Decoder(list[SegmentFacts]).decode
_MOST = 1_000_000


async def segments_of(connection: Connection, program_id: int, customer_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Tell in which segments customers are now, by key; everybody asked for is in the answer."""
    rows = await connection.fetch(_OF, program_id, list(customer_ids))
    found = {row["customer_id"]: list(row["keys"]) for row in rows}
    return {customer_id: found.get(customer_id, []) for customer_id in customer_ids}


async def now(connection: Connection, program_id: int) -> datetime:
    """Ask for the programme's time."""
    found: datetime = await connection.fetchval(_NOW, program_id)
    return found


async def segments(
    connection: Connection, program_id: int, after: str | None = None, limit: int = _MOST
) -> list[SegmentFacts]:
    """List a programme's segments by key."""
    return _decode(await connection.fetchval(_SEGMENTS, program_id, None, after, limit))


async def find_segment(connection: Connection, program_id: int, key: str) -> SegmentFacts | None:
    """Find a segment."""
    found = _decode(await connection.fetchval(_SEGMENTS, program_id, key, None, 1))
    return found[0] if found else None


async def stale(connection: Connection, program_id: int, since: datetime) -> list[SegmentFacts]:
    """List the segments by conditions that somebody asked to refresh, or that were not since an instant."""
    return _decode(await connection.fetchval(_STALE, program_id, since))


async def add(
    connection: Connection,
    program_id: int,
    key: str,
    name: str,
    *,
    conditions: list[dict[str, Any]] | None,
    kept_by: str | None,
) -> bool:
    """Add a segment; False when the key was given before."""
    stored = None if conditions is None else msgspec.json.encode(conditions).decode()
    at = await now(connection, program_id)
    return await connection.fetchval(_ADD, program_id, key, name, stored, kept_by, at) is not None


async def change(
    connection: Connection, program_id: int, key: str, name: str, conditions: list[dict[str, Any]] | None
) -> None:
    """Write a segment anew."""
    stored = None if conditions is None else msgspec.json.encode(conditions).decode()
    await connection.execute(_CHANGE, program_id, key, name, stored, await now(connection, program_id))


async def ask(connection: Connection, program_id: int, key: str) -> None:
    """Note that somebody wants a segment refreshed."""
    await connection.execute(_ASK, program_id, key, await now(connection, program_id))


async def delete(connection: Connection, program_id: int, key: str) -> None:
    """Take a segment away, with everybody in it; its key stays taken."""
    for some in _pieces(await ids_in(connection, program_id, key)):
        await connection.execute(_LEAVE, program_id, key, some)
    await connection.execute(_DELETE, program_id, key, await now(connection, program_id))


async def lock(connection: Connection, program_id: int, key: str) -> int | None:
    """Lock a segment until the transaction ends; gives its version, None when it is not there (any more)."""
    version: int | None = await connection.fetchval(_LOCK, program_id, key)
    return version


async def difference(
    connection: Connection, program_id: int, key: str, held: str, args: list[Any]
) -> tuple[list[UUID], list[UUID]]:
    """Tell who enters and who leaves a segment, if those of a query are to be in it."""
    sql = _DIFFERENCE.format(held=held, key=f"${len(args) + 2}")
    rows = await connection.fetch(sql, program_id, *args, key)
    entering = [row["customer_id"] for row in rows if row["enters"]]
    return entering, [row["customer_id"] for row in rows if not row["enters"]]


async def counted(
    connection: Connection, program_id: int, held: str, args: list[Any], most: int
) -> tuple[int, list[UUID]]:
    """Count those of a query, and name the first few."""
    row = await connection.fetchrow(_COUNT.format(held=held, most=int(most)), program_id, *args)
    return (row["customers"], list(row["some"] or [])) if row else (0, [])


async def living(connection: Connection, program_id: int, customer_ids: Collection[UUID]) -> set[UUID]:
    """Give those whom customers have become by merging; not the erased, nor whom nobody knows."""
    found: set[UUID] = set()
    for some in _pieces(customer_ids):
        found |= {row[0] for row in await connection.fetch(_LIVING, program_id, some)}
    return found


async def ids_in(connection: Connection, program_id: int, key: str) -> set[UUID]:
    """Give everybody in a segment."""
    return {row[0] for row in await connection.fetch(_IDS, program_id, key)}


async def move(
    connection: Connection,
    program_id: int,
    key: str,
    entering: Collection[UUID],
    leaving: Collection[UUID],
    at: datetime,
) -> int:
    """Let customers in and out, and note when that was; gives how many are in it. The segment must be locked."""
    for some in _pieces(leaving):
        await connection.execute(_LEAVE, program_id, key, some)
    for some in _pieces(entering):
        await connection.execute(_ENTER, program_id, key, some, at)
    customers: int = await connection.fetchval(_REFRESHED, program_id, key, at)
    return customers


def _pieces(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while piece := list(islice(left, _MEMBERS_AT_ONCE)):
        yield piece


@forgetter
def _forget_segments(person: Person) -> list[Part]:
    """Take a person out of every segment."""
    return [Part("forgotten_segment_member", _FORGET, [person.customer_ids])]


exporter(
    "segments",
    "SELECT json_agg(json_build_object('key', m.segment_key, 'name', s.name, 'since', m.since) ORDER BY m.segment_key)"
    " FROM segment_member m JOIN segment s USING (program_id, segment_key)"
    " WHERE m.program_id = $1 AND m.customer_id = ANY($2::uuid[])",
)
