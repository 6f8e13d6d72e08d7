"""The addresses of refused calls: the list, its file, one of them, and having it done again."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import asked, id_of, with_query
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.purchases.addresses import REPLAYS, SEES
from admin.purchases.refused_filters import asked_for, filters_of
from admin.purchases.refused_listing import make_refusal, make_refused, table
from admin.session import Visitor, check_form
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts


@get("/p/{program_id:str}/purchases/refused")
async def refused(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show a page of refused calls, newest first."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    filters = filters_of(asked(request))
    seen = await desk.refusals.seen(program, asked_for(filters, program))
    shown = make_refused(program, filters, seen, await desk.keys.storefronts(program), _format(request, program))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "refused.html", {**shell, "page": shown})


@get("/p/{program_id:str}/purchases/refused.csv")
async def refused_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list as it is on the page."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = await desk.refusals.seen(program, asked_for(filters_of(asked(request)), program))
    return csv_response("refused", *table(program, seen, _format(request, program)))


@get("/p/{program_id:str}/purchases/refused/{refusal:str}")
async def refusal(
    request: AnyRequest,
    program_id: FromPath[str],
    refusal: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show one, with what it said and why it was refused."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await _show(request, desk, visitor, program, id_of(refusal))


@post("/p/{program_id:str}/purchases/refused/{refusal:str}/replay")
async def replay(
    request: AnyRequest,
    program_id: FromPath[str],
    refusal: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Have it done again, and tell what came of it."""
    program, _ = await find_program(program_id, desk, visitor, REPLAYS)
    await check_form(request, desk, visitor)
    number = id_of(refusal)
    if number is None:
        raise NotFoundException
    request_id = request.scope.get("state", {}).get("request_id", "")
    try:
        done = await desk.refusals.replay(program, visitor.who.user_id, request_id, number)
    except NotFound:
        raise NotFoundException from None
    if done.done:
        return redirect(with_query(f"/admin/p/{program_id}/purchases/refused/{number}", {"did": "replay"}))
    return await _show(request, desk, visitor, program, number, tried=(done.code, done.detail), status=409)


async def _show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    number: UUID | None,
    *,
    tried: tuple[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    found = await desk.refusals.opened(program, number) if number else None
    if found is None:
        raise NotFoundException
    replays = visitor.who.role in REPLAYS
    shown = make_refusal(program, found, _format(request, program), replays=replays, tried=tried)
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "refusal.html", {**shell, "page": shown}, status=status)


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [refused, refused_csv, refusal, replay]
