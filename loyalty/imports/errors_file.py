"""The file of errors beside an imported file: one line a refused row, for people who open it in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from loyalty.errors import Invalid

HEADER = ["row", "id", "code", "message"]
# A spreadsheet runs a text that begins so as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class ErrorsFile:
    """Written aside, then renamed: whoever finds it finds all of it. `path` is `FILE.errors.csv`."""

    def __init__(self, imported: Path) -> None:
        """Begin the errors of an imported file; nothing lies at `path` before the end of the block."""
        self.path = imported.with_name(f"{imported.name}.errors.csv")
        # Two may end the same import at the same time, in one process or two, and write the same.
        self._aside = imported.with_name(f".{imported.name}.errors.{uuid4().hex}")

    def __enter__(self) -> Self:
        """Open the file aside."""
        try:
            self._file = self._aside.open("w", encoding="utf-8", newline="")
        except OSError as error:
            msg = f"Cannot write {self.path}: {error.strerror}. Put the imported file where that is allowed."
            raise Invalid(msg) from error
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)
        return self

    def write(self, rows: Iterable[Sequence[object]]) -> None:
        """Add refused rows, each by row, id, code and message."""
        self._writer.writerows([_inert(str(cell)) for cell in row] for row in rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the file in its place, or leave none behind after a failure."""
        self._file.close()
        if error is None:
            self._aside.replace(self.path)
        else:
            self._aside.unlink(missing_ok=True)

    def remove_stale(self) -> None:
        """Remove what an earlier run of the same file left, and nothing else that happens to have that name."""
        with suppress(OSError, UnicodeDecodeError):
            with self.path.open(encoding="utf-8") as file:
                ours = file.readline().rstrip() == ",".join(HEADER)
            if ours:
                self.path.unlink()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
