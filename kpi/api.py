"""The key figures over HTTP: what measures there are, one figure, a series. Only reads; scope `kpis:read`."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Protocol

from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from kpi import actions
from kpi.bodies import AnswerBody, MeasureBody, MeasuresBody, SeriesBody
from kpi.knowledge import BadInstant
from kpi.measure import MEASURES
from kpi.periods import BadPeriod, Days
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts
from loyalty.web.openapi import ALWAYS, READING, problems

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Caller(Protocol):
    """Who asks, and in which programme."""

    @property
    def program(self) -> ProgramFacts:
        """The programme that the key belongs to."""
        ...


class Want(Protocol):
    """How somebody waits for intervals that are still to come."""

    async def __call__(self, program_id: int, pending: Sequence[Days]) -> None:
        """Have them counted soon."""


# All three are the application's own objects, not something that came over the wire: they are not validated.
_Caller = NamedDependency[SkipValidation[Caller]]
_Connection = NamedDependency[SkipValidation[Connection]]
_Want = NamedDependency[SkipValidation[Want]]
_Key = Annotated[str, PathParameter(description="The lasting name of a measure, as `GET /v1/kpis` lists it.")]
_Start = Annotated[
    str, QueryParameter(description="First local day of the programme's zone.", schema_extra={"format": "date"})
]
_End = Annotated[
    str, QueryParameter(description="The local day after the last: exclusive.", schema_extra={"format": "date"})
]
_AsOf = Annotated[
    str | None,
    QueryParameter(
        description="Answer as it was known then (RFC 3339, with an offset); later than `data_as_of` is lowered to it.",
        schema_extra={"format": "date-time"},
    ),
]
_Compare = Annotated[
    str | None,
    QueryParameter(
        description="Answer the period before as well, or the same one a year earlier.",
        schema_extra={"enum": ["previous", "last_year"]},
    ),
]
_Grain = Annotated[
    str,
    QueryParameter(
        description="What to cut the range into; `start` and `end` must each begin one.",
        schema_extra={"enum": ["day", "week", "month", "quarter", "year"]},
    ),
]


@get("/v1/kpis", operation_id="list_kpis", summary="List the measures", tags=["kpis"], responses=problems(*ALWAYS))
async def list_kpis() -> MeasuresBody:
    """List every measure: its words in French and English, unit, whether it may be added up, and what it needs."""
    return MeasuresBody([MeasureBody.of(key, measure) for key, measure in sorted(MEASURES.all().items())])


@get(
    "/v1/kpis/{key:str}",
    operation_id="get_kpi",
    summary="Answer a measure",
    tags=["kpis"],
    responses=problems(*READING),
)
async def get_kpi(
    key: _Key,
    start: _Start,
    end: _End,
    caller: _Caller,
    connection: _Connection,
    want: _Want,
    as_of: _AsOf = None,
    compare: _Compare = None,
) -> AnswerBody:
    """Answer a measure over `[start, end)`, for all, members and non-members, with 95 % intervals."""
    answer = await actions.answer(
        connection,
        caller.program,
        key,
        _day(start, "start"),
        _day(end, "end"),
        as_of=_instant(as_of),
        compare=compare,
    )
    await want(caller.program.program_id, answer.pending)
    return AnswerBody.of(answer)


@get(
    "/v1/kpis/{key:str}/series",
    operation_id="get_kpi_series",
    summary="Answer a measure by period",
    tags=["kpis"],
    responses=problems(*READING),
)
async def get_kpi_series(
    key: _Key,
    grain: _Grain,
    start: _Start,
    end: _End,
    caller: _Caller,
    connection: _Connection,
    want: _Want,
    as_of: _AsOf = None,
) -> SeriesBody:
    """Answer a measure for every day, week, month, quarter or year of `[start, end)`, oldest first, at most 400."""
    series = await actions.series(
        connection, caller.program, key, grain, _day(start, "start"), _day(end, "end"), as_of=_instant(as_of)
    )
    await want(caller.program.program_id, series.pending)
    return SeriesBody.of(series)


routes = [list_kpis, get_kpi, get_kpi_series]


def _day(text: str, name: str) -> date:
    """Read a local day, written YYYY-MM-DD and in no other way."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    msg = f"{name} must be a day of the calendar, written YYYY-MM-DD; {text[:40]!r} is none."
    raise BadPeriod(msg, pointer=f"/{name}")


def _instant(text: str | None) -> datetime | None:
    """Read an instant by RFC 3339; without an offset it would mean another instant on every machine."""
    if text is None:
        return None
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    msg = (
        f"as_of must be an instant with its offset, like 2026-03-31T23:59:59Z; {text[:40]!r} is none."
        " In an address, a + is written %2B."
    )
    raise BadInstant(msg, pointer="/as_of")
