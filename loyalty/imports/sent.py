"""All the SQL of imports that came over HTTP: their bytes while they arrive, how far they are, and what was refused."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from loyalty.database import Connection, Database
from loyalty.imports.facts import Refused, Sent
from loyalty.programs.facts import Source

_STATE = """CASE WHEN ended IS NOT NULL THEN ended WHEN finished_at IS NOT NULL THEN 'done'
  WHEN sha256 IS NULL THEN 'receiving' WHEN staged_at IS NOT NULL THEN 'recording'
  WHEN started_at IS NOT NULL THEN 'reading' ELSE 'queued' END"""
_COLUMNS = f"""import_id, kind, storefront_id, file_name, format, dry_run, dated_now, namespace, actor,
  {_STATE} AS state, bytes_sent, bytes_read, rows, recorded, unchanged, errors, ignored, error, created_at,
  started_at, staged_at, finished_at, clock_timestamp() AS now"""
# Orders are a storefront's own; what belongs to none is the programme's. $2 null: staff see all.
_SEEN = "program_id = $1 AND sent AND (storefront_id IS NULL OR $2::int IS NULL OR storefront_id = $2)"
_FIND = f"SELECT {_COLUMNS} FROM import WHERE {_SEEN} AND import_id = $3"  # noqa: S608 - constants of this file
_LIST = f"""
SELECT {_COLUMNS} FROM import WHERE {_SEEN} AND ($3::uuid IS NULL OR import_id < $3)
ORDER BY import_id DESC LIMIT $4
"""  # noqa: S608 - as above
_OPEN = """
INSERT INTO import (program_id, import_id, kind, storefront_id, file_name, sent, format, dry_run, dated_now, namespace,
  actor, rows, recorded, unchanged, errors)
VALUES ($1, $2, $3, $4, $5, true, $6, $7, $8, $9, $10, 0, 0, 0, 0)
"""
_ADD_PART = "INSERT INTO import_part (program_id, import_id, part, content) VALUES ($1, $2, $3, $4)"
_CLOSE = "UPDATE import SET sha256 = $3, bytes_sent = $4 WHERE program_id = $1 AND import_id = $2"
_SAME = """
SELECT s.import_id FROM import n JOIN import s ON s.program_id = $1 AND s.sent AND s.finished_at IS NULL
  AND s.sha256 = $3 AND s.kind = n.kind AND s.storefront_id IS NOT DISTINCT FROM n.storefront_id
  AND s.dry_run = n.dry_run AND s.dated_now = n.dated_now
WHERE n.program_id = $1 AND n.import_id = $2
"""
_FORGET = "DELETE FROM import WHERE program_id = $1 AND import_id = $2 AND sent AND staged_at IS NULL"
# What a killed process was receiving does not count for long.
_UNFINISHED = """
SELECT count(*) FROM import WHERE program_id = $1 AND sent AND finished_at IS NULL
  AND (sha256 IS NOT NULL OR created_at > clock_timestamp() - interval '1 hour')
"""
_TAKE = f"""
UPDATE import SET started_at = coalesce(started_at, clock_timestamp())
WHERE program_id = $1 AND import_id = (SELECT import_id FROM import
  WHERE program_id = $1 AND sent AND finished_at IS NULL AND sha256 IS NOT NULL ORDER BY import_id LIMIT 1)
RETURNING {_COLUMNS}, sha256
"""  # noqa: S608 - as above
_PART = "SELECT content FROM import_part WHERE program_id = $1 AND import_id = $2 AND part = $3"
_READ = """
UPDATE import SET bytes_read = least($3, bytes_sent)
WHERE program_id = $1 AND import_id = $2 AND finished_at IS NULL AND staged_at IS NULL RETURNING true
"""
_DROP_PARTS = "DELETE FROM import_part WHERE program_id = $1 AND import_id = $2"
_END = """
UPDATE import SET ended = $3, error = $4, finished_at = clock_timestamp()
WHERE program_id = $1 AND import_id = $2 AND sent AND finished_at IS NULL AND sha256 IS NOT NULL
"""
_ERRORS = """
SELECT row, external_id AS id, column_name AS "column", code, message FROM import_row
WHERE program_id = $1 AND import_id = $2 AND code IS NOT NULL AND row > $3 ORDER BY row LIMIT $4
"""
_HEADER = "SELECT header FROM import WHERE program_id = $1 AND import_id = $2"
_CELLS = """
SELECT row, code, message, cells FROM import_row
WHERE program_id = $1 AND import_id = $2 AND code IS NOT NULL AND row > $3 ORDER BY row LIMIT $4
"""
_PAGE = 1_000
# What was given up leaves rows to do, and bytes; what was never sent to its end, too.
_LEFT_OVER = """
SELECT import_id FROM import i WHERE program_id = $1 AND sent AND ended IS NOT NULL AND (EXISTS (
  SELECT FROM import_row r WHERE r.program_id = $1 AND r.import_id = i.import_id AND r.code IS NULL) OR EXISTS (
  SELECT FROM import_part p WHERE p.program_id = $1 AND p.import_id = i.import_id))
"""
_SWEEP_ROWS = """
DELETE FROM import_row WHERE program_id = $1 AND import_id = $2 AND row IN (
  SELECT row FROM import_row WHERE program_id = $1 AND import_id = $2 AND code IS NULL LIMIT 5000)
"""
_SWEEP_PARTS = """
DELETE FROM import_part WHERE program_id = $1 AND import_id = $2 AND part IN (
  SELECT part FROM import_part WHERE program_id = $1 AND import_id = $2 LIMIT 100)
