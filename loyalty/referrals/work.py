"""The SQL of what is to be decided: news that was noted, and return windows that are over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection
from loyalty.outbox.facts import Event
from loyalty.statements import Part

_NOTE = """
INSERT INTO referral_work (program_id, event_id, customer_id, type, subject, origin, recorded_at)
SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
  AS n (event_id, customer_id, type, subject, origin, recorded_at)
WHERE EXISTS (SELECT FROM referral_terms WHERE program_id = $1)
ON CONFLICT DO NOTHING
"""
_WORK = """
SELECT event_id, customer_id, type, subject, origin, recorded_at FROM referral_work
WHERE program_id = $1 ORDER BY event_id LIMIT $2
"""
_DONE = "DELETE FROM referral_work WHERE program_id = $1 AND event_id = {0}::uuid RETURNING 1"
_DONE_ALONE = "DELETE FROM referral_work WHERE program_id = $1 AND event_id = $2"
_MATURED = """
SELECT r.referral_id FROM referral r JOIN program g ON g.program_id = r.program_id
WHERE r.program_id = $1 AND r.state = 'qualified' AND r.matures_at <= clock_timestamp() + g.clock_offset
ORDER BY r.matures_at LIMIT $2
"""
_WAITING = """
SELECT p FROM unnest($1::int[]) AS p WHERE EXISTS (SELECT FROM referral_work w WHERE w.program_id = p)
"""


class Work(Struct, frozen=True):
    """News that may change a referral."""

    event_id: UUID
    customer_id: UUID
    type: str
    subject: str
    origin: str
    recorded_at: datetime

    @property
    def about(self) -> UUID:
        """The id in its subject."""
        return UUID(self.subject.partition("/")[2])


async def note(connection: Connection, program_id: int, events: Sequence[Event]) -> None:
    """Note news to be worked off, where the programme ever had terms."""
    rows = [(e.event_id, e.customer_id, e.type, e.subject, e.origin, e.recorded_at) for e in events]
    await connection.execute(_NOTE, program_id, *(list(column) for column in zip(*rows, strict=True)))


async def next_work(connection: Connection, program_id: int, limit: int) -> list[Work]:
    """Give the oldest news."""
    return [msgspec.convert(dict(row), Work) for row in await connection.fetch(_WORK, program_id, limit)]


def done(work: Work) -> Part:
    """End a piece of work in the commit of its effect; whoever else did it meanwhile makes this fail."""
    return Part("referral_work_done", _DONE, [work.event_id], guards=1)


async def drop(connection: Connection, program_id: int, work: Work) -> None:
    """End a piece of work that changed nothing."""
    await connection.execute(_DONE_ALONE, program_id, work.event_id)


async def matured(connection: Connection, program_id: int, limit: int) -> list[UUID]:
    """Name referrals whose return window is over."""
    return [row[0] for row in await connection.fetch(_MATURED, program_id, limit)]


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell which programmes have work."""
    return [row[0] for row in await connection.fetch(_WAITING, list(programs))]
