"""What staff see of segments and do with them, each as one edge."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import Struct

from loyalty.database import Database, Tx, write
from loyalty.errors import Conflict, KeyTaken, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.staff import as_read
from loyalty.segments import actions, queries
from loyalty.segments.facts import InSegment, SegmentFacts
from loyalty.segments.people import people_in, people_named

PAGE = 50


class SegmentSeen(Struct, frozen=True):
    """A segment with a page of those in it; `more`: there are others after them."""

    segment: SegmentFacts
    people: list[InSegment]
    more: bool


class Tried(Struct, frozen=True):
    """For how many conditions hold now, and the first few of them."""

    customers: int
    people: list[InSegment]


class Wanted(Struct, frozen=True):
    """A segment as somebody wants it. `key` of one that is there, unless `new`; `version`: which one was read."""

    key: str
    name: str
    conditions: list[dict[str, Any]] | None
    new: bool
    version: int | None = None


@dataclass(frozen=True, slots=True)
class StaffSegments:
    """The verbs behind the panel's pages about segments. A refusal is told by its lasting code; "" is none."""

    database: Callable[[], Database]

    async def listed(self, program: ProgramFacts) -> list[SegmentFacts]:
        """List the segments by key."""
        async with self.database().reader() as connection:
            return await queries.segments(connection, program.program_id)

    async def seen(
        self, program: ProgramFacts, key: str, after: UUID | None = None, *, whole: bool = False
    ) -> SegmentSeen | None:
        """Read a segment and a page of those in it, or all; None when there is none."""
        async with self.database().reader() as connection:
            segment = await queries.find_segment(connection, program.program_id, key)
            if segment is None:
                return None
            if whole:
                return SegmentSeen(segment, await people_in(connection, program.program_id, key), more=False)
            people = await people_in(connection, program.program_id, key, after=after, limit=PAGE + 1)
            return SegmentSeen(segment, people[:PAGE], len(people) > PAGE)

    async def tried(self, program: ProgramFacts, conditions: list[dict[str, Any]]) -> Tried:
        """Count for whom conditions hold now; nothing is saved."""
        async with self.database().reader() as connection:
            customers, ids = await actions.look(connection, program, conditions)
            return Tried(customers, await people_named(connection, program.program_id, ids))

    async def save(self, program: ProgramFacts, wanted: Wanted) -> str:
        """Define a segment, or change one. The same form sent twice is saved once."""

        async def verb(tx: Tx) -> None:
            told = (tx.connection, program.program_id, wanted.key, wanted.name)
            if not wanted.new:
                stands = await queries.find_segment(tx.connection, program.program_id, wanted.key)
                again = stands is not None and (stands.name, stands.conditions) == (wanted.name, wanted.conditions)
                await actions.change_segment(*told, wanted.conditions, as_read(None if again else wanted.version))
                return
            try:
                await actions.define_segment(*told, wanted.conditions or [])
            except KeyTaken:
                found = await queries.find_segment(tx.connection, program.program_id, wanted.key)
                if found is None or (found.name, found.conditions) != (wanted.name, wanted.conditions):
                    raise

        return await self._commit(verb)

    async def refresh(self, program: ProgramFacts, key: str) -> str:
        """Have a segment counted anew, soon."""

        async def verb(tx: Tx) -> None:
            await actions.ask_to_refresh(tx.connection, program.program_id, key)

        return await self._commit(verb)

    async def delete(self, program: ProgramFacts, key: str) -> str:
        """Delete a segment that nothing names."""

        async def verb(tx: Tx) -> None:
            await actions.delete_segment(tx.connection, program.program_id, key)

        return await self._commit(verb)

    async def _commit(self, verb: Callable[[Tx], Awaitable[None]]) -> str:
        async def whole(tx: Tx, _: object) -> list[None]:
            await verb(tx)
            return [None]

        try:
            await write(self.database(), whole, [None], whole=True)
        except (Conflict, NotFound) as refusal:
            return refusal.code
        return ""
