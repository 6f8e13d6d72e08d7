"""The verbs of exports: ask for one, see how far it is, stop it. The worker writes the file (`tasks.py`)."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from loyalty.database import Connection, Tx
from loyalty.errors import Gone, Invalid, NotFound
from loyalty.exports import queries
from loyalty.exports.facts import FIRST_DAY, LAST_DAY, ExportFacts, NewExport
from loyalty.exports.kind import KINDS, ExportKind
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule
from loyalty.programs.facts import Source
from loyalty.segments.actions import find as find_segment

T = TypeVar("T")
# The job that writes them; the name is for ever.
JOB = "exports.work_off"
_MOST_WAITING = 20


class FileGone(Gone):
    """The file was there, and is no more: its time was over, or a person who may have been in it was erased."""

    code = "export_expired"


def kind_of(name: str) -> type[ExportKind]:
    """Find a kind; `Invalid` names those that there are."""
    kind = KINDS.find(name)
    if kind is None:
        msg = f"There is no export of kind {name!r}; the kinds are: {', '.join(sorted(KINDS.all()))}."
        raise Invalid(msg, pointer="/kind")
    return kind


async def start(connection: Connection, source: Source, new: NewExport) -> ExportFacts:
    """Ask for a file, in the caller's commit; a worker begins within moments. `Invalid` names what is wrong."""
    kind, program_id = kind_of(new.kind), source.program.program_id
    if kind.of_storefront and source.storefront_id is None:
        msg = f"An export of {new.kind} is one of a storefront; name it."
        raise Invalid(msg, pointer="/storefront")
    for name, day in (("from_on", new.from_on), ("to_on", new.to_on)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            msg = f"{name} lies between {FIRST_DAY} and {LAST_DAY}."
            raise Invalid(msg, pointer=f"/{name}")
    if new.from_on and new.to_on and new.from_on > new.to_on:
        msg = "from_on must not be later than to_on."
        raise Invalid(msg, pointer="/from_on")
    if new.segment is not None:
        await find_segment(connection, program_id, new.segment)
    if await queries.unfinished(connection, program_id) >= _MOST_WAITING:
        msg = f"{_MOST_WAITING} exports are waiting already. Wait for one to end, or cancel one."
        raise Invalid(msg)
    export_id = new_id()
    own = source if kind.of_storefront else replace(source, storefront_id=None)
    await queries.add(connection, own, export_id, new)
    await schedule(Tx(connection), JOB, program_id)
    return await find(connection, program_id, own.storefront_id, export_id)


async def find(connection: Connection, program_id: int, storefront_id: int | None, export_id: UUID) -> ExportFacts:
    """Find an export that a storefront may see (None: staff); raises `NotFound`."""
    found = await queries.find(connection, program_id, storefront_id, export_id)
    if found is None:
        msg = f"There is no export {export_id}."
        raise NotFound(msg)
    return found


def written(facts: ExportFacts) -> ExportFacts:
    """Make sure that there is a file: `FileGone` when it is no more, `NotFound` when it is not there yet."""
    if facts.state == "expired":
        msg = "This file is gone. Ask for a new export."
        raise FileGone(msg)
    if facts.state != "done":
        msg = f"There is no file of this export: it is {facts.state}."
        raise NotFound(msg)
    return facts


async def latest(
    connection: Connection, program_id: int, storefront_id: int | None, before: UUID | None, limit: int
) -> tuple[list[ExportFacts], UUID | None]:
    """List exports, the newest first; with where the next page begins."""
    found = await queries.page(connection, program_id, storefront_id, before, limit + 1)
    return found[:limit], found[limit - 1].export_id if len(found) > limit else None


def place_of(cursor: str, kind: Callable[[str], T]) -> T:
    """Read where a page begins."""
    try:
        return kind(cursor)
    except ValueError:
        msg = "Send the next_cursor of the page before, or none for the first page."
        raise Invalid(msg, pointer="/cursor") from None


async def cancel(connection: Connection, program_id: int, storefront_id: int | None, export_id: UUID) -> ExportFacts:
    """Stop an export; one that has ended stays as it is."""
    await find(connection, program_id, storefront_id, export_id)
    await queries.cancel(connection, program_id, export_id)
    return await find(connection, program_id, storefront_id, export_id)
