"""The addresses of the measures: the list, one of them, the customers behind it, and their files."""

from collections.abc import Sequence

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from admin.choice import Asked, Choice, said_in
from admin.csv_file import csv_response
from admin.data_ends import within_the_data
from admin.desk import Desk
from admin.few_answers import with_enough_answers
from admin.format import Format
from admin.impact.routes import ROLES
from admin.kpis.behind import BehindAsked, Crowd, behind_table, make_behind
from admin.kpis.listing import listed_keys, make_list
from admin.kpis.measure import MeasureAsked, make_measure
from admin.kpis.migration import KEY as MIGRATION
from admin.kpis.pictures.page import picture_table
from admin.kpis.tables import list_table, series_table
from admin.members.addresses import with_query
from admin.members.routes import SEES
from admin.no_purchases import no_purchases
from admin.pages import AnyRequest, kept, page, part, reader_of, redirect
from admin.period_names import PeriodNames
from admin.periods import Calendar
from admin.picker import address
from admin.program import find_program
from admin.session import Visitor
from admin.window import grain_of, line_of
from kpi.answers import Overview
from kpi.measure import MEASURES
from loyalty.programs.facts import ProgramFacts


@get("/p/{program_id:str}/kpis")
async def kpis(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Show every measure over a period."""
    program, programs = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        return no_purchases(request, desk, visitor, program, programs, "kpis")
    asked = Asked.of(request)
    choice = asked.understood(calendar, program)
    if not asked.is_canonical(choice):
        return redirect(address(request.url.path, choice.period, choice.against), kept(request))
    f = _format(request, program)
    overview = await _all(desk, program, calendar, choice)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "kpis.html", {**shell, "page": make_list(program, calendar, choice, overview, f)})


@get("/p/{program_id:str}/kpis.csv")
async def kpis_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list."""
    program, _, calendar = await _with_data(program_id, desk, visitor)
    choice = Asked.of(request).understood(calendar, program)
    names = PeriodNames(_format(request, program), choice.period)
    overview = await _all(desk, program, calendar, choice)
    return csv_response(f"kpis-{choice.period.key}", *list_table(overview, names))


@get("/p/{program_id:str}/kpis/{key:str}")
async def measure(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Show one measure over a period; htmx asks for its figures alone, while an interval is being computed."""
    _check(key)
    program, programs = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        return no_purchases(request, desk, visitor, program, programs, "kpis")
    said = Asked.of(request)
    asked = _asked(request, key, program, calendar, visitor)
    if not said.is_canonical(asked.choice) or said_in(request).get("by", "") != asked.by:
        choice = asked.choice
        return redirect(address(request.url.path, choice.period, choice.against, by=asked.by), kept(request))
    overview = await _one(desk, program, calendar, asked, closely=True)
    tiers = await desk.tiers.seen(program, counted=False) if key == MIGRATION else None
    shown = make_measure(program, calendar, asked, overview, _format(request, program), tiers)
    values = {"visitor": visitor.who, "program": program, "programs": programs, "page": shown}
    if request.headers.get("hx-request"):
        return part(request, "measure.html", "figures", values)
    return page(request, "measure.html", values)


@get("/p/{program_id:str}/kpis/{key:str}/series.csv")
async def series_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send the table below the chart of the page with the same address."""
    _check(key)
    program, _, calendar = await _with_data(program_id, desk, visitor)
    asked = _asked(request, key, program, calendar, visitor)
    overview = await _one(desk, program, calendar, asked)
    name = f"{key}-{asked.choice.period.key}-by-{asked.line.grain}"
    return csv_response(name, *series_table(asked, overview, _format(request, program)))


@get("/p/{program_id:str}/kpis/{key:str}/picture.csv")
async def picture_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send what the picture of the page with the same address shows."""
    _check(key)
    program, _, calendar = await _with_data(program_id, desk, visitor)
    asked = _asked(request, key, program, calendar, visitor)
    overview = await _one(desk, program, calendar, asked, closely=True)
    table = picture_table(overview.answers[key], overview, _format(request, program))
    if table is None:
        raise NotFoundException
    return csv_response(f"{key}-{asked.choice.period.key}-picture", *table)


@get("/p/{program_id:str}/kpis/{key:str}/customers")
async def customers(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Show the customers behind a figure."""
    program, programs, asked = await _behind(request, program_id, key, desk, visitor)
    spoken = {name: value for name, value in asked.said.items() if value}
    if {name: value for name, value in said_in(request).items() if name != "lang"} != spoken:
        return redirect(with_query(request.url.path, asked.said), kept(request))
    crowd = await _crowd(desk, program, asked, whole=False)
    shown = make_behind(program, asked, crowd, _format(request, program))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "behind.html", {**shell, "page": shown})


@get("/p/{program_id:str}/kpis/{key:str}/customers.csv")
async def customers_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send all customers behind a figure."""
    program, _, asked = await _behind(request, program_id, key, desk, visitor)
    crowd = await _crowd(desk, program, asked, whole=True)
    name = f"{key}-{asked.period.key}-{asked.part}"
    return csv_response(name, *behind_table(program, crowd, _format(request, program)))


ROUTES = [kpis, kpis_csv, measure, series_csv, picture_csv, customers, customers_csv]


def _check(key: str) -> None:
    if MEASURES.find(key) is None:
        raise NotFoundException


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


async def _with_data(
    program_id: str, desk: Desk, visitor: Visitor
) -> tuple[ProgramFacts, Sequence[ProgramFacts], Calendar]:
    program, programs = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        raise NotFoundException
    return program, programs, calendar


async def _all(desk: Desk, program: ProgramFacts, calendar: Calendar, choice: Choice) -> Overview:
    overview = await desk.overview(program, listed_keys(), choice.period, choice.against)
    return within_the_data(with_enough_answers(overview), calendar)


async def _one(
    desk: Desk, program: ProgramFacts, calendar: Calendar, asked: MeasureAsked, *, closely: bool = False
) -> Overview:
    choice = asked.choice
    overview = await desk.overview(program, [asked.key], choice.period, choice.against, asked.line, closely=closely)
    return within_the_data(with_enough_answers(overview), calendar)


def _asked(request: AnyRequest, key: str, program: ProgramFacts, calendar: Calendar, visitor: Visitor) -> MeasureAsked:
    choice = Asked.of(request).understood(calendar, program)
    line = line_of(choice.period, grain_of(said_in(request).get("by"), choice.period), calendar.today)
    return MeasureAsked(key, choice, line, sees_people=visitor.who.role in SEES)


async def _behind(
    request: AnyRequest, program_id: str, key: str, desk: Desk, visitor: Visitor
) -> tuple[ProgramFacts, Sequence[ProgramFacts], BehindAsked]:
    _check(key)
    if visitor.who.role not in SEES:
        raise PermissionDeniedException
    program, programs, calendar = await _with_data(program_id, desk, visitor)
    choice = Asked.of(request).understood(calendar, program)
    return program, programs, BehindAsked.of(key, choice.period, said_in(request))


async def _crowd(desk: Desk, program: ProgramFacts, asked: BehindAsked, *, whole: bool) -> Crowd:
    crowd = await desk.behind(program, asked, whole=whole)
    if crowd is None:
        raise NotFoundException
    return crowd
