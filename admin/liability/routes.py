"""The addresses of the page of points and liability, and of its file."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.choice import Asked, Choice
from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.impact.routes import ROLES
from admin.liability.page import liability_table, make_liability
from admin.no_purchases import no_purchases
from admin.pages import AnyRequest, kept, page, reader_of, redirect
from admin.periods import Against, Calendar, Line
from admin.picker import address
from admin.program import find_program
from admin.session import Visitor
from admin.window import grain_of, line_of
from loyalty.programs.facts import ProgramFacts


@get("/p/{program_id:str}/liability")
async def liability(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Show how what members hold came about, in the chosen period and those around it."""
    program, programs = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        return no_purchases(request, desk, visitor, program, programs, "liability")
    asked = Asked.of(request)
    choice = asked.understood(calendar, program)
    if asked.against is not None or not asked.is_canonical(choice):
        return redirect(address(request.url.path, choice.period, Against.PREVIOUS), kept(request))
    f, line = _format(request, program), _line(choice, calendar)
    told = await desk.liability(program, line)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    shown = make_liability(program, calendar, choice, line, told, f)
    return page(request, "liability.html", {**shell, "page": shown})


@get("/p/{program_id:str}/liability.csv")
async def liability_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the table of the page with the same address."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    calendar = await desk.calendar(program)
    if calendar is None:
        raise NotFoundException
    choice = Asked.of(request).understood(calendar, program)
    line = _line(choice, calendar)
    told = await desk.liability(program, line)
    name = f"liability-{choice.period.key}"
    return csv_response(name, *liability_table(program, choice, line, told, _format(request, program)))


ROUTES = [liability, liability_csv]


def _line(choice: Choice, calendar: Calendar) -> Line:
    return line_of(choice.period, grain_of(None, choice.period), calendar.today)


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)
