"""The addresses of a programme's settings: the page, and changing them."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.members.addresses import asked, with_query
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.settings.drafts import Draft, draft_from, opening, was_of
from admin.settings.listing import make_page
from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
_PAGE = "/p/{program_id:str}/settings"


@get(_PAGE)
async def settings(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what holds."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await _show(request, desk, visitor, program, opening(program.policies))


@post(_PAGE, status_code=200)
async def change(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Decide otherwise from now on."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    said = said_in(await request.form())
    draft, was = draft_from(said, Format(reader_of(request).language, program.currency)), was_of(said)
    if draft.wanted is None:
        return await _show(request, desk, visitor, program, draft, status=422)
    refusal = "edited_meanwhile" if was is None else await desk.settings.set_policies(program, was, draft.wanted)
    if refusal:
        return await _show(request, desk, visitor, program, opening(program.policies), refusal=refusal, status=409)
    return redirect(with_query(f"/admin/p/{program_id}/settings", {"did": "changed"}))


async def _show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    draft: Draft,
    *,
    refusal: str = "",
    status: int = 200,
) -> Response[str]:
    f = Format(reader_of(request).language, program.currency)
    changes, did = visitor.who.role in CHANGES, asked(request).get("did", "")
    shown = make_page(program, draft, f, changes=changes, did=did, refusal=refusal)
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "settings.html", {**shell, "page": shown}, status=status)


ROUTES = [settings, change]
