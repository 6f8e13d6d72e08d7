"""The verbs of imports over HTTP: receive a file, see how far it is, stop it. The worker does the rest (`tasks.py`)."""

from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import NamedTuple, TypeVar
from uuid import UUID

import asyncpg
from msgspec import Struct

from loyalty.database import Connection, Database, Tx
from loyalty.errors import Invalid, Malformed, NotFound
from loyalty.ids import new_id
from loyalty.imports import sent
from loyalty.imports.facts import Format, Refused, Sent
from loyalty.imports.files import foreign
from loyalty.imports.kind import KINDS, ImportKind
from loyalty.jobs.actions import schedule
from loyalty.programs.facts import Source

T = TypeVar("T")
# The job that brings files in; the name is for ever.
JOB = "imports.work_off"
MAX_BYTES = 512 << 20
_PART = 1 << 20
_MOST_UNFINISHED = 20
_MOST_ROWS = 999_999_999


class NewSending(Struct, frozen=True):
    """A file that is about to come. `file_name` is for people; the bytes say what it is."""

    kind: str
    format: Format = "csv"
    dry_run: bool = False
    file_name: str = ""


class Received(NamedTuple):
    """What came of a file's bytes. `replayed`: they are being brought in already, and that import goes on."""

    sent: Sent
    replayed: bool


async def receive(database: Database, source: Source, new: NewSending, content: AsyncIterator[bytes]) -> Received:
    """Keep a file's bytes, a piece a commit, and have the worker bring it in.

    Of a file that breaks off, nothing stays. Raises `Invalid` for what can be told at once.
    """
    program_id, import_id = source.program.program_id, new_id()
    source = _of_kind(source, new.kind)
    async with database.writer() as connection:
        if await sent.unfinished(connection, program_id) >= _MOST_UNFINISHED:
            msg = f"{_MOST_UNFINISHED} imports are unfinished already. Wait for one to end, or cancel one."
            raise Invalid(msg)
        name = new.file_name or f"{new.kind}.{new.format}"
        await sent.begin(connection, source, import_id, new.kind, name, (new.format, new.dry_run))
    try:
        digest, size = await _keep(database, program_id, import_id, content)
        return await _close(database, program_id, import_id, digest, size)
    except BaseException:
        async with database.writer() as connection:
            await sent.forget(connection, program_id, import_id)
        raise


def kind_of(name: str) -> type[ImportKind]:
    """Find a kind; `Invalid` names those that there are."""
    kind = KINDS.find(name)
    if kind is None:
        msg = f"There is no import of kind {name!r}; the kinds are: {', '.join(sorted(KINDS.all()))}."
        raise Invalid(msg, pointer="/kind")
    return kind


def _of_kind(source: Source, name: str) -> Source:
    """Make the source that rows of a kind come from: some belong to the storefront, some to none."""
    kind = kind_of(name)
    if not kind.of_storefront:
        return Source(source.program, None, source.namespace, source.actor, "", "import", source.dated_now)
    if source.storefront_id is None:
        msg = f"An import of {name} needs a storefront."
        raise Invalid(msg, pointer="/storefront")
    return source


async def _keep(
    database: Database, program_id: int, import_id: UUID, content: AsyncIterator[bytes]
) -> tuple[bytes, int]:
    """Write the bytes down as they come; at no moment is more than a piece of them in memory."""
    digest, size, part, piece = sha256(), 0, 0, bytearray()

    async def flush(least: int) -> None:
        nonlocal part
        while len(piece) >= least:
            async with database.writer() as connection:
                await sent.add_part(connection, program_id, import_id, part, bytes(piece[:_PART]))
            del piece[:_PART]
            part += 1

    async for block in content:
        digest.update(block)
        size += len(block)
        piece += block
        if not part and (what := foreign(bytes(piece[:4]))):
            msg = f"The body is {what}; send CSV or NDJSON in UTF-8, plain or gzip."
            raise Invalid(msg)
        await flush(_PART)
    await flush(1)
    if not size:
        msg = "Send the file as the body of the request."
        raise Malformed(msg)
    return digest.digest(), size


async def _close(database: Database, program_id: int, import_id: UUID, digest: bytes, size: int) -> Received:
    async with database.writer() as connection:
        try:
            async with connection.transaction():
                await sent.close(connection, program_id, import_id, digest, size)
                await schedule(Tx(connection), JOB, program_id)
        except asyncpg.UniqueViolationError:
            going_on = await sent.same(connection, program_id, import_id, digest)
            if going_on is not None:
                await sent.forget(connection, program_id, import_id)
                return Received(await find(connection, program_id, None, going_on), replayed=True)
            return await _close(database, program_id, import_id, digest, size)
        return Received(await find(connection, program_id, None, import_id), replayed=False)


async def find(connection: Connection, program_id: int, storefront_id: int | None, import_id: UUID) -> Sent:
    """Find an import that a storefront may see (None: staff); raises `NotFound`."""
    found = await sent.find(connection, program_id, storefront_id, import_id)
    if found is None:
        msg = f"There is no import {import_id}."
        raise NotFound(msg)
    return found


async def latest(
    connection: Connection, program_id: int, storefront_id: int | None, before: UUID | None, limit: int
) -> tuple[list[Sent], UUID | None]:
    """List imports, the newest first; with where the next page begins."""
    found = await sent.page(connection, program_id, storefront_id, before, limit + 1)
    return found[:limit], found[limit - 1].import_id if len(found) > limit else None


def place_of(cursor: str, kind: Callable[[str], T]) -> T:
    """Read where a page begins."""
    try:
        return kind(cursor)
    except ValueError:
        msg = "Send the next_cursor of the page before, or none for the first page."
        raise Invalid(msg, pointer="/cursor") from None


def row_number(text: str) -> int:
    """Read the number of a row, as a cursor has it."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_MOST_ROWS)):
        raise ValueError(text)
    return int(text)


async def refused(
    connection: Connection, program_id: int, import_id: UUID, after: int, limit: int
) -> tuple[list[Refused], int | None]:
    """List refused rows in the order of the file; with where the next page begins."""
    found = await sent.errors(connection, program_id, import_id, after, limit + 1)
    return found[:limit], found[limit - 1].row if len(found) > limit else None


async def cancel(connection: Connection, program_id: int, storefront_id: int | None, import_id: UUID) -> Sent:
    """Stop an import; one that has ended stays as it is, and what it has recorded stays recorded."""
    await find(connection, program_id, storefront_id, import_id)
    await sent.end(connection, program_id, import_id, "cancelled")
    await schedule(Tx(connection), JOB, program_id)
    return await find(connection, program_id, storefront_id, import_id)
