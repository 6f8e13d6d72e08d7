"""Reading a file: its bytes, plain or gzip, line by line into rows, in constant memory. What is wrong stays in its row.

Text that is no UTF-8 is carried through as lone surrogates, so that one bad byte spoils one row and not the file.
"""

import csv
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from hashlib import sha256
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from loyalty.errors import Invalid
from loyalty.imports.columns import BadValue

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A row beyond this is no row of a table, and would have to be held in memory.
MAX_LINE = 1 << 20
# What a file may unpack to; a few bytes of gzip can be terabytes of zeros.
MAX_TEXT = 4 << 30
_BLOCK = 1 << 20
DAMAGED = (EOFError, BadGzipFile, zlib.error)
_GZIP = b"\x1f\x8b"
_NO_CSV = {b"PK\x03\x04": "an Excel or zip file", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"%PDF": "a PDF"}

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the lines at which it begins (the header's is 1) and ends, and its fields, or why it has none."""

    line: int
    last: int
    fields: list[str]
    problem: BadValue | None = None
    # Of objects: what has no column, as it came.
    more: dict[str, Any] | None = None

    @property
    def place(self) -> str:
        """Say where it stands: a quote that is never closed takes later lines into its row."""
        return f"line {self.line}" if self.last <= self.line else f"lines {self.line} to {self.last}, read as one row"


class FileChanged(Invalid):
    """Somebody wrote into the file while it was read."""

    code = "file_changed"


def fingerprint(path: Path, tell: Tell) -> bytes:
    """Hash the bytes of a file as they lie; tells how many of how many are done."""
    total, digest, done = path.stat().st_size, sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            tell(done, total)
    return digest.digest()


def foreign(start: bytes) -> str | None:
    """Tell what a file is that is no text, by its first bytes."""
    return next((what for sign, what in _NO_CSV.items() if start.startswith(sign)), None)


class TextFile:
    """An open file of lines. `finish` makes sure that it is still the file that was hashed."""

    def __init__(self, path: Path, name: str = "") -> None:
        """Open it, under the name that people know; `Invalid` when its first bytes are those of something else."""
        self.total = path.stat().st_size
        self._tally = _Tally(path.open("rb"))
        raw = BufferedReader(self._tally, _BLOCK)
        start = raw.peek(4)[:4]
        if what := foreign(start):
            self._tally.close()
            msg = f"{name or path.name} is {what}; save it as CSV in UTF-8."
            raise Invalid(msg)
        text = cast("BinaryIO", GzipFile(fileobj=raw)) if start.startswith(_GZIP) else raw
        # Held here, because a wrapper that is let go of closes what it wraps.
        self.text = TextIOWrapper(text, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._raw = raw
        self._name = name or path.name

    @property
    def done(self) -> int:
        """How many bytes of the file have been read."""
        return self._tally.done

    def finish(self, expected: bytes) -> None:
        """Refuse a file whose bytes are not those of the fingerprint."""
        while self._raw.read(_BLOCK):
            pass
        if self._tally.digest.digest() != expected:
            msg = f"{self._name} changed while it was read; nothing of it was recorded. Run it again once it is whole."
            raise FileChanged(msg)

    def damaged(self, error: Exception) -> Invalid:
        """Refuse a file that cannot be unpacked."""
        return Invalid(f"{self._name} is a damaged gzip file ({error}); nothing of it was recorded.")

    def close(self) -> None:
        """Close the file."""
        self.text.close()
        self._tally.close()


class CsvFile(TextFile):
    """A table. `rows` goes through it once."""

    def rows(self) -> Iterator[Row]:
        """Give the rows that are not blank, the header first."""
        lines = Lines(self.text)
        reader = csv.reader(lines, strict=True)
        while True:
            line = lines.number + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, lines.number, [], BadValue("bad_csv", f"the quotes do not fit: {error}"))
                continue
            except BadValue as problem:
                yield Row(line, lines.number, [], problem)
                continue
            except DAMAGED as error:
                raise self.damaged(error) from error
            if fields:
                yield Row(line, lines.number, fields)


class _Tally(RawIOBase):
    """The file's bytes, counted and hashed as they pass."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.done = 0
        self.digest = sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        block = self._file.read(len(view))
        view[: len(block)] = block
        self.digest.update(block)
        self.done += len(block)
        return len(block)

    def close(self) -> None:
        self._file.close()
        super().close()


class Lines:
    """The lines of a text, numbered; goes on after one that is too long, which a generator could not."""

    def __init__(self, text: TextIOWrapper) -> None:
        """Begin at the beginning."""
        self._text = text
        self._length = 0
        self.number = 0

    def __iter__(self) -> "Lines":
        """Go through it once."""
        return self

    def __next__(self) -> str:
        """Give the next line, with its end; `BadValue` for one that is too long."""
        line = self._next()
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            while (rest := self._next()) and not rest.endswith(("\n", "\r")):
                pass
            raise BadValue("row_too_long", f"the line is longer than {MAX_LINE} characters")
        return line

    def _next(self) -> str:
        line = self._text.readline(MAX_LINE)
        self._length += len(line)
        if self._length > MAX_TEXT:
            msg = f"The file unpacks to more than {MAX_TEXT >> 30} GB; send it in parts."
            raise Invalid(msg)
        return line
