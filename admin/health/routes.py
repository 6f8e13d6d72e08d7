"""The address of the service's health."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.health.listing import make_page
from admin.pages import AnyRequest, page, reader_of
from admin.program import find_program
from admin.session import Visitor
from loyalty.clock import utc_now

SEES = ("owner", "manager", "analyst")


@get("/p/{program_id:str}/health")
async def health(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what waits, what runs, what fails."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    seen = await desk.health(program)
    f = Format(reader_of(request).language, program.currency)
    # The jobs' times are the database's, and so is this.
    now = seen.jobs[0].now if seen.jobs else utc_now()
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "health.html", {**shell, "page": make_page(program, seen, now, f)})


ROUTES = [health]
