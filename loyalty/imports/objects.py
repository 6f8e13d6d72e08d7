"""Reading a file of objects (NDJSON): one JSON object a line, its names those of the columns of a table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from loyalty.imports.columns import BadValue, shown
from loyalty.imports.files import DAMAGED, Lines, Row, TextFile
from loyalty.imports.kind import ImportKind

# Numbers keep their digits: 12.50 is no 12.5, and money is no float.
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=str).decode
_TRUE = {True: "true", False: "false"}


class ObjectsFile(TextFile):
    """A file of objects. `rows` goes through it once, each row with a field for every column of the kind."""

    def __init__(self, path: Path, kind: type[ImportKind], name: str = "") -> None:
        """Open it; which columns there are is said by the kind."""
        super().__init__(path, name)
        self._columns = kind.columns
        self._names = {column.name for column in kind.columns}

    def rows(self) -> Iterator[Row]:
        """Give the rows that are not blank."""
        lines = Lines(self.text)
        while True:
            try:
                line = next(lines)
                if not line.isspace():
                    yield self._row(lines.number, line)
            except StopIteration:
                return
            except BadValue as problem:
                yield Row(lines.number, lines.number, [], problem)
            except DAMAGED as error:
                raise self.damaged(error) from error

    def _row(self, number: int, line: str) -> Row:
        if "\\u0000" in line or "\0" in line:
            raise BadValue("nul_character", "the row holds a NUL character")
        try:
            told = _decode(line.encode())
        except UnicodeEncodeError:
            raise BadValue("bad_encoding", "the row is not UTF-8") from None
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
            raise BadValue("bad_json", f"{shown(line.strip())} is no JSON object: {error}") from None
        for column in self._columns:
            # A name that was forgotten must not silently make every purchase one of nobody.
            if column.required and column.empty and column.name not in told:
                raise BadValue("missing_value", f"{column.name} is not there; null says that there is none")
        fields = [_text(column.name, told.get(column.name)) for column in self._columns]
        return Row(number, number, fields, more={name: told[name] for name in told if name not in self._names})


def _text(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _TRUE[value]
        case str() | int():
            return str(value)
    raise BadValue("bad_value", f"{name}: a list or an object cannot stand there")
