"""The addresses of exports: the list with the form, taking a file, and stopping one."""

from collections.abc import Sequence
from dataclasses import replace

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.exports.drafts import Draft, draft_from
from admin.exports.listing import base_of, exports_table, file_name, make_form, make_page
from admin.format import Format
from admin.forms import said_in
from admin.members.addresses import id_of
from admin.pages import HEADERS, AnyRequest, page, part, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from loyalty.errors import Gone, Invalid, NotFound
from loyalty.exports.facts import ExportFacts
from loyalty.exports.packed import unpacked
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.staff import StorefrontFacts
from loyalty.spreadsheets import CSV

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
_LIST = "/p/{program_id:str}/exports"
_ONE = f"{_LIST}/{{number:str}}"
_TYPES = {"csv": CSV, "ndjson": "application/x-ndjson"}


@get(_LIST)
async def exports(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form and the latest exports. The list is asked for again while one of them runs."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    if request.headers.get("hx-request") == "true":
        shown = make_page(program, await desk.exports.latest(program), _format(request, program))
        changes = visitor.who.role in CHANGES
        values = {"visitor": visitor.who, "program": program, "page": shown, "changes": changes}
        return part(request, "exports.html", "state", values)
    storefronts = await desk.keys.storefronts(program)
    return await _list(request, desk, visitor, program, Draft(storefront=storefronts[0].name if storefronts else ""))


@get(f"{_LIST}.csv")
async def exports_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list, not the files."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f = _format(request, program)
    shown = make_page(program, await desk.exports.latest(program), f)
    return csv_response("exports", *exports_table(shown, f))


@post(_LIST, status_code=200)
async def ask(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Ask for a file."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f, storefronts = _format(request, program), await desk.keys.storefronts(program)
    draft = draft_from(said_in(await request.form()), storefronts, await desk.segments.listed(program), f)
    if draft.wanted is None:
        return await _list(request, desk, visitor, program, draft, status=422)
    try:
        await desk.exports.start(_source(request, program, visitor, draft, storefronts), draft.wanted)
    except (Invalid, NotFound):
        said = f.words.gettext("Too many exports are waiting. Wait for one to end, or cancel one.")
        return await _list(request, desk, visitor, program, replace(draft, errors={"": said}), status=422)
    return redirect(base_of(program))


@get(f"{_ONE}/file")
async def file(
    program_id: FromPath[str],
    number: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Stream:
    """Send a file; 404 once it is gone."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    one = await _found(desk, program, number)
    try:
        pieces = await desk.exports.file(program, one.export_id)
    except (Gone, NotFound):
        raise NotFoundException from None
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{file_name(one)}"'}
    return Stream(unpacked(pieces), media_type=_TYPES[one.format], headers=headers)


@post(f"{_ONE}/cancel")
async def cancel(
    request: AnyRequest,
    program_id: FromPath[str],
    number: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Stop an export."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    one = await _found(desk, program, number)
    await desk.exports.cancel(program, one.export_id)
    return redirect(base_of(program))


async def _list(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, draft: Draft, *, status: int = 200
) -> Response[str]:
    f, changes = _format(request, program), visitor.who.role in CHANGES
    form = None
    if changes:
        form = make_form(draft, await desk.keys.storefronts(program), await desk.segments.listed(program), f)
    shown = {"form": form, "page": make_page(program, await desk.exports.latest(program), f), "changes": changes}
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "exports.html", {**shell, **shown}, status=status)


async def _found(desk: Desk, program: ProgramFacts, number: str) -> ExportFacts:
    export_id = id_of(number)
    if export_id is None:
        raise NotFoundException
    try:
        return await desk.exports.find(program, export_id)
    except NotFound:
        raise NotFoundException from None


def _source(
    request: AnyRequest, program: ProgramFacts, visitor: Visitor, draft: Draft, storefronts: Sequence[StorefrontFacts]
) -> Source:
    """Say whose rows they are: those of a storefront, under whose ids customers are told."""
    chosen = next((one for one in storefronts if one.name == draft.storefront), None)
    return Source(
        program,
        chosen.storefront_id if chosen else None,
        chosen.namespace if chosen else "default",
        f"user:{visitor.who.user_id}",
        request.scope.get("state", {}).get("request_id", ""),
    )


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [exports, exports_csv, ask, file, cancel]
