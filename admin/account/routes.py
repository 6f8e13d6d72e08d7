"""The addresses of one's own page: password, codes of an app, sessions."""

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.account.listing import make_page
from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.members.addresses import asked, id_of, with_query
from admin.pages import HEADERS, AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form, session_cookie
from loyalty.auth.codes import app_address
from loyalty.auth.team import ROLES
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.pictures import qr_svg

_PAGE = "/p/{program_id:str}/account"


@get(_PAGE)
async def account(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show how one comes in."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    return await _show(request, desk, visitor, program)


@get(f"{_PAGE}/codes.svg")
async def codes_picture(
    program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Draw the secret for the app's camera, while it waits to be entered."""
    await find_program(program_id, desk, visitor, ROLES)
    seen = await desk.own.seen(visitor.who.user_id, visitor.secret)
    if seen.offered is None:
        raise NotFoundException
    return Response(qr_svg(app_address(seen.offered, seen.email)), media_type="image/svg+xml", headers=HEADERS)


@post(f"{_PAGE}/password", status_code=200)
async def set_password(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Set a password, or change it; the browser gets a new session."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    await check_form(request, desk, visitor)
    # A password may begin or end with a space: it is taken as it is.
    form = await request.form()
    current, new, again = (str(form.get(name, "")) for name in ("current", "password", "again"))
    if new != again:
        return await _show(request, desk, visitor, program, refusal=("again", "not_alike"))
    changed = await desk.own.set_password(visitor.who.user_id, visitor.secret, current, new)
    if changed.session is None:
        field = "password" if changed.refusal == "bad_password" else "current"
        return await _show(request, desk, visitor, program, refusal=(field, changed.refusal))
    return _back(program, "password", [session_cookie(desk.public_url, changed.session)])


@post(f"{_PAGE}/codes/offer")
async def offer_codes(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Make a secret for an app."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    await check_form(request, desk, visitor)
    await desk.own.offer_codes(visitor.who.user_id)
    return redirect(f"/admin/p/{program.program_id}/account#codes")


@post(f"{_PAGE}/codes/ask", status_code=200)
async def ask_codes(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Ask for codes from now on."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    await check_form(request, desk, visitor)
    form = await request.form()
    # A password may begin or end with a space: it is taken as it is.
    current = str(form.get("codes_current", ""))
    refusal = await desk.own.ask_codes(visitor.who.user_id, visitor.secret, current, _code(said_in(form)))
    if refusal:
        field = "code" if refusal == "wrong_code" else "codes_current"
        return await _show(request, desk, visitor, program, refusal=(field, refusal))
    return _back(program, "codes")


@post(f"{_PAGE}/codes/end", status_code=200)
async def ask_no_codes(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Ask for codes no more."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    await check_form(request, desk, visitor)
    refusal = await desk.own.ask_no_codes(visitor.who.user_id, _code(said_in(await request.form())))
    if refusal:
        return await _show(request, desk, visitor, program, refusal=("code", refusal))
    return _back(program, "no-codes")


@post(f"{_PAGE}/sessions/{{number:str}}/end")
async def end_session(
    request: AnyRequest,
    program_id: FromPath[str],
    number: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """End one of one's own sessions; `others` means all but this."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    await check_form(request, desk, visitor)
    session_id = id_of(number)
    if number == "others":
        await desk.own.end_others(visitor.who.user_id, visitor.secret)
    elif session_id is None or await desk.own.end_session(visitor.who.user_id, session_id):
        raise NotFoundException
    return _back(program, "ended")


def _back(program: ProgramFacts, did: str, cookies: list[Cookie] | None = None) -> Response[None]:
    return redirect(with_query(f"/admin/p/{program.program_id}/account", {"did": did}), cookies)


async def _show(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, *, refusal: tuple[str, str] = ("", "")
) -> Response[str]:
    seen = await desk.own.seen(visitor.who.user_id, visitor.secret)
    f = Format(reader_of(request).language, program.currency)
    shown = make_page(program, seen, f, did=asked(request).get("did", ""), refusal=refusal)
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "account.html", {**shell, "page": shown}, status=422 if refusal[1] else 200)


def _code(said: dict[str, list[str]]) -> str:
    return (said.get("code") or [""])[-1]


ROUTES = [
    account,
    codes_picture,
    set_password,
    offer_codes,
    ask_codes,
    ask_no_codes,
    end_session,
]
