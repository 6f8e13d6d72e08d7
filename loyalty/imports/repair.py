"""The refused rows as a file: to be put right in a spreadsheet, and sent again as it is.

Three columns of ours come first, which an import that finds them there leaves aside. No cell can be run as a formula;
the apostrophe that sees to that is taken away when the file comes back.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from loyalty.database import Database
from loyalty.imports.header import ERROR_COLUMNS
from loyalty.imports.sent import refused_cells
from loyalty.spreadsheets import BYTE_ORDER_MARK, csv_lines


async def refused_as_csv(database: Database, program_id: int, import_id: UUID) -> AsyncIterator[str]:
    """Write the refused rows, page by page; of a file of objects, its names are the columns."""
    rows = refused_cells(database, program_id, import_id)
    names = await anext(rows)
    yield BYTE_ORDER_MARK + "".join(csv_lines([[*ERROR_COLUMNS, *names]]))
    async for line, code, message, cells in rows:
        # A row of objects that came before the first with another name has no cell for it yet.
        missing = [""] * (len(names) - len(cells)) if cells else []
        yield "".join(csv_lines([[line, code, message, *cells, *missing]]))
