"""Deciding what a row of a file says: facts to record, or why it cannot be recorded. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from loyalty.errors import LoyaltyError
from loyalty.imports.columns import BadValue
from loyalty.imports.files import Row
from loyalty.imports.header import Layout
from loyalty.imports.kind import ImportKind, Result
from loyalty.programs.facts import ProgramFacts
from loyalty.web.bounds import MAX_METADATA_BYTES

_encode = msgspec.json.Encoder().encode
# Two ids and what stands between them; a wrong one may be of any length.
_MAX_ID = 257
# As an import stores it: row, sort_at, external_id, item as JSON, code, message.
Staged = tuple[int, datetime | None, str, str | None, str | None, str | None]


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file. `dropped` counts, per column, the rows in which it did not fit into the metadata."""

    kind: type[ImportKind]
    program: ProgramFacts
    layout: Layout
    dropped: dict[str, int] = field(default_factory=dict)

    def stage(self, row: Row) -> Staged:
        """Decide one row."""
        try:
            values = self._values(row)
            at = values[self.kind.happened]
            told = self.kind.told(values, self.program)
            if self.layout.kept:
                self._keep(row.fields, told)
            return row.line, at, self._id(row), _encode(told).decode(), None, None
        except BadValue as problem:
            return row.line, None, self._id(row), None, problem.code, problem.message

    @property
    def ignored(self) -> list[str]:
        """Name the columns that came to nothing, wholly or in some rows."""
        partly = [f"{name} (in {rows} rows: metadata has at most 4 kB)" for name, rows in self.dropped.items()]
        return [*self.layout.ignored, *partly]

    def _values(self, row: Row) -> dict[str, Any]:
        """Read every cell, by field; all that is wrong with a row is said at once, under the first code."""
        _check_whole(row, self.layout.width)
        values: dict[str, Any] = {}
        problems: list[BadValue] = []
        for place, column in self.layout.known:
            text = row.fields[place]
            if text:
                try:
                    values[column.field] = column.read(text, self.program)
                except BadValue as problem:
                    problems.append(BadValue(problem.code, f"{column.name}: {problem.message}"))
            elif not column.empty:
                problems.append(BadValue("missing_value", f"{column.name} is empty"))
        if problems:
            raise BadValue(problems[0].code, "; ".join(problem.message for problem in problems))
        return values

    def _keep(self, fields: list[str], told: dict[str, Any]) -> None:
        """Keep unknown columns as metadata: in the order of the file, those that fit."""
        metadata = {name: fields[place] for place, name in self.layout.kept if fields[place]}
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
    """What a batch of rows came to; `refused` has row, code and message."""

    recorded: int
    unchanged: int
    refused: list[tuple[int, str, str]]


def outcome_of(lines: Sequence[int], results: Sequence[Result | LoyaltyError]) -> Outcome:
    """Sum up the results of a verb, one per line."""
    refused = [(line, r.code, r.detail) for line, r in zip(lines, results, strict=True) if isinstance(r, LoyaltyError)]
    unchanged = sum(not isinstance(result, LoyaltyError) and result.replayed for result in results)
    return Outcome(len(lines) - len(refused) - unchanged, unchanged, refused)
