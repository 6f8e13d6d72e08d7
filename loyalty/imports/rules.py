"""Deciding what a row of a file says: facts to record, or why it cannot be recorded. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from loyalty.errors import LoyaltyError
from loyalty.imports.columns import BadValue, Column
from loyalty.imports.files import Row
from loyalty.imports.header import ERROR_COLUMNS, Layout, is_key
from loyalty.imports.kind import ImportKind, Result
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import inert
from loyalty.web.bounds import MAX_METADATA_BYTES

_encode = msgspec.json.Encoder().encode
# Two ids and what stands between them; a wrong one may be of any length.
_MAX_ID = 257
# What is kept of a row so that it can be repaired.
_MAX_CELLS = 1 << 16
_MAX_MORE = 100
_GUARD = "'"
# As an import stores it: row, sort_at, external_id, item as JSON, code, message, the column, cells as JSON.
Staged = tuple[int, datetime | None, str, str | None, str | None, str | None, str | None, str | None]


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file. `dropped` counts, per column, the rows in which it did not fit into the metadata.

    `keeps_cells`: what the rows said is kept beside what they mean. `more`: names that came beside the columns.
    """

    kind: type[ImportKind]
    program: ProgramFacts
    layout: Layout
    keeps_cells: bool = False
    dropped: dict[str, int] = field(default_factory=dict)
    more: dict[str, None] = field(default_factory=dict)

    def stage(self, row: Row) -> Staged:
        """Decide one row."""
        if self.layout.repaired:
            row = replace(row, fields=[_unguarded(text) for text in row.fields])
        for name in row.more or ():
            # Whoever makes up names without end cannot have each as a column.
            if len(self.more) < _MAX_MORE and is_key(name):
                self.more.setdefault(name)
        cells = self._cells(row) if self.keeps_cells else None
        try:
            values = self._values(row)
            at = values[self.kind.happened]
            told = self.kind.told(values, self.program)
            if self.layout.kept:
                self._keep({name: row.fields[place] for place, name in self.layout.kept if row.fields[place]}, told)
            elif row.more and self.layout.keeps_more:
                self._keep({name: value for name, value in row.more.items() if is_key(name)}, told)
            return row.line, at, self._id(row), _encode(told).decode(), None, None, None, cells
        except BadValue as problem:
            return row.line, None, self._id(row), None, problem.code, problem.message, problem.column, cells

    @property
    def header(self) -> list[str]:
        """Name the columns of the cells kept."""
        return [*self.layout.names, *self.more]

    @property
    def ignored(self) -> list[str]:
        """Name the columns that came to nothing, wholly or in some rows."""
        partly = [f"{name} (in {rows} rows: metadata has at most 4 kB)" for name, rows in self.dropped.items()]
        unknown = [] if self.layout.keeps_more else list(self.more)
        return [*self.layout.ignored, *unknown, *partly]

    def _values(self, row: Row) -> dict[str, Any]:
        """Read every cell, by field; all that is wrong with a row is said at once, under the first code."""
        _check_whole(row, self.layout.width)
        values: dict[str, Any] = {}
        problems: list[tuple[int, BadValue]] = []
        missing: list[tuple[int, Column]] = []
        for place, column in self.layout.known:
            text = row.fields[place]
            if text:
                if column.field in values:
                    why = f"{column.name} says what another column says too"
                    problems.append((place, BadValue("said_twice", why, column.name)))
                try:
                    values[column.field] = column.read(text, self.program)
                except BadValue as problem:
                    told = f"{column.name}: {problem.message}"
                    problems.append((place, BadValue(problem.code, told, column.name)))
                    values[column.field] = None
            elif not column.empty:
                missing.append((place, column))
        problems += [
            (place, BadValue("missing_value", f"{column.name} is empty", column.name))
            for place, column in missing
            if column.field not in values
        ]
        if problems:
            problems.sort(key=itemgetter(0))
            _, first = problems[0]
            raise BadValue(first.code, "; ".join(problem.message for _, problem in problems), first.column)
        return values

    def _cells(self, row: Row) -> str | None:
        """Keep what a row said, in the order of the header; nothing of one that is no row of a table."""
        skipped = len(ERROR_COLUMNS) if self.layout.repaired else 0
        cells = [*row.fields[skipped:], *(_told(row.more.get(name)) for name in self.more if row.more is not None)]
        text = _encode([_storable(cell) for cell in cells]).decode()
        return text if len(text) <= _MAX_CELLS else None

    def _keep(self, metadata: dict[str, Any], told: dict[str, Any]) -> None:
        """Keep unknown columns as metadata: in the order of the file, those that fit."""
        while metadata and len(_encode(metadata)) > MAX_METADATA_BYTES:
            name, _ = metadata.popitem()
            self.dropped[name] = self.dropped.get(name, 0) + 1
        if metadata:
            told["metadata"] = metadata

    def _id(self, row: Row) -> str:
        """Name a row by what it says it is, however wrong."""
        told = "/".join(row.fields[place] for place in self.layout.ids if place < len(row.fields))[:_MAX_ID]
        if told.isprintable():
            return told
        return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in told)


def _unguarded(text: str) -> str:
    """Take away the apostrophe that we put before a cell for the sake of spreadsheets."""
    return text[1:] if text.startswith(_GUARD) and inert(text[1:]) == text else text


def _told(value: object) -> str:
    """Write what came beside the columns of an object as a cell."""
    return value if isinstance(value, str) else "" if value is None else _encode(value).decode()


def _storable(text: str) -> str:
    """Make a text one that PostgreSQL can hold: no NUL, and no half of a character."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _check_whole(row: Row, width: int) -> None:
    if row.problem is not None:
        raise BadValue(row.problem.code, f"{row.place}: {row.problem.message}")
    if len(row.fields) != width:
        raise BadValue("wrong_number_of_fields", f"{row.place}: {len(row.fields)} fields, but the header has {width}")
    text = "".join(row.fields)
    if "\0" in text:
        raise BadValue("nul_character", "the row holds a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadValue("bad_encoding", "the row is not UTF-8") from None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch of rows came to; `refused` has row, code, message and the column that it is about, if any."""

    recorded: int
    unchanged: int
    refused: list[tuple[int, str, str, str | None]]


def outcome_of(
    lines: Sequence[int], results: Sequence[Result | LoyaltyError], columns: Collection[str] = ()
) -> Outcome:
    """Sum up the results of a verb, one per line."""
    refused = [
        (line, r.code, r.detail, _column(r, columns))
        for line, r in zip(lines, results, strict=True)
        if isinstance(r, LoyaltyError)
    ]
    unchanged = sum(not isinstance(result, LoyaltyError) and result.replayed for result in results)
    return Outcome(len(lines) - len(refused) - unchanged, unchanged, refused)


def _column(refusal: LoyaltyError, columns: Collection[str]) -> str | None:
    """Name the column that a refusal points to, where a file has one of that name."""
    name = refusal.pointer.rpartition("/")[2]
    return name if name in columns else None
