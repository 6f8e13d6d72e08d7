"""All the SQL of exports, but for the rows that they hold (`kinds/`)."""

from collections.abc import AsyncIterator
from uuid import UUID

from asyncpg import Record

from loyalty.customers.persons import Person, forgetter
from loyalty.database import Connection, Database
from loyalty.exports.facts import ExportFacts, NewExport
from loyalty.programs.facts import Source
from loyalty.statements import Part

# How long a file is kept: long enough for a weekend, too short to be forgotten somewhere.
KEPT = "interval '7 days'"
_COLUMNS = ", ".join(ExportFacts.__struct_fields__)
# Orders are a storefront's own; what belongs to none is the programme's. $2 null: staff see all.
_SEEN = "program_id = $1 AND (storefront_id IS NULL OR $2::int IS NULL OR storefront_id = $2)"
_ADD = """
INSERT INTO export (program_id, export_id, kind, format, storefront_id, namespace, from_on, to_on, segment, asked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_FIND = f"SELECT {_COLUMNS} FROM export WHERE {_SEEN} AND export_id = $3"  # noqa: S608 - constants of this file
_LIST = f"""
SELECT {_COLUMNS} FROM export WHERE {_SEEN} AND ($3::uuid IS NULL OR export_id < $3)
ORDER BY export_id DESC LIMIT $4
"""  # noqa: S608 - as above
_UNFINISHED = "SELECT count(*) FROM export WHERE program_id = $1 AND state IN ('queued', 'running')"
_CANCEL = """
UPDATE export SET state = 'cancelled', run_id = NULL, ended_at = clock_timestamp()
WHERE program_id = $1 AND export_id = $2 AND state IN ('queued', 'running')
"""
# A run that was killed left nothing but its number and pieces of a file: whoever takes it over begins anew.
_TAKE = f"""
UPDATE export SET state = 'running', run_id = $2, rows = 0, total = NULL, size_bytes = 0, started_at = clock_timestamp()
WHERE program_id = $1 AND export_id = (SELECT export_id FROM export WHERE program_id = $1
  AND (state = 'queued' OR (state = 'running' AND run_id <> $2)) ORDER BY export_id LIMIT 1 FOR NO KEY UPDATE)
RETURNING {_COLUMNS}
"""  # noqa: S608 - as above
_MINE = "program_id = $1 AND export_id = $2 AND run_id = $3 AND state = 'running'"
_PROGRESS = f"UPDATE export SET rows = $4, total = $5 WHERE {_MINE} RETURNING true"  # noqa: S608 - as above
_ADD_PART = f"""
INSERT INTO export_part (program_id, export_id, part, content)
SELECT program_id, export_id, $4, $5 FROM export WHERE {_MINE} RETURNING true
"""  # noqa: S608 - as above
_END = f"""
UPDATE export SET state = $4, rows = $5, total = $5, size_bytes = $6, error = $7, ended_at = clock_timestamp(),
  expires_at = CASE WHEN $4 = 'done' THEN clock_timestamp() + {KEPT} END WHERE {_MINE}
"""  # noqa: S608 - as above
_PART = "SELECT content FROM export_part WHERE program_id = $1 AND export_id = $2 AND part = $3"
_EXPIRE = """
UPDATE export SET state = 'expired' WHERE program_id = $1 AND state = 'done' AND expires_at <= clock_timestamp()
"""
_LEFT_OVER = """
SELECT export_id FROM export x WHERE program_id = $1 AND state NOT IN ('done', 'running') AND EXISTS (
  SELECT FROM export_part p WHERE p.program_id = $1 AND p.export_id = x.export_id)
"""
_SWEEP = """
DELETE FROM export_part WHERE program_id = $1 AND export_id = $2 AND part IN (
  SELECT part FROM export_part WHERE program_id = $1 AND export_id = $2 LIMIT 100)
