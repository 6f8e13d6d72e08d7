"""The addresses of the team: the list, letting somebody in, another link, a role, letting somebody go."""

from dataclasses import replace
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.members.addresses import asked, id_of, with_query
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.team.listing import Draft, make_page, refused_draft, team_table
from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager")
CHANGES = ("owner",)
_LIST = "/p/{program_id:str}/team"
_ONE = f"{_LIST}/{{person:str}}"


@get(_LIST)
async def team(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show who may come in."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await _show(request, desk, visitor, program, Draft())


@get(f"{_LIST}.csv")
async def team_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f = _format(request, program)
    shown = make_page(program, await desk.team.seen(), visitor.who.user_id, None, f)
    return csv_response("team", *team_table(shown, f))


@post(_LIST, status_code=200)
async def invite(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Let somebody in, and show the link this once: no address leads to it, so the answer to the form is the page."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    said, f = said_in(await request.form()), _format(request, program)
    draft = Draft((said.get("email") or [""])[-1], (said.get("role") or [""])[-1])
    invited = await desk.team.invite(draft.email, draft.role)
    if invited.refusal:
        draft = replace(draft, errors=refused_draft(invited.refusal, f))
        return await _show(request, desk, visitor, program, draft, status=422)
    return await _show(request, desk, visitor, program, Draft(), link=(_whole(desk, invited.path), draft.email))


@post(f"{_ONE}/link", status_code=200)
async def another_link(
    request: AnyRequest,
    program_id: FromPath[str],
    person: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Make another link for somebody, and show it this once."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    user_id = _someone(person)
    invited = await desk.team.link(user_id)
    if invited.refusal:
        raise NotFoundException
    whose = next((one.email for one in await desk.team.seen() if one.user_id == user_id), "")
    return await _show(request, desk, visitor, program, Draft(), link=(_whole(desk, invited.path), whose))


@post(f"{_ONE}/role", status_code=200)
async def change_role(
    request: AnyRequest,
    program_id: FromPath[str],
    person: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Change what somebody may do."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    user_id, said = _someone(person), said_in(await request.form())
    own = user_id == visitor.who.user_id
    refusal = "oneself" if own else await desk.team.set_role(user_id, (said.get("role") or [""])[-1])
    return await _ended(request, desk, visitor, program, refusal, "role")


@post(f"{_ONE}/end", status_code=200)
async def let_go(
    request: AnyRequest,
    program_id: FromPath[str],
    person: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Let somebody go."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    user_id = _someone(person)
    refusal = "oneself" if user_id == visitor.who.user_id else await desk.team.let_go(user_id)
    return await _ended(request, desk, visitor, program, refusal, "gone")


async def _ended(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, refusal: str, did: str
) -> Response[str] | Response[None]:
    if refusal == "not_found":
        raise NotFoundException
    if refusal:
        return await _show(request, desk, visitor, program, Draft(), refusal=refusal, status=409)
    return redirect(with_query(f"/admin/p/{program.program_id}/team", {"did": did}))


async def _show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    draft: Draft,
    *,
    link: tuple[str, str] = ("", ""),
    refusal: str = "",
    status: int = 200,
) -> Response[str]:
    shown = make_page(
        program,
        await desk.team.seen(),
        visitor.who.user_id,
        draft if visitor.who.role in CHANGES else None,
        _format(request, program),
        link=link,
        did=asked(request).get("did", ""),
        refusal=refusal,
    )
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "team.html", {**shell, "page": shown}, status=status)


def _someone(person: str) -> UUID:
    user_id = id_of(person)
    if user_id is None:
        raise NotFoundException
    return user_id


def _whole(desk: Desk, path: str) -> str:
    return desk.public_url.rstrip("/") + path


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [team, team_csv, invite, another_link, change_role, let_go]
