"""The rows of an export, of one moment, a thousand at a time; and how they are written, line by line."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from loyalty.database import Connection
from loyalty.exports.facts import Format
from loyalty.exports.kind import ExportKind
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import BYTE_ORDER_MARK, Cell, csv_lines

_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose rows: of a storefront and in its ids, of local days (both included), of customers in a segment."""

    namespace: str
    storefront_id: int | None = None
    from_on: date | None = None
    to_on: date | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """What was asked for, within the transaction that has its moment."""

    connection: Connection
    kind: type[ExportKind]
    program: ProgramFacts
    args: Sequence[object]

    async def count(self) -> int:
        """Tell how many there are."""
        # What is selected of a row is not looked up for counting; the planner sees to that.
        sql = f"SELECT count(*) FROM ({self.kind.sql}) AS counted"  # noqa: S608 - our own statement
        return int(await self.connection.fetchval(sql, *self.args))

    async def __aiter__(self) -> AsyncIterator[list[Sequence[Cell]]]:
        """Give them, a thousand at a time, a cell for each column."""
        cursor = await self.connection.cursor(self.kind.sql, *self.args)
        while rows := await cursor.fetch(_ROWS):
            yield [self.kind.cells(row, self.program) for row in rows]


@asynccontextmanager
async def rows_of(
    connection: Connection, program: ProgramFacts, kind: type[ExportKind], asked: Asking
) -> AsyncIterator[Rows]:
    """Read all rows in one snapshot."""
    until = None if asked.to_on is None else midnight_after(asked.to_on, program.zone)
    since = None if asked.from_on is None else midnight_after(asked.from_on - timedelta(days=1), program.zone)
    args: tuple[object, ...] = (program.program_id, asked.namespace, asked.storefront_id, since, until, asked.segment)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield Rows(connection, kind, program, args)


def first_line(columns: Sequence[str], form: Format) -> str:
    """Write what stands before the rows."""
    return BYTE_ORDER_MARK + "".join(csv_lines([columns])) if form == "csv" else ""


def lines(rows: Sequence[Sequence[Cell]], columns: Sequence[str], form: Format) -> str:
    """Write rows."""
    if form == "csv":
        return "".join(csv_lines(rows))
    return "".join(msgspec.json.encode(dict(zip(columns, row, strict=True))).decode() + "\n" for row in rows)
