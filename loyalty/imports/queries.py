"""All the SQL of imports."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from asyncpg import Record

from loyalty.customers.persons import Person, forgetter
from loyalty.imports.facts import ImportFacts, NewImport
from loyalty.imports.rules import Outcome, Staged
from loyalty.statements import Part

if TYPE_CHECKING:
    from loyalty.database import Connection

_FACTS = """json_build_object('import_id', import_id, 'rows', rows, 'recorded', recorded, 'unchanged', unchanged,
  'errors', errors, 'ignored', ignored, 'dry_run', dry_run)::text"""
_FIND = f"""
SELECT {_FACTS} FROM import
WHERE program_id = $1 AND kind = $2 AND storefront_id IS NOT DISTINCT FROM $3 AND sha256 = $4
  AND (finished_at IS NULL) = $5 AND NOT sent
ORDER BY import_id DESC LIMIT 1
"""  # noqa: S608 - constants of this file
_FACTS_OF = f"SELECT {_FACTS} FROM import WHERE program_id = $1 AND import_id = $2"  # noqa: S608 - as above
_OPEN = """
INSERT INTO import (program_id, import_id, kind, storefront_id, file_name, sha256, rows, recorded, unchanged, errors)
VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0)
"""
_ROW_COLUMNS = [
    "program_id", "import_id", "row", "sort_at", "external_id", "item", "code", "message", "column_name", "cells",
]  # fmt: skip
# Not when it was given up, or laid out by another process meanwhile.
_STAGED = """
UPDATE import SET rows = $3, errors = $4, ignored = $5, header = $6, staged_at = clock_timestamp(),
  bytes_read = bytes_sent
WHERE program_id = $1 AND import_id = $2 AND finished_at IS NULL AND staged_at IS NULL RETURNING true
"""
# Of one that was given up, nothing is left to do.
_TO_DO = """
SELECT row, sort_at, external_id, item FROM import_row
WHERE program_id = $1 AND import_id = $2 AND code IS NULL AND (sort_at, external_id, row) > ($3, $4, $5)
  AND EXISTS (SELECT FROM import i WHERE i.program_id = $1 AND i.import_id = $2 AND i.finished_at IS NULL)
ORDER BY sort_at, external_id, row LIMIT $6
"""
# Not FOR UPDATE: rows refer to the import, and NO KEY is all that shutting others out takes.
_LOCK = """
SELECT 1 FROM import WHERE program_id = $1 AND import_id = $2 AND finished_at IS NULL FOR NO KEY UPDATE SKIP LOCKED
"""
_WORKED = """
WITH recorded AS (
  DELETE FROM import_row WHERE program_id = $1 AND import_id = $2 AND row = ANY($3::int[]) AND code IS NULL
  RETURNING 1),
refused AS (
  UPDATE import_row r SET code = n.code, message = n.message, column_name = n.column_name, item = NULL,
    external_id = CASE WHEN n.code = 'customer_erased' THEN '' ELSE r.external_id END,
    cells = CASE WHEN n.code = 'customer_erased' THEN NULL ELSE r.cells END
  FROM unnest($4::int[], $5::text[], $6::text[], $7::text[]) AS n(row, code, message, column_name)
  WHERE r.program_id = $1 AND r.import_id = $2 AND r.row = n.row AND r.code IS NULL RETURNING 1),
counted AS (
  UPDATE import SET recorded = recorded + $8, unchanged = unchanged + $9, errors = errors + $10
  WHERE program_id = $1 AND import_id = $2 RETURNING 1)
