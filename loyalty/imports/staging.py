"""Laying the rows of a file out in the staging table: in one commit, so that they are there all or not at all."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from asyncpg import LockNotAvailableError, UniqueViolationError

from loyalty.database import Connection, Database
from loyalty.ids import new_id
from loyalty.imports import queries
from loyalty.imports.facts import ImportFacts, NewImport, Phase
from loyalty.imports.files import CsvFile, Row, fingerprint
from loyalty.imports.header import layout_of, layout_of_objects
from loyalty.imports.kind import ImportKind
from loyalty.imports.objects import ObjectsFile
from loyalty.imports.rules import Reader, Staged

# A COPY of so many rows stays far below the statement time-out.
CHUNK = 5_000
_AGAIN_AFTER_SECONDS = 0.2

Tell = Callable[[Phase, int, int], None]


async def staged(database: Database, new: NewImport, kind: type[ImportKind], tell: Tell) -> ImportFacts:
    """Find the unfinished import of this file, or begin one; two processes at once end up with the same one."""
    sha256 = await asyncio.to_thread(fingerprint, new.path, lambda done, total: tell("checking", done, total))
    while True:
        async with database.writer() as connection:
            found = await queries.find(connection, new, sha256, finished=False)
            if found:
                return found
            try:
                async with connection.transaction():
                    return await _stage(connection, new, kind, sha256, tell)
            except (UniqueViolationError, LockNotAvailableError):
                tell("waiting", 0, 0)
        await asyncio.sleep(_AGAIN_AFTER_SECONDS)


async def _stage(
    connection: Connection, new: NewImport, kind: type[ImportKind], sha256: bytes, tell: Tell
) -> ImportFacts:
    """Begin an import, and lay its rows out."""
    import_id = new_id()
    await queries.open_import(connection, new, import_id, sha256)
    return await lay_out(connection, Task(new, kind, import_id, sha256), tell)


class Overtaken(Exception):
    """The import was laid out by another process meanwhile, or given up; nothing was written."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to lay out. `keeps_cells`: also what its rows said, word for word."""

    new: NewImport
    kind: type[ImportKind]
    import_id: UUID
    sha256: bytes
    keeps_cells: bool = False
    dry_run: bool = False


async def lay_out(connection: Connection, task: Task, tell: Tell) -> ImportFacts:
    """Copy rows chunk by chunk; the next one is read in a thread while the server takes the last one in.

    In the caller's transaction. Raises `Overtaken` when somebody else has done it, and `Invalid` for what is no such
    file.
    """
    program_id, import_id = task.new.program.program_id, task.import_id
    file = _open(task)
    try:
        reader, lines = _begin(task, file)
        rows = errors = 0
        parsed = (reader.stage(row) for row in lines)
        chunk = await asyncio.to_thread(_take, parsed)
        while chunk:
            rows += len(chunk)
            errors += sum(row[4] is not None for row in chunk)
            copying = asyncio.ensure_future(queries.copy_rows(connection, program_id, import_id, chunk))
            try:
                chunk = await asyncio.to_thread(_take, parsed)
            finally:
                # Whatever became of the file: the connection can only roll back when it is at rest.
                await copying
            tell("reading", file.done, file.total)
        await asyncio.to_thread(file.finish, task.sha256)
    finally:
        file.close()
    facts = ImportFacts(import_id, rows, 0, 0, errors, reader.ignored, task.dry_run)
    if not await queries.close_staging(connection, program_id, facts, reader.header if task.keeps_cells else None):
        raise Overtaken
    return facts


def _open(task: Task) -> CsvFile | ObjectsFile:
    if task.new.format == "ndjson":
        return ObjectsFile(task.new.path, task.kind, task.new.name)
    return CsvFile(task.new.path, task.new.name)


def _begin(task: Task, file: CsvFile | ObjectsFile) -> tuple[Reader, Iterator[Row]]:
    """Read the header, where a file has one."""
    lines = file.rows()
    objects = isinstance(file, ObjectsFile)
    layout = layout_of_objects(task.kind) if objects else layout_of(next(lines, None), task.kind)
    return Reader(task.kind, task.new.program, layout, task.keeps_cells), lines


def _take(parsed: Iterator[Staged]) -> list[Staged]:
    return list(islice(parsed, CHUNK))
