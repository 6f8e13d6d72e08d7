"""The liability over HTTP, as JSON, CSV and XLSX. Only reads; scope `kpis:read`."""

from io import BytesIO

from litestar import Response, get

from kpi.liability import actions
from kpi.liability.actions import Liability
from kpi.liability.bodies import LiabilityBody
from kpi.liability.tables_out import HEADER, rows_of
from kpi.parameters import AsOf, Caller, Calling, End, Grain, Lent, Start, day, instant
from loyalty.database import Connection
from loyalty.spreadsheets import CSV, XLSX, csv_text, write_xlsx
from loyalty.web.openapi import READING, problems


@get(
    "/v1/liability",
    operation_id="get_liability",
    summary="Roll the points liability forward",
    tags=["kpis"],
    responses=problems(*READING, 403),
)
async def get_liability(
    start: Start, end: End, caller: Calling, connection: Lent, grain: Grain = "month", as_of: AsOf = None
) -> LiabilityBody:
    """Tell for every period of `[start, end)` how what customers hold came about, in points and in money.

    opening + issued + restored ± adjusted - redeemed - expired - clawed back = closing, where both ends are what is
    held less what is owed. A breakage estimate stands beside it, with the share that was entered.
    """
    told = await _told(connection, caller, grain, start, end, as_of)
    return LiabilityBody.of(told)


@get(
    "/v1/liability.csv",
    operation_id="download_liability_csv",
    summary="Download the points liability as CSV",
    tags=["kpis"],
    media_type=CSV,
    responses=problems(*READING, 403),
)
async def download_liability_csv(
    start: Start, end: End, caller: Calling, connection: Lent, grain: Grain = "month", as_of: AsOf = None
) -> Response[bytes]:
    """Give the roll-forward as CSV: a row for each period."""
    told = await _told(connection, caller, grain, start, end, as_of)
    return _file(told, "csv", csv_text(HEADER, rows_of(told)).encode(), CSV)


@get(
    "/v1/liability.xlsx",
    operation_id="download_liability_xlsx",
    summary="Download the points liability as XLSX",
    tags=["kpis"],
    media_type=XLSX,
    responses=problems(*READING, 403),
)
async def download_liability_xlsx(
    start: Start, end: End, caller: Calling, connection: Lent, grain: Grain = "month", as_of: AsOf = None
) -> Response[bytes]:
    """Give the roll-forward as a workbook of one sheet, with the rows of the CSV."""
    told = await _told(connection, caller, grain, start, end, as_of)
    book = BytesIO()
    write_xlsx(book, [("liability", HEADER, rows_of(told))])
    return _file(told, "xlsx", book.getvalue(), XLSX)


routes = [get_liability, download_liability_csv, download_liability_xlsx]


async def _told(
    connection: Connection, caller: Caller, grain: str, start: str, end: str, as_of: str | None
) -> Liability:
    return await actions.liability(
        connection, caller.program, day(start, "start"), day(end, "end"), grain, as_of=instant(as_of)
    )


def _file(told: Liability, ending: str, content: bytes, media_type: str) -> Response[bytes]:
    first, last = told.periods[0].roll.days, told.periods[-1].roll.days
    name = f"liability-{told.grain}-{first.start}-{last.end}.{ending}"
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