SELECT (SELECT count(*) FROM recorded) + (SELECT count(*) FROM refused) FROM counted
"""
_FINISH = """
UPDATE import i SET finished_at = clock_timestamp() WHERE program_id = $1 AND import_id = $2 AND finished_at IS NULL
AND NOT EXISTS (SELECT FROM import_row r WHERE r.program_id = $1 AND r.import_id = $2 AND r.code IS NULL)
"""
_IS_FINISHED = "SELECT finished_at IS NOT NULL FROM import WHERE program_id = $1 AND import_id = $2"
_REFUSED = """
SELECT row, external_id, code, message FROM import_row
WHERE program_id = $1 AND import_id = $2 AND code IS NOT NULL ORDER BY row
"""
_decode = msgspec.json.Decoder(ImportFacts).decode

# A place in the order of an import: when, id, row.
Place = tuple[datetime, str, int]


_FORGET = """
UPDATE import_row SET external_id = '', message = code, cells = NULL
WHERE program_id = $1 AND code IS NOT NULL AND (external_id = ANY({0}::text[]) OR cells::jsonb ?| {0}::text[])
RETURNING 1
"""


async def find(connection: "Connection", new: NewImport, sha256: bytes, *, finished: bool) -> ImportFacts | None:
    """Find the unfinished import of this very file, or its newest finished one."""
    keys = (new.program.program_id, new.kind, new.storefront_id, sha256, not finished)
    found = await connection.fetchval(_FIND, *keys)
    return _decode(found) if found else None


async def facts_of(connection: "Connection", program_id: int, import_id: UUID) -> ImportFacts:
    """Read how far an import is."""
    return _decode(await connection.fetchval(_FACTS_OF, program_id, import_id))


async def open_import(connection: "Connection", new: NewImport, import_id: UUID, sha256: bytes) -> None:
    """Insert an import without rows; a unique violation means that it is there already."""
    name = new.path.name.encode("utf-8", "replace").decode()
    await connection.execute(_OPEN, new.program.program_id, import_id, new.kind, new.storefront_id, name, sha256)


async def copy_rows(connection: "Connection", program_id: int, import_id: UUID, rows: Sequence[Staged]) -> None:
    """Copy a chunk of rows in."""
    records = [(program_id, import_id, *row) for row in rows]
    await connection.copy_records_to_table("import_row", records=records, columns=_ROW_COLUMNS)


async def close_staging(
    connection: "Connection", program_id: int, facts: ImportFacts, header: list[str] | None
) -> bool:
    """Note how many rows there are, how many of them were refused at once, and what was ignored; False: too late."""
    ignored = msgspec.json.encode(facts.ignored).decode()
    names = None if header is None else msgspec.json.encode(header).decode()
    key = (program_id, facts.import_id)
    return bool(await connection.fetchval(_STAGED, *key, facts.rows, facts.errors, ignored, names))


async def to_do(connection: "Connection", program_id: int, import_id: UUID, after: Place, limit: int) -> list[Record]:
    """Read the next rows to do, in the order in which they happened."""
    return await connection.fetch(_TO_DO, program_id, import_id, *after, limit)


async def lock(connection: "Connection", program_id: int, import_id: UUID) -> bool:
    """Keep others out of an import until the commit; False when another process is in, or it is finished."""
    return bool(await connection.fetchval(_LOCK, program_id, import_id))


async def note_outcome(
    connection: "Connection", program_id: int, import_id: UUID, rows: Sequence[int], outcome: Outcome
) -> int:
    """Delete what was recorded, keep what was refused with the reason; gives how many were still to do."""
    refused = [row for row, _, _, _ in outcome.refused]
    why = [[told[place] for told in outcome.refused] for place in (1, 2, 3)]
    done = sorted(set(rows) - set(refused))
    counts = (outcome.recorded, outcome.unchanged, len(refused))
    return int(await connection.fetchval(_WORKED, program_id, import_id, done, refused, *why, *counts) or 0)


async def finish(connection: "Connection", program_id: int, import_id: UUID) -> bool:
    """Finish an import in which nothing is left to do; tells whether it is finished, by whomever."""
    await connection.execute(_FINISH, program_id, import_id)
    return bool(await connection.fetchval(_IS_FINISHED, program_id, import_id))


async def refused_rows(
    connection: "Connection", program_id: int, import_id: UUID
) -> AsyncGenerator[Sequence[object], None]:
    """Go through the rows that were refused, in the order of the file."""
    async with connection.transaction(readonly=True):
        async for row in connection.cursor(_REFUSED, program_id, import_id, prefetch=1000):
            yield tuple(row)


@forgetter
def _forget_rows(person: Person) -> list[Part]:
    """Blank what was refused of a person; that something was refused, and why in one word, stays."""
    return [Part("blanked_import_row", _FORGET, [[external_id for _, external_id in person.aliases]])]
