"""Coming in, by a one-time link or by a password, and going out.

A session is always a new one: whatever cookie the browser brought ends, and is never taken over.
A link is used up by a button on its page: whoever only looks at links, as mail scanners do, uses none up.
"""

from urllib.parse import urlencode, urlsplit

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from admin.desk import Desk, NewSession
from admin.journaling import write_down
from admin.pages import AnyRequest, page, redirect
from admin.session import (
    NotSignedIn,
    Visitor,
    check_form,
    check_origin,
    cookie_name,
    find_visitor,
    no_cookie,
    session_cookie,
)
from loyalty.web.forms import read_form

HOME = "/admin/impact"
DOOR = "/admin/sign-in"
_LONGEST, _LONGEST_ADDRESS = 256, 2000


@get("/sign-in")
async def sign_in_page(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str] | Response[None]:
    """Show how to come in; somebody who is in goes home."""
    try:
        await find_visitor(request, desk)
    except NotSignedIn:
        return _door(request, following=_safe(request.query_params.get("next", "")))
    return redirect(_safe(request.query_params.get("next", "")) or HOME)


@post("/sign-in", status_code=200, request_max_body_size=1 << 14)
async def by_password(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str] | Response[None]:
    """Let somebody in by a password. What was wrong is not told, and takes as long whoever it is."""
    check_origin(request, desk)
    form = await read_form(request)
    email, password, code = (str(form.get(name, ""))[: _LONGEST + 1] for name in ("email", "password", "code"))
    tried = await desk.sign_in_by_password(email, password, code, request.headers.get("user-agent", ""))
    following = _safe(str(form.get("next", "")))
    if tried.session is not None:
        return await _let_in(request, desk, tried.session, following)
    if tried.wait_seconds:
        answer = _door(request, email=email, wait_seconds=tried.wait_seconds, following=following, status=429)
        answer.headers["retry-after"] = str(tried.wait_seconds)
        return answer
    return _door(request, email=email, wrong=True, following=following, status=401)


@get("/sign-in/{token:str}", sync_to_thread=False)
def link_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:  # noqa: ARG001 - it is told by the form
    """Show the button that uses a link up; every link's page is the same."""
    return page(request, "sign_in_link.html")


@post("/sign-in/{token:str}", status_code=200, request_max_body_size=1 << 14)
async def use_link(
    request: AnyRequest, token: FromPath[str], desk: NamedDependency[Desk]
) -> Response[str] | Response[None]:
    """Use a link up. An unknown one answers exactly as a spent one: it must not tell which links there were."""
    check_origin(request, desk)
    session = await desk.sign_in(token, request.headers.get("user-agent", ""))
    if session is None:
        return _door(request, spent=True, status=410)
    return await _let_in(request, desk, session)


def to_the_door(request: AnyRequest) -> Response[None]:
    """Send whoever is not in, or no longer, to the door; from there on to the page that was asked for."""
    by_script = "hx-request" in request.headers
    asked = request.headers.get("hx-current-url", "") if by_script else str(request.url)
    parts = urlsplit(asked) if by_script or request.method == "GET" else urlsplit("")
    following = _safe(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    door = f"{DOOR}?{urlencode({'next': following})}" if following and following != HOME else DOOR
    answer = redirect(door)
    if by_script:
        # A script would put the door into the place of a part of the page; this way the browser goes there.
        answer.status_code, answer.headers["hx-redirect"] = 200, answer.headers.pop("location")
    return answer


def _safe(address: str) -> str:
    """Give an address within the panel's pages; "" for any other, or what could be one of another site."""
    fits = len(address) <= _LONGEST_ADDRESS and address.isascii() and address.isprintable() and "\\" not in address
    is_page = address.startswith("/admin/") and not address.startswith((DOOR, "/admin//")) and ".csv" not in address
    return address if fits and is_page else ""


async def _let_in(request: AnyRequest, desk: Desk, session: NewSession, following: str = "") -> Response[None]:
    """Give the browser its new session, and end the one that it had."""
    if old := request.cookies.get(cookie_name(desk.public_url)):
        await desk.sign_out(old)
    who = await desk.session_of(session.secret)
    if who is not None:
        await write_down(request, desk, who)
    return redirect(following or HOME, [session_cookie(desk.public_url, session)])


def _door(
    request: AnyRequest,
    *,
    email: str = "",
    spent: bool = False,
    wrong: bool = False,
    wait_seconds: int = 0,
    following: str = "",
    status: int = 200,
) -> Response[str]:
    said = {
        "email": email[:_LONGEST],
        "spent": spent,
        "wrong": wrong,
        "wait_seconds": wait_seconds,
        "following": following,
    }
    return page(request, "sign_in.html", said, status=status)


@post("/sign-out")
async def sign_out(
    request: AnyRequest, desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """End the session, here and on the server."""
    await check_form(request, desk, visitor)
    await desk.sign_out(visitor.secret)
    return redirect(DOOR, [no_cookie(desk.public_url)])


ROUTES: list[ControllerRouterHandler] = [
    sign_in_page,
    by_password,
    link_page,
    use_link,
    Router(path="/", route_handlers=[sign_out], dependencies={"visitor": Provide(find_visitor)}),
]
