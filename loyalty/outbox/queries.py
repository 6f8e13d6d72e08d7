"""All the SQL of handing events over."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from loyalty.database import Connection
from loyalty.ids import new_id
from loyalty.outbox.consumer import listeners
from loyalty.outbox.facts import Event

_NEXT = f"""
SELECT {", ".join(f"e.{name}" for name in Event.__struct_fields__)}
FROM outbox o JOIN event e USING (program_id, event_id)
WHERE o.program_id = $1 AND o.consumer = $2 ORDER BY o.event_id LIMIT $3 FOR UPDATE OF o
"""  # noqa: S608 - column names
_HAD = "DELETE FROM outbox WHERE program_id = $1 AND consumer = $2 AND event_id = ANY($3)"
_HAD_ALL = "DELETE FROM outbox WHERE program_id = $1 AND consumer = $2"
_WAITING = """
SELECT p FROM unnest($2::int[]) AS p
WHERE EXISTS (SELECT FROM outbox o WHERE o.program_id = p AND o.consumer = $1)
   OR NOT EXISTS (SELECT FROM consumer_built b WHERE b.program_id = p AND b.consumer = $1)
"""
_BEHIND = """
SELECT b.consumer, count(o.event_id)::int AS events, min(e.recorded_at) AS since
FROM consumer_built b LEFT JOIN outbox o USING (program_id, consumer) LEFT JOIN event e USING (program_id, event_id)
WHERE b.program_id = $1 GROUP BY b.consumer ORDER BY b.consumer
"""
_IS_BUILT = "SELECT EXISTS (SELECT FROM consumer_built WHERE program_id = $1 AND consumer = $2)"
_BUILT = "INSERT INTO consumer_built (program_id, consumer) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_TELL = """
WITH told AS (
  INSERT INTO event (program_id, event_id, type, subject, origin, recorded_at)
  SELECT $1, n.event_id, $3, n.subject, 'live',
    (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)
  FROM unnest($2::uuid[], $4::text[]) AS n (event_id, subject)
)
INSERT INTO outbox (program_id, consumer, event_id) SELECT $1, c, e FROM unnest($5::text[]) c, unnest($2::uuid[]) e
"""
_BUILD_AGAIN = "DELETE FROM consumer_built WHERE program_id = $1 AND consumer = $2"


class Behind(msgspec.Struct, frozen=True):
    """What a consumer has not had yet: how many events, and the oldest's time."""

    consumer: str
    events: int
    since: datetime | None


async def behind(connection: Connection, program_id: int) -> list[Behind]:
    """Tell how far behind the consumers of a programme's events are."""
    return [Behind(**dict(row)) for row in await connection.fetch(_BEHIND, program_id)]


async def next_events(connection: Connection, program_id: int, consumer: str, limit: int) -> list[Event]:
    """Give the oldest events that a consumer has not had, and lock their rows until the transaction ends.

    Whoever else holds them is waited for: to pass over locked rows would be to pass over the order.
    """
    rows = await connection.fetch(_NEXT, program_id, consumer, limit)
    return [msgspec.convert(dict(row), Event) for row in rows]


async def had(connection: Connection, program_id: int, consumer: str, events: Sequence[Event]) -> None:
    """Note that a consumer has had events."""
    await connection.execute(_HAD, program_id, consumer, [event.event_id for event in events])


async def had_all(connection: Connection, program_id: int, consumer: str, timeout_seconds: float) -> None:
    """Note that a consumer has had all that is there: one who reads it from the rows in what follows."""
    await connection.execute(_HAD_ALL, program_id, consumer, timeout=timeout_seconds)


async def waiting(connection: Connection, consumer: str, programs: Sequence[int]) -> list[int]:
    """Tell in which of these programmes there is something for a consumer: events, or its first build."""
    return [row["p"] for row in await connection.fetch(_WAITING, consumer, programs)]


async def is_built(connection: Connection, program_id: int, consumer: str) -> bool:
    """Tell whether a consumer has had what was there before it."""
    found: bool = await connection.fetchval(_IS_BUILT, program_id, consumer)
    return found


async def built(connection: Connection, program_id: int, consumer: str) -> None:
    """Note that a consumer has had what was there before it."""
    await connection.execute(_BUILT, program_id, consumer)


async def build_again(connection: Connection, program_id: int, consumer: str) -> None:
    """Have a consumer rebuilt from the rows, soon; as after an upgrade whose older processes did not know it yet."""
    await connection.execute(_BUILD_AGAIN, program_id, consumer)


async def tell(connection: Connection, program_id: int, kind: str, *subjects: str) -> None:
    """Make news that no decision of the ledger made, in the caller's commit; `points.append` carries the others'."""
    ids = [new_id() for _ in subjects]
    await connection.execute(_TELL, program_id, ids, kind, subjects, listeners(kind, "live"))
