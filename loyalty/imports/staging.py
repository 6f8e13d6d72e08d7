"""Copying the rows of a file into the staging table: in one commit, so that they are there all or not at all."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from asyncpg import LockNotAvailableError, UniqueViolationError

from loyalty.database import Connection, Database
from loyalty.ids import new_id
from loyalty.imports import queries
from loyalty.imports.facts import ImportFacts, NewImport, Phase
from loyalty.imports.files import CsvFile, fingerprint
from loyalty.imports.header import layout_of
from loyalty.imports.kind import ImportKind
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
    """Copy chunk by chunk; the next one is read in a thread while the server takes the last one in."""
    program_id, import_id = new.program.program_id, new_id()
    file = CsvFile(new.path)
    try:
        lines = file.rows()
        reader = Reader(kind, new.program, layout_of(next(lines, None), kind))
        await queries.open_import(connection, new, import_id, sha256)
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
        await asyncio.to_thread(file.finish, sha256)
    finally:
        file.close()
    facts = ImportFacts(import_id, rows, 0, 0, errors, reader.ignored)
    await queries.close_staging(connection, program_id, facts)
    return facts


def _take(parsed: Iterator[Staged]) -> list[Staged]:
    return list(islice(parsed, CHUNK))
