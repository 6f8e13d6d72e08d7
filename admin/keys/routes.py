"""The addresses of keys: the list, the form that makes one, rotating and revoking one."""

from dataclasses import replace

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.keys.drafts import Draft, draft_from, old_lives_of, opening
from admin.keys.listing import keys_table, make_form, make_page, refused_draft
from admin.members.addresses import asked, id_of, with_query
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.staff import KeysSeen

SEES = ("owner", "manager", "analyst")
# A key may do what nobody's role may, like erasing a person: it is the owner's to give.
CHANGES = ("owner",)
_LIST = "/p/{program_id:str}/keys"
_NEW = "/p/{program_id:str}/new-key"


@get(_LIST)
async def keys(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the storefronts with their keys."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await _show(request, desk, visitor, program)


@get(f"{_LIST}.csv")
async def keys_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f = _format(request, program)
    return csv_response("keys", *keys_table(program, await desk.keys.seen(program), f))


@get(_NEW)
async def form(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    seen = await desk.keys.seen(program)
    return await _form(request, desk, visitor, program, seen, opening(seen.storefronts))


@post(_NEW, status_code=200)
async def create(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Make a key, and show it this once: no address leads to it, so the answer to the form is the page."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    seen, f = await desk.keys.seen(program), _format(request, program)
    draft = draft_from(said_in(await request.form()), seen.storefronts, f)
    if draft.wanted is None:
        return await _form(request, desk, visitor, program, seen, draft, status=422)
    made = await desk.keys.create(program, draft.wanted)
    if made.refusal:
        draft = replace(draft, errors=refused_draft(made.refusal, f))
        return await _form(request, desk, visitor, program, seen, draft, status=409)
    return await _show(request, desk, visitor, program, made=made.key)


@post(f"{_LIST}/{{key:str}}/rotate", status_code=200)
async def rotate(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Make the key that takes over, and show it this once."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    key_id = id_of(key)
    if key_id is None:
        raise NotFoundException
    made = await desk.keys.rotate(program, key_id, old_lives_of(said_in(await request.form())))
    if made.refusal == "not_found":
        raise NotFoundException
    return await _show(request, desk, visitor, program, made=made.key, refusal=made.refusal)


@post(f"{_LIST}/{{key:str}}/revoke")
async def revoke(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """End a key for good."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    key_id = id_of(key)
    if key_id is None or await desk.keys.revoke(program, key_id):
        raise NotFoundException
    return redirect(with_query(f"/admin/p/{program_id}/keys", {"did": "revoked"}))


async def _show(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, *, made: str = "", refusal: str = ""
) -> Response[str]:
    shown = make_page(
        program,
        await desk.keys.seen(program),
        _format(request, program),
        changes=visitor.who.role in CHANGES,
        made=made,
        did=asked(request).get("did", ""),
        refusal=refusal,
    )
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "keys.html", {**shell, "page": shown}, status=409 if refusal else 200)


async def _form(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    seen: KeysSeen,
    draft: Draft,
    *,
    status: int = 200,
) -> Response[str]:
    shown = make_form(program, seen, draft, _format(request, program))
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "key_form.html", {**shell, "page": shown}, status=status)


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [keys, keys_csv, form, create, rotate, revoke]
