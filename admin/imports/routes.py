"""The addresses of imports: the list with the form, one of them, its refused rows as a file, and stopping it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.imports.drafts import MAX_FORM, Draft, draft_from, sending_of
from admin.imports.listing import base_of, make_form, make_page, make_row
from admin.members.addresses import asked, id_of
from admin.pages import HEADERS, AnyRequest, page, part, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from loyalty.errors import Invalid, Malformed, NotFound
from loyalty.imports.facts import Sent
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.staff import StorefrontFacts
from loyalty.spreadsheets import CSV

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
_LIST = "/p/{program_id:str}/imports"
_ONE = f"{_LIST}/{{number:str}}"
_PIECE = 1 << 18
_MOST_ROWS_DIGITS = 9


@get(_LIST)
async def imports(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form, and the latest imports."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    storefronts = await desk.keys.storefronts(program)
    first = Draft(storefront=storefronts[0].name if storefronts else "")
    return await _list(request, desk, visitor, program, storefronts, first)


@post(_LIST, status_code=200, request_max_body_size=MAX_FORM)
async def send(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Take a file, and go to where it tells how far it is. One that is being brought in already goes on."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f, form, storefronts = _format(request, program), await request.form(), await desk.keys.storefronts(program)
    file = form.get("file")
    name = file.filename if isinstance(file, UploadFile) else ""
    draft = draft_from(said_in(form), storefronts, name, f)
    if draft.errors or not isinstance(file, UploadFile):
        return await _list(request, desk, visitor, program, storefronts, draft, status=422)
    source = _source(request, program, visitor, draft, storefronts)
    try:
        received = await desk.imports.send(source, sending_of(draft, name), _pieces(file))
    except Malformed:
        draft = replace(draft, errors={"file": f.words.gettext("This file is empty.")})
        return await _list(request, desk, visitor, program, storefronts, draft, status=422)
    except Invalid:
        said = f.words.gettext("This is no table and no NDJSON, or too many imports are unfinished. Nothing was kept.")
        return await _list(
            request, desk, visitor, program, storefronts, replace(draft, errors={"file": said}), status=422
        )
    return redirect(f"{base_of(program)}/{received.sent.import_id}")


@get(_ONE)
async def one(
    request: AnyRequest,
    program_id: FromPath[str],
    number: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show how far an import is. The part that changes is asked for again while it runs."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    sent, after = await _found(desk, program, number), asked(request).get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) <= _MOST_ROWS_DIGITS else 0
    refused = await desk.imports.refused(program, sent.import_id, place)
    shown = make_page(program, sent, refused, place, _format(request, program))
    values = {"visitor": visitor.who, "program": program, "page": shown, "changes": visitor.who.role in CHANGES}
    if request.headers.get("hx-request") == "true":
        return part(request, "import.html", "state", values)
    return page(request, "import.html", {**values, "programs": programs})


@get(f"{_ONE}/errors.csv")
async def errors_csv(
    program_id: FromPath[str],
    number: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Stream:
    """Send the refused rows, to be put right and sent again."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    sent = await _found(desk, program, number)
    name = f"import-{str(sent.import_id)[:8]}.errors.csv"
    headers = {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Stream(desk.imports.refused_file(program, sent.import_id), media_type=CSV, headers=headers)


@post(f"{_ONE}/cancel")
async def cancel(
    request: AnyRequest,
    program_id: FromPath[str],
    number: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Stop an import; what it has recorded stays."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    sent = await _found(desk, program, number)
    await desk.imports.cancel(program, sent.import_id)
    return redirect(f"{base_of(program)}/{sent.import_id}")


async def _list(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    storefronts: list[StorefrontFacts],
    draft: Draft,
    *,
    status: int = 200,
) -> Response[str]:
    f = _format(request, program)
    shown = {
        "form": make_form(draft, storefronts, f) if visitor.who.role in CHANGES else None,
        "rows": [make_row(program, sent, f) for sent in await desk.imports.latest(program)],
    }
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "imports.html", {**shell, **shown}, status=status)


async def _found(desk: Desk, program: ProgramFacts, number: str) -> Sent:
    import_id: UUID | None = id_of(number)
    if import_id is None:
        raise NotFoundException
    try:
        return await desk.imports.find(program, import_id)
    except NotFound:
        raise NotFoundException from None


def _source(
    request: AnyRequest, program: ProgramFacts, visitor: Visitor, draft: Draft, storefronts: list[StorefrontFacts]
) -> Source:
    """Say whose rows they are: those of a storefront, under whose ids customers are known."""
    chosen = next((one for one in storefronts if one.name == draft.storefront), None)
    return Source(
        program,
        chosen.storefront_id if chosen else None,
        chosen.namespace if chosen else "default",
        f"user:{visitor.who.user_id}",
        request.scope.get("state", {}).get("request_id", ""),
        "import",
        draft.dated_now,
    )


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
    await file.close()


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [imports, send, one, errors_csv, cancel]
