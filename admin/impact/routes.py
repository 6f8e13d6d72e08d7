"""The addresses of the Impact page and of its files. Every filter is in the address, and only there."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.choice import Asked
from admin.csv_file import csv_response
from admin.data_ends import within_the_data
from admin.desk import Desk
from admin.effects.evidence import make_evidence
from admin.effects.objectives import objective_rows
from admin.effects.returns import make_return
from admin.effects.routes import ACTS
from admin.few_answers import with_enough_answers
from admin.format import Format
from admin.impact.flow import KEY as FLOW
from admin.impact.flow import flow_table
from admin.impact.page import keys, make_page
from admin.impact.points import points_table
from admin.impact.tables import impact_table, retention_table
from admin.no_purchases import no_purchases
from admin.pages import AnyRequest, kept, page, reader_of, redirect
from admin.period_names import PeriodNames
from admin.picker import address
from admin.program import find_program
from admin.session import Visitor
from kpi.answers import Overview

ROLES = ("owner", "manager", "analyst")


@get("/impact")
async def home(
    request: AnyRequest, desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Open the first programme's page; without a programme, say how one is made."""
    programs = await desk.programs()
    if not programs:
        return page(request, "no_program.html", {"visitor": visitor.who, "program": None, "programs": programs})
    # Support sees no figures, so its first page is the people.
    first = "impact" if visitor.who.role in ROLES else "members"
    return redirect(f"/admin/p/{programs[0].program_id}/{first}", kept(request))


@get("/p/{program_id:str}/impact")
async def impact(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Show the page of a period. An address that can be said shorter or better is sent to its one form."""
    program, programs = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        return no_purchases(request, desk, visitor, program, programs, "impact")
    f = Format(reader_of(request).language, program.currency)
    asked = Asked.of(request)
    choice = asked.understood(calendar, program)
    if not asked.is_canonical(choice):
        return redirect(address(request.url.path, choice.period, choice.against), kept(request))
    overview = await desk.overview(program, keys(), choice.period, choice.against)
    overview = within_the_data(with_enough_answers(overview), calendar)
    seen = await desk.effects.seen(program)
    shown: dict[str, object] = {
        "page": make_page(program, calendar, choice, overview, f),
        "evidence": make_evidence(seen, program.timezone, f),
        "returned": make_return(seen, await desk.effects.account(program, seen), program, f),
        "objectives": objective_rows(seen.objectives, f),
        "may_aim": visitor.who.role in ACTS,
    }
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "impact.html", {**shell, **shown})


@get("/p/{program_id:str}/impact.csv")
async def impact_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the figures of the tiles."""
    overview, names = await _figures(request, program_id, desk, visitor)
    return csv_response(f"impact-{names.chosen.key}", *impact_table(overview, names))


@get("/p/{program_id:str}/retention.csv")
async def retention_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the table below the chart."""
    overview, names = await _figures(request, program_id, desk, visitor)
    return csv_response(f"retention-{names.chosen.key}", *retention_table(overview, names))


@get("/p/{program_id:str}/flow.csv")
async def flow_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the flow of customers."""
    overview, names = await _figures(request, program_id, desk, visitor)
    return csv_response(f"flow-{names.chosen.key}", *flow_table(overview.answers.get(FLOW), names))


@get("/p/{program_id:str}/points.csv")
async def points_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the table of points below its chart."""
    overview, names = await _figures(request, program_id, desk, visitor)
    return csv_response(f"points-{names.chosen.key}", *points_table(overview, names))


async def _figures(request: AnyRequest, program_id: str, desk: Desk, visitor: Visitor) -> tuple[Overview, PeriodNames]:
    """Answer what the page with the same address shows."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        raise NotFoundException
    choice = Asked.of(request).understood(calendar, program)
    names = PeriodNames(Format(reader_of(request).language, program.currency), choice.period)
    overview = await desk.overview(program, keys(), choice.period, choice.against)
    return within_the_data(with_enough_answers(overview), calendar), names


ROUTES = [home, impact, impact_csv, retention_csv, flow_csv, points_csv]
