"""What was told, as staff look at it: the events, newest first, and who has yet to be told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Database

PAGE = 100
_LIST = """
SELECT e.event_id, e.type, e.subject, coalesce(c.merged_into, c.customer_id) AS customer_id, c.name, c.email,
  e.origin, e.recorded_at, ARRAY(SELECT o.consumer FROM outbox o
    WHERE o.program_id = $1 AND o.event_id = e.event_id AND o.consumer = ANY($8) ORDER BY 1) AS waits_for
FROM event e LEFT JOIN customer c ON c.program_id = $1 AND c.customer_id = e.customer_id
WHERE e.program_id = $1 AND ($2::text IS NULL OR starts_with(e.type, $2 || '.'))
  AND ($3::timestamptz IS NULL OR e.recorded_at >= $3) AND ($4::timestamptz IS NULL OR e.recorded_at < $4)
  AND ($5::timestamptz IS NULL OR (e.recorded_at, e.event_id) < ($5, $6::uuid))
ORDER BY e.recorded_at DESC, e.event_id DESC LIMIT $7
"""
_CONSUMERS = "SELECT consumer FROM consumer_built WHERE program_id = $1"


class EventsAsked(Struct, frozen=True):
    """Which events are looked for, `kind` by what stands before the point.

    `after`: (time, id) of the last one on the page before.
    """

    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[datetime, UUID] | None = None


class EventSeen(Struct, frozen=True):
    """An event. `waits_for`: the consumers that have not had it yet."""

    event_id: UUID
    type: str
    subject: str
    customer_id: UUID | None
    name: str | None
    email: str | None
    origin: str
    recorded_at: datetime
    waits_for: list[str]


class EventsSeen(Struct, frozen=True):
    """A page of events."""

    events: list[EventSeen]
    more: bool


@dataclass(frozen=True, slots=True)
class StaffEvents:
    """The verb behind the page of events."""

    database: Callable[[], Database]

    async def seen(self, program_id: int, asked: EventsAsked) -> EventsSeen:
        """Read a page of events."""
        after_at, after_id = asked.after or (None, None)
        async with self.database().reader() as connection:
            # Outbox rows lie by consumer: of each event they are looked up by the names there are.
            names = [row["consumer"] for row in await connection.fetch(_CONSUMERS, program_id)]
            rows = await connection.fetch(
                _LIST, program_id, asked.kind, asked.since, asked.until, after_at, after_id, PAGE + 1, names
            )
        return EventsSeen([EventSeen(**dict(row)) for row in rows[:PAGE]], len(rows) > PAGE)
