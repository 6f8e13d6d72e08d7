"""The addresses of what staff did: the page, and its file."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.audit.listing import asked_for, filters_of, make_page, table
from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import asked
from admin.pages import AnyRequest, page, reader_of
from admin.program import find_program
from admin.session import Visitor
from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager")


@get("/p/{program_id:str}/audit")
async def audit(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what staff did, newest first."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    filters = filters_of(asked(request))
    journal = await desk.journal.read(program.program_id, asked_for(filters, program))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(
        request, "audit.html", {**shell, "page": make_page(program, filters, journal, _format(request, program))}
    )


@get("/p/{program_id:str}/audit.csv")
async def audit_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send all that the filters leave, not only the page of it."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    filters = filters_of(asked(request))
    journal = await desk.journal.read(program.program_id, asked_for(filters, program), whole=True)
    return csv_response("audit", *table(program, journal, _format(request, program)))


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [audit, audit_csv]
