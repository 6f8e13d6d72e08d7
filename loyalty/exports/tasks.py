"""What the worker does: it writes exports, one after another, of one moment each, in constant memory."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import structlog

from loyalty.errors import Invalid, Unavailable
from loyalty.exports import queries
from loyalty.exports.actions import kind_of
from loyalty.exports.facts import ExportFacts
from loyalty.exports.reading import Asking, first_line, lines, rows_of
from loyalty.jobs.job import Desk
from loyalty.jobs.sweeper import told
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from loyalty.spreadsheets import Cell

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
        await _rows(desk, program, asked, file)
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


async def _rows(desk: Desk, program: ProgramFacts, asked: ExportFacts, file: "_File") -> None:
    asking = Asking(asked.namespace, asked.storefront_id, asked.from_on, asked.to_on, asked.segment)
    async with desk.database.reader() as connection, rows_of(connection, program, kind_of(asked.kind), asking) as rows:
        file.total = await rows.count()
        await file.begin(rows.kind.columns)
        async for some in rows:
            await file.add(some)
        await file.end()


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
        self._pack(first_line(columns, self.asked.format))
        await self._tell()

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows."""
        self._pack(lines(rows, self.columns, self.asked.format))
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
