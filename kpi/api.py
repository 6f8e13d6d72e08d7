"""The key figures over HTTP: what measures there are, one figure, a series. Only reads; scope `kpis:read`."""

from litestar import Router, get

from kpi import actions
from kpi.bodies import AnswerBody, MeasureBody, MeasuresBody, SeriesBody
from kpi.files_api import routes as files
from kpi.liability.api import routes as liability
from kpi.measure import MEASURES
from kpi.parameters import AsOf, Calling, Compare, End, Grain, Key, Lent, Start, Waiting, day, instant
from kpi.people_api import routes as people
from loyalty.auth.scopes import needs
from loyalty.web.openapi import ALWAYS, READING, problems


@get("/v1/kpis", operation_id="list_kpis", summary="List the measures", tags=["kpis"], responses=problems(*ALWAYS, 403))
async def list_kpis() -> MeasuresBody:
    """List every measure: its words in French and English, unit, whether it may be added up, and what it needs."""
    return MeasuresBody([MeasureBody.of(key, measure) for key, measure in sorted(MEASURES.all().items())])


@get(
    "/v1/kpis/{key:str}",
    operation_id="get_kpi",
    summary="Answer a measure",
    tags=["kpis"],
    responses=problems(*READING, 403),
)
async def get_kpi(
    key: Key,
    start: Start,
    end: End,
    caller: Calling,
    connection: Lent,
    want: Waiting,
    as_of: AsOf = None,
    compare: Compare = None,
) -> AnswerBody:
    """Answer a measure over `[start, end)`, for all, members and non-members, with 95 % intervals."""
    answer = await actions.answer(
        connection,
        caller.program,
        key,
        day(start, "start"),
        day(end, "end"),
        as_of=instant(as_of),
        compare=compare,
    )
    await want(caller.program.program_id, answer.pending)
    return AnswerBody.of(answer)


@get(
    "/v1/kpis/{key:str}/series",
    operation_id="get_kpi_series",
    summary="Answer a measure by period",
    tags=["kpis"],
    responses=problems(*READING, 403),
)
async def get_kpi_series(
    key: Key,
    grain: Grain,
    start: Start,
    end: End,
    caller: Calling,
    connection: Lent,
    want: Waiting,
    as_of: AsOf = None,
) -> SeriesBody:
    """Answer a measure for every day, week, month, quarter or year of `[start, end)`, oldest first, at most 400."""
    series = await actions.series(
        connection, caller.program, key, grain, day(start, "start"), day(end, "end"), as_of=instant(as_of)
    )
    await want(caller.program.program_id, series.pending)
    return SeriesBody.of(series)


routes = [
    Router(
        path="/",
        opt=needs("kpis:read"),
        route_handlers=[list_kpis, get_kpi, get_kpi_series, *people, *files, *liability],
    )
]
