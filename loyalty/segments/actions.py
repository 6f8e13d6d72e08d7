"""The verbs of segments: define one, change it, delete it, refresh it, look before saving, set who is in it."""

import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID

from loyalty.database import Connection, Database, Tx
from loyalty.errors import Invalid, KeyTaken, NotFound, SegmentInUse, SegmentKept
from loyalty.jobs.actions import schedule
from loyalty.outbox.queries import tell
from loyalty.programs.facts import ProgramFacts
from loyalty.segments import queries
from loyalty.segments.condition import Moment, holding, load_all
from loyalty.segments.facts import Changed, SegmentFacts

REFRESH = "segments.refresh"
REFRESHED = "segment.refreshed"
_LONGEST_NAME = 128
_KEY = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(-[a-z0-9]+)*")

# Tells what names a segment, as `InUse` has it; the rooms above that let a segment be named register one.
Uses = Callable[[Connection, int, str], Awaitable[list[tuple[str, str]]]]
_USES: list[Uses] = []


def segment_user(uses: Uses) -> Uses:
    """Register who names segments: a segment that somebody names cannot be deleted."""
    if uses not in _USES:
        _USES.append(uses)
    return uses


async def define_segment(
    connection: Connection, program_id: int, key: str, name: str, conditions: list[dict[str, Any]]
) -> SegmentFacts:
    """Define a segment by conditions, and have it filled; its key is for ever."""
    load_all(conditions)
    _check(key, name)
    if not await queries.add(connection, program_id, key, name, conditions=conditions, kept_by=None):
        msg = f"There is, or was, a segment {key!r} already. A key is given once."
        raise KeyTaken(msg)
    await schedule(Tx(connection), REFRESH, program_id)
    return await find(connection, program_id, key)


async def change_segment(
    connection: Connection,
    program_id: int,
    key: str,
    name: str,
    conditions: list[dict[str, Any]] | None,
    check: Callable[[int], None] | None = None,
) -> SegmentFacts:
    """Give a segment another name or other conditions; one that a room keeps has no conditions.

    In a transaction. `check` may refuse to replace the version that it is told.
    """
    _check(key, name)
    await queries.lock(connection, program_id, key)
    found = await find(connection, program_id, key)
    if check is not None:
        check(found.version)
    if found.kept_by is not None and conditions is not None:
        msg = f"{found.kept_by} keeps this segment; only its name can be changed."
        raise SegmentKept(msg)
    if found.kept_by is None:
        load_all(conditions or [])
    await queries.change(connection, program_id, key, name, conditions)
    if conditions != found.conditions:
        await schedule(Tx(connection), REFRESH, program_id)
    return await find(connection, program_id, key)


async def delete_segment(connection: Connection, program_id: int, key: str) -> None:
    """Delete a segment that nobody names. In a transaction."""
    found = await find(connection, program_id, key)
    if found.kept_by is not None:
        msg = f"{found.kept_by} keeps this segment; it cannot be deleted here."
        raise SegmentKept(msg)
    await queries.lock(connection, program_id, key)
    users = [user for uses in _USES for user in await uses(connection, program_id, key)]
    if users:
        raise SegmentInUse(key, users)
    await queries.delete(connection, program_id, key)


async def ask_to_refresh(connection: Connection, program_id: int, key: str) -> SegmentFacts:
    """Have a segment counted anew, soon."""
    found = await find(connection, program_id, key)
    if found.kept_by is not None:
        msg = f"{found.kept_by} keeps this segment, and says by itself who is in it."
        raise SegmentKept(msg)
    await queries.ask(connection, program_id, key)
    await schedule(Tx(connection), REFRESH, program_id)
    return await find(connection, program_id, key)


async def find(connection: Connection, program_id: int, key: str) -> SegmentFacts:
    """Find a segment; raises `NotFound`."""
    found = await queries.find_segment(connection, program_id, key)
    if found is None:
        msg = f"There is no segment {key!r}."
        raise NotFound(msg)
    return found


async def look(
    connection: Connection, program: ProgramFacts, conditions: list[dict[str, Any]], most: int = 10
) -> tuple[int, list[UUID]]:
    """Count those for whom conditions hold now, and name the first few; nothing is saved."""
    loaded = load_all(conditions)
    held, args = holding(loaded, Moment(await queries.now(connection, program.program_id), program.zone))
    return await queries.counted(connection, program.program_id, held, args, most)


async def refresh(database: Database, program: ProgramFacts, segment: SegmentFacts) -> Changed | None:
    """Let in and out whoever has to be; None when the segment was changed meanwhile, and will be refreshed again.

    Reading takes what it takes, on a connection that plans for that; only the difference is written, in one commit.
    """
    program_id = program.program_id
    async with database.reader() as connection:
        at = await queries.now(connection, program_id)
        held, args = holding(load_all(segment.conditions or []), Moment(at, program.zone))
        entering, leaving = await queries.difference(connection, program_id, segment.key, held, args)
    async with database.writer() as connection, connection.transaction():
        if await queries.lock(connection, program_id, segment.key) != segment.version:
            return None
        customers = await queries.move(connection, program_id, segment.key, entering, leaving, at)
        if entering or leaving:
            await tell(connection, program_id, REFRESHED, f"segment/{segment.key}")
    return Changed(customers, len(entering), len(leaving))


async def keep_segment(connection: Connection, program_id: int, key: str, name: str, kept_by: str) -> SegmentFacts:
    """See to it that there is a segment which a room keeps; it says by `set_members` who is in it."""
    _check(key, name)
    await queries.add(connection, program_id, key, name, conditions=None, kept_by=kept_by)
    found = await queries.find_segment(connection, program_id, key)
    if found is None or found.kept_by != kept_by:
        msg = f"There is, or was, another segment {key!r}."
        raise KeyTaken(msg)
    return found


async def set_members(connection: Connection, program_id: int, key: str, ids: Collection[UUID]) -> Changed:
    """Say who is in a segment that a room keeps, all of them. In a transaction of the caller's.

    Whoever was merged is in it as the survivor; who was erased is not.
    """
    found = await find(connection, program_id, key)
    if found.kept_by is None:
        msg = "This segment has conditions, which say who is in it."
        raise SegmentKept(msg)
    await queries.lock(connection, program_id, key)
    at = await queries.now(connection, program_id)
    wanted = await queries.living(connection, program_id, ids)
    there = await queries.ids_in(connection, program_id, key)
    entering, leaving = sorted(wanted - there), sorted(there - wanted)
    customers = await queries.move(connection, program_id, key, entering, leaving, at)
    if entering or leaving:
        await tell(connection, program_id, REFRESHED, f"segment/{key}")
    return Changed(customers, len(entering), len(leaving))


def _check(key: str, name: str) -> None:
    if not _KEY.fullmatch(key):
        msg = "A segment's key has 1 to 64 small letters and digits, in words that single hyphens join."
        raise Invalid(msg, pointer="/key")
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        msg = "A segment's name has 1 to 128 printable characters."
        raise Invalid(msg, pointer="/name")
