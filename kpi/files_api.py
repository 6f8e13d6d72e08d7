"""A series of figures as a file over HTTP: CSV for any program, XLSX for a spreadsheet. Scope `kpis:read`."""

from io import BytesIO

from litestar import Response, get

from kpi import actions
from kpi.answers import Series
from kpi.parameters import AsOf, Caller, Calling, End, Grain, Key, Lent, Start, day, instant
from kpi.tables_out import HEADER, rows_of
from loyalty.database import Connection
from loyalty.spreadsheets import CSV, XLSX, csv_text, write_xlsx
from loyalty.web.openapi import READING, problems


@get(
    "/v1/kpis/{key:str}/series.csv",
    operation_id="download_kpi_series_csv",
    summary="Download a measure by period as CSV",
    tags=["kpis"],
    media_type=CSV,
    responses=problems(*READING, 403),
)
async def download_kpi_series_csv(
    key: Key, grain: Grain, start: Start, end: End, caller: Calling, connection: Lent, as_of: AsOf = None
) -> Response[bytes]:
    """Give a series as CSV: a row for each period and segment, with counts, value, interval and difference."""
    series = await _series(connection, caller, key, grain, start, end, as_of)
    return _file(series, "csv", csv_text(HEADER, rows_of(series)).encode(), CSV)


@get(
    "/v1/kpis/{key:str}/series.xlsx",
    operation_id="download_kpi_series_xlsx",
    summary="Download a measure by period as XLSX",
    tags=["kpis"],
    media_type=XLSX,
    responses=problems(*READING, 403),
)
async def download_kpi_series_xlsx(
    key: Key, grain: Grain, start: Start, end: End, caller: Calling, connection: Lent, as_of: AsOf = None
) -> Response[bytes]:
    """Give a series as a workbook of one sheet, with the rows of the CSV."""
    series = await _series(connection, caller, key, grain, start, end, as_of)
    book = BytesIO()
    write_xlsx(book, [(key, HEADER, rows_of(series))])
    return _file(series, "xlsx", book.getvalue(), XLSX)


routes = [download_kpi_series_csv, download_kpi_series_xlsx]


async def _series(
    connection: Connection, caller: Caller, key: str, grain: str, start: str, end: str, as_of: str | None
) -> Series:
    return await actions.series(
        connection, caller.program, key, grain, day(start, "start"), day(end, "end"), as_of=instant(as_of), patient=True
    )


def _file(series: Series, ending: str, content: bytes, media_type: str) -> Response[bytes]:
    name = f"{series.key}-{series.grain}-{series.periods[0].period.start}-{series.periods[-1].period.end}.{ending}"
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