"""
# Files hold people, and none can be taken out of one: those that are done go, those being written are begun anew.
_FORGET = """
UPDATE export SET state = CASE WHEN state = 'done' THEN 'expired' ELSE 'queued' END, run_id = NULL
WHERE program_id = $1 AND state IN ('done', 'running') RETURNING 1
"""


async def add(connection: Connection, source: Source, export_id: UUID, new: NewExport) -> None:
    """Insert an export that is to be done."""
    asked = (new.from_on, new.to_on, new.segment, source.actor)
    key = (source.program.program_id, export_id)
    await connection.execute(_ADD, *key, new.kind, new.format, source.storefront_id, source.namespace, *asked)


async def find(
    connection: Connection, program_id: int, storefront_id: int | None, export_id: UUID
) -> ExportFacts | None:
    """Find an export that a storefront may see (None: that staff may see)."""
    row = await connection.fetchrow(_FIND, program_id, storefront_id, export_id)
    return None if row is None else _told(row)


async def page(
    connection: Connection, program_id: int, storefront_id: int | None, before: UUID | None, limit: int
) -> list[ExportFacts]:
    """List exports, the newest first."""
    return [_told(row) for row in await connection.fetch(_LIST, program_id, storefront_id, before, limit)]


async def unfinished(connection: Connection, program_id: int) -> int:
    """Count those that wait or run."""
    return int(await connection.fetchval(_UNFINISHED, program_id))


async def cancel(connection: Connection, program_id: int, export_id: UUID) -> None:
    """End one that has not ended."""
    await connection.execute(_CANCEL, program_id, export_id)


async def take(connection: Connection, program_id: int, run_id: UUID) -> ExportFacts | None:
    """Take the oldest that waits, or that a run before has left; of that, nothing stays."""
    async with connection.transaction():
        row = await connection.fetchrow(_TAKE, program_id, run_id)
        if row is None:
            return None
        await _drop(connection, program_id, row["export_id"])
    return _told(row)


async def progress(
    connection: Connection, program_id: int, export_id: UUID, run_id: UUID, rows: int, total: int
) -> bool:
    """Tell how far it is; False when it was cancelled, or is another run's by now."""
    return bool(await connection.fetchval(_PROGRESS, program_id, export_id, run_id, rows, total))


async def add_part(
    connection: Connection, program_id: int, export_id: UUID, run_id: UUID, part: int, content: bytes
) -> bool:
    """Keep a piece of the file; False as for `progress`."""
    return bool(await connection.fetchval(_ADD_PART, program_id, export_id, run_id, part, content))


async def end(
    connection: Connection, program_id: int, export_id: UUID, run_id: UUID, rows: int, size: int, error: str | None
) -> None:
    """Write down that the file is there, or why it is not."""
    state = "done" if error is None else "failed"
    await connection.execute(_END, program_id, export_id, run_id, state, rows, size, error)


async def parts(database: Database, program_id: int, export_id: UUID) -> AsyncIterator[bytes]:
    """Give the file, piece by piece; no connection is kept between two."""
    number = 0
    while True:
        async with database.reader() as connection:
            piece = await connection.fetchval(_PART, program_id, export_id, number)
        if piece is None:
            return
        yield piece
        number += 1


async def expire(connection: Connection, program_id: int) -> None:
    """Remove the files whose time is over, and what was given up."""
    await connection.execute(_EXPIRE, program_id)
    for row in await connection.fetch(_LEFT_OVER, program_id):
        await _drop(connection, program_id, row["export_id"])


async def _drop(connection: Connection, program_id: int, export_id: UUID) -> None:
    while await connection.execute(_SWEEP, program_id, export_id) != "DELETE 0":
        pass


@forgetter
def _forget_files(_: Person) -> list[Part]:
    """Let no file outlive a person who may be in it."""
    return [Part("forgotten_export", _FORGET, [])]


def _told(row: Record) -> ExportFacts:
    return ExportFacts(**dict(row))