"""
_NEVER_CAME = """
DELETE FROM import WHERE program_id = $1 AND sent AND sha256 IS NULL
  AND created_at < clock_timestamp() - interval '1 day'
"""
# People repair a file within weeks; after that what it said of them goes.
_OLD_CELLS = """
UPDATE import_row r SET cells = NULL FROM import i WHERE r.program_id = $1 AND r.cells IS NOT NULL
  AND i.program_id = $1 AND i.import_id = r.import_id AND i.finished_at < clock_timestamp() - interval '30 days'
"""


async def find(connection: Connection, program_id: int, storefront_id: int | None, import_id: UUID) -> Sent | None:
    """Find an import that a storefront may see (None: that staff may see)."""
    row = await connection.fetchrow(_FIND, program_id, storefront_id, import_id)
    return None if row is None else _told(row)


async def page(
    connection: Connection, program_id: int, storefront_id: int | None, before: UUID | None, limit: int
) -> list[Sent]:
    """List imports, the newest first."""
    return [_told(row) for row in await connection.fetch(_LIST, program_id, storefront_id, before, limit)]


async def unfinished(connection: Connection, program_id: int) -> int:
    """Count those that arrive, wait or run."""
    return int(await connection.fetchval(_UNFINISHED, program_id))


async def begin(
    connection: Connection, source: Source, import_id: UUID, kind: str, file_name: str, how: tuple[str, bool]
) -> None:
    """Insert an import whose bytes are to come; `how`: its format, and whether it is a trial."""
    program_id, (fmt, dry_run) = source.program.program_id, how
    told = (kind, source.storefront_id, file_name, fmt, dry_run, source.dated_now, source.namespace, source.actor)
    await connection.execute(_OPEN, program_id, import_id, *told)


async def add_part(connection: Connection, program_id: int, import_id: UUID, part: int, content: bytes) -> None:
    """Keep a piece of a file."""
    await connection.execute(_ADD_PART, program_id, import_id, part, content)


async def close(connection: Connection, program_id: int, import_id: UUID, sha256: bytes, size: int) -> None:
    """Note that all bytes are there; a unique violation means that the very file is being brought in already."""
    await connection.execute(_CLOSE, program_id, import_id, sha256, size)


async def same(connection: Connection, program_id: int, import_id: UUID, sha256: bytes) -> UUID | None:
    """Find the unfinished import of the bytes that have just come."""
    found: UUID | None = await connection.fetchval(_SAME, program_id, import_id, sha256)
    return found


async def forget(connection: Connection, program_id: int, import_id: UUID) -> None:
    """Remove an import whose bytes never came to their end, or came twice."""
    await connection.execute(_FORGET, program_id, import_id)


async def take(connection: Connection, program_id: int) -> tuple[Sent, bytes] | None:
    """Give the oldest import that is to do, with the hash of its bytes; those are done one after another."""
    row = await connection.fetchrow(_TAKE, program_id)
    return None if row is None else (_told(row), row["sha256"])


async def part(connection: Connection, program_id: int, import_id: UUID, number: int) -> bytes | None:
    """Give a piece of a file; None after the last."""
    found: bytes | None = await connection.fetchval(_PART, program_id, import_id, number)
    return found


async def drop_parts(connection: Connection, program_id: int, import_id: UUID) -> None:
    """Remove the bytes of a file; its rows say what it said."""
    await connection.execute(_DROP_PARTS, program_id, import_id)


async def tell_read(connection: Connection, program_id: int, import_id: UUID, done: int) -> bool:
    """Tell how many bytes are laid out; False when it was given up, or is another process's by now."""
    return bool(await connection.fetchval(_READ, program_id, import_id, done))


async def end(connection: Connection, program_id: int, import_id: UUID, ended: str, error: str | None = None) -> None:
    """Give up an import that has not ended: `failed`, or `cancelled`. What is recorded stays recorded."""
    await connection.execute(_END, program_id, import_id, ended, error)


async def errors(connection: Connection, program_id: int, import_id: UUID, after: int, limit: int) -> list[Refused]:
    """List the rows that were refused, in the order of the file."""
    rows = await connection.fetch(_ERRORS, program_id, import_id, after, limit)
    return [Refused(**dict(row)) for row in rows]


async def refused_cells(database: Database, program_id: int, import_id: UUID) -> AsyncIterator[list[Any]]:
    """Give the names of the columns, then (row, code, message, cells) of every refused row; page by page."""
    async with database.reader() as connection:
        header = await connection.fetchval(_HEADER, program_id, import_id)
    yield msgspec.json.decode(header or "[]")
    after = 0
    while True:
        async with database.reader() as connection:
            rows = await connection.fetch(_CELLS, program_id, import_id, after, _PAGE)
        for row in rows:
            yield [row["row"], row["code"], row["message"], msgspec.json.decode(row["cells"] or "[]")]
        if len(rows) < _PAGE:
            return
        after = rows[-1]["row"]


async def sweep(connection: Connection, program_id: int) -> None:
    """Remove what imports that were given up have left, piece by piece."""
    for row in await connection.fetch(_LEFT_OVER, program_id):
        for statement in (_SWEEP_ROWS, _SWEEP_PARTS):
            while await connection.execute(statement, program_id, row["import_id"]) != "DELETE 0":
                pass


async def tidy(connection: Connection, program_id: int) -> None:
    """Remove files that never came to their end, and what refused rows said long ago."""
    await connection.execute(_NEVER_CAME, program_id)
    await connection.execute(_OLD_CELLS, program_id)


def _told(row: Record) -> Sent:
    told = {name: row[name] for name in Sent.__struct_fields__}
    return Sent(**told | {"ignored": msgspec.json.decode(row["ignored"])})
