"""The address of the search."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import asked, search_of
from admin.pages import AnyRequest, page, reader_of
from admin.program import find_program
from admin.search.listing import Offered, make_page
from admin.session import Visitor
from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager", "analyst", "support")
_SEES_MEMBERS_ONLY = "support"


@get("/p/{program_id:str}/search")
async def search(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what begins so."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    text, role = search_of(asked(request)).text, visitor.who.role
    looked = await desk.looking.look(program, text) if text else None
    offered = await _offered(desk, program) if text and role != _SEES_MEMBERS_ONLY else Offered()
    f = Format(reader_of(request).language, program.currency)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "search.html", {**shell, "page": make_page(program, text, role, looked, offered, f)})


async def _offered(desk: Desk, program: ProgramFacts) -> Offered:
    return Offered(
        rewards=await desk.rewards.listed(program, counted=False),
        rules=await desk.rules.seen(program),
        surveys=(await desk.surveys.listed(program)).surveys,
        segments=await desk.segments.listed(program),
    )


ROUTES = [search]
