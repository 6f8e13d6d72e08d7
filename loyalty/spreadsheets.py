"""Tables as files, for the people who open them in a spreadsheet: CSV (RFC 4180) and XLSX.

Cells are `None`, texts and numbers. Numbers stay numbers, with a point; no text is ever run as a formula.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain
from typing import IO

from xlsxwriter import Workbook

Cell = str | int | float | None

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Without the mark, Excel reads UTF-8 as an eight-bit code page and spoils every accent.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

# A spreadsheet runs a text that begins so as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# What a sheet's name may not hold, and how long it may be (Excel).
_LONGEST_NAME = 31
# Past that, a cell of a sheet would lose digits: Excel's numbers are floats.
_EXACT = 2**53


def inert(cell: Cell) -> Cell:
    """Put an apostrophe before a text that a spreadsheet would run."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Write rows, a line each, without the byte order mark."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a table as a file's text, with the mark."""
    return BYTE_ORDER_MARK + "".join(csv_lines(chain([header], rows)))


def write_xlsx(to: IO[bytes], sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> None:
    """Write a workbook of (name, header, rows), a row at a time: it never stands in memory as a whole."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(to, options) as book:
        bold = book.add_format({"bold": True})
        for name, header, rows in sheets:
            sheet = book.add_worksheet(name[:_LONGEST_NAME])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(header) - 1, 14)
            for column, word in enumerate(header):
                sheet.write_string(0, column, word, bold)
            for number, row in enumerate(rows, 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str) or (isinstance(cell, int) and abs(cell) > _EXACT):
                        sheet.write_string(number, column, str(cell))
                    elif cell is not None:
                        sheet.write_number(number, column, cell)
