"""A table as a CSV file (RFC 4180), for the people who open it in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from litestar import Response

from admin.pages import HEADERS

# Without the mark, Excel reads UTF-8 as an eight-bit code page and spoils every accent.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

# A spreadsheet runs a text that begins so as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | float | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a table. Numbers stay numbers, with a point; a text that could be run gets an apostrophe before it."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_inert(cell) for cell in header])
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return BYTE_ORDER_MARK + buffer.getvalue()


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """Send a table as a file of that name."""
    return Response(
        csv_text(header, rows).encode(),
        media_type="text/csv",
        headers={**HEADERS, "content-disposition": f'attachment; filename="{name}.csv"'},
    )


def _inert(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
