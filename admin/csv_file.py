"""A table of the panel as a CSV file."""

from collections.abc import Iterable, Sequence

from litestar import Response

from admin.pages import HEADERS
from loyalty.spreadsheets import CSV, Cell, csv_text

__all__ = ["Cell", "csv_response", "csv_text"]


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """Send a table as a file of that name."""
    return Response(
        csv_text(header, rows).encode(),
        media_type=CSV,
        headers={**HEADERS, "content-disposition": f'attachment; filename="{name}.csv"'},
    )
