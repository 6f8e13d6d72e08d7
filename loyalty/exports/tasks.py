"""What the worker does: it writes exports, one after another, of one moment each, in constant memory."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog
from asyncpg import Record

from loyalty.database import Connection
from loyalty.errors import Invalid, Unavailable
from loyalty.exports import queries
from loyalty.exports.actions import kind_of
from loyalty.exports.facts import ExportFacts
from loyalty.exports.kind import ExportKind
from loyalty.jobs.job import Desk
from loyalty.jobs.sweeper import told
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from loyalty.spreadsheets import BYTE_ORDER_MARK, Cell, csv_lines

_ROWS = 1_000
_PART = 256 * 1024
_LONGEST_ERROR = 500
_GZIP = 16 + zlib.MAX_WBITS
# The database was away, or too busy: the job is tried again, and begins anew.
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, Unavailable)
_ATTEMPTS = 5
log = structlog.get_logger("loyalty.exports")


class _Lost(Exception):
    """The export was cancelled, or is another run's by now."""


async def work_off(desk: Desk) -> None:
    """Write every export that waits, the oldest first; removes the files whose time is over."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
    while True:
        async with desk.database.writer() as connection:
            await queries.expire(connection, desk.program_id)
            taken = await queries.take(connection, desk.program_id, desk.run_id)
        if taken is None:
            return
        await _write(desk, program, taken)


async def _write(desk: Desk, program: ProgramFacts, asked: ExportFacts) -> None:
    file = _File(desk, asked)
    try:
        kind = kind_of(asked.kind)
        await _rows(desk, program, asked, kind, file)
    except _Lost:
        return
    except Invalid as error:
        await file.end(error.detail)
    except _AWAY as error:
        if desk.attempt < _ATTEMPTS:
            raise
        await file.end(told(error))
    except Exception as error:
        log.exception("export failed", program_id=desk.program_id, export_id=str(asked.export_id))
        await file.end(told(error))


async def _rows(desk: Desk, program: ProgramFacts, asked: ExportFacts, kind: type[ExportKind], file: "_File") -> None:
    """Read all rows in one snapshot, a thousand at a time."""
    args = (desk.program_id, asked.namespace, asked.storefront_id, *_instants(program, asked), asked.segment)
    async with (
        desk.database.reader() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        file.total = await _count(connection, kind, args)
        cursor = await connection.cursor(kind.sql, *args)
        await file.begin(kind.columns)
        while rows := await cursor.fetch(_ROWS):
            await file.add(_cells(kind, rows, program))
        await file.end()


async def _count(connection: Connection, kind: type[ExportKind], args: Sequence[object]) -> int:
    # What is selected of a row is not looked up for counting; the planner sees to that.
    sql = f"SELECT count(*) FROM ({kind.sql}) AS counted"  # noqa: S608 - our own statement
    return int(await connection.fetchval(sql, *args))


def _cells(kind: type[ExportKind], rows: Iterable[Record], program: ProgramFacts) -> list[Sequence[Cell]]:
    return [kind.cells(row, program) for row in rows]


def _instants(program: ProgramFacts, asked: ExportFacts) -> tuple[datetime | None, datetime | None]:
    """Tell from and before which instants the days are."""

    def begins(day: date | None) -> datetime | None:
        return None if day is None else midnight_after(day, program.zone)

    before = None if asked.from_on is None else asked.from_on - timedelta(days=1)
    return begins(before), begins(asked.to_on)


@dataclass(slots=True)
class _File:
    """A file as it grows: packed, a piece a commit. Whoever lost the export finds so with the next piece."""

    desk: Desk
    asked: ExportFacts
    total: int = 0
    rows: int = 0
    size: int = 0
    number: int = 0
    columns: Sequence[str] = ()
    packer: "zlib._Compress" = field(default_factory=lambda: zlib.compressobj(6, zlib.DEFLATED, _GZIP))
    packed: bytearray = field(default_factory=bytearray)

    async def begin(self, columns: Sequence[str]) -> None:
        """Write the header, where the format has one."""
        self.columns = columns
        if self.asked.format == "csv":
            self._pack(BYTE_ORDER_MARK + "".join(csv_lines([columns])))
        await self._tell()

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows."""
        self._pack("".join(csv_lines(rows) if self.asked.format == "csv" else self._objects(rows)))
        self.rows += len(rows)
        await self._keep(_PART)
        await self._tell()

    async def end(self, error: str | None = None) -> None:
        """End the file, or say why there is none."""
        if error is None:
            self.packed += self.packer.flush()
            await self._keep(1)
        why = None if error is None else error[:_LONGEST_ERROR]
        async with self.desk.database.writer() as connection:
            await queries.end(connection, *self._key, self.rows, self.size, why)

    @property
    def _key(self) -> tuple[int, UUID, UUID]:
        return self.desk.program_id, self.asked.export_id, self.desk.run_id

    def _objects(self, rows: Iterable[Sequence[Cell]]) -> Iterable[str]:
        for row in rows:
            yield msgspec.json.encode(dict(zip(self.columns, row, strict=True))).decode() + "\n"

    def _pack(self, text: str) -> None:
        self.packed += self.packer.compress(text.encode())

    async def _keep(self, least: int) -> None:
        while len(self.packed) >= least:
            piece = bytes(self.packed[:_PART])
            async with self.desk.database.writer() as connection:
                if not await queries.add_part(connection, *self._key, self.number, piece):
                    raise _Lost
            del self.packed[:_PART]
            self.number += 1
            self.size += len(piece)

    async def _tell(self) -> None:
        async with self.desk.database.writer() as connection:
            if not await queries.progress(connection, *self._key, self.rows, max(self.rows, self.total)):
                raise _Lost
