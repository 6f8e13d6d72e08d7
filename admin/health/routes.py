"""The address of the service's health."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.health.listing import HealthPage, jobs_table, make_page
from admin.pages import AnyRequest, page, reader_of
from admin.program import find_program
from admin.session import Visitor
from loyalty.clock import utc_now
from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager", "analyst")
_PAGE = "/p/{program_id:str}/health"


@get(_PAGE)
async def health(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what waits, what runs, what fails."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "health.html", {**shell, "page": await _shown(desk, program, _format(request, program))})


@get(f"{_PAGE}.csv")
async def health_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the jobs."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f = _format(request, program)
    return csv_response("health", *jobs_table(await _shown(desk, program, f), f))


async def _shown(desk: Desk, program: ProgramFacts, f: Format) -> HealthPage:
    seen = await desk.health(program)
    # The jobs' times are the database's, and so is this.
    now = seen.jobs[0].now if seen.jobs else utc_now()
    return make_page(program, seen, now, f)


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [health, health_csv]
