"""Coming in by a one-time link, and going out. There are no passwords yet."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from admin.desk import Desk
from admin.pages import AnyRequest, page, redirect
from admin.session import NotSignedIn, Visitor, check_form, find_visitor, no_cookie, session_cookie

HOME = "/admin/impact"
DOOR = "/admin/sign-in"


@get("/sign-in")
async def sign_in_page(request: AnyRequest, desk: NamedDependency[Desk]) -> Response[str] | Response[None]:
    """Explain how to come in; somebody who is in goes home."""
    try:
        await find_visitor(request, desk)
    except NotSignedIn:
        return page(request, "sign_in.html", {"spent": False})
    return redirect(HOME)


@get("/sign-in/{token:str}")
async def use_link(
    request: AnyRequest, token: FromPath[str], desk: NamedDependency[Desk]
) -> Response[str] | Response[None]:
    """Use a link up. An unknown one answers exactly as a spent one: it must not tell which links there were."""
    session = await desk.sign_in(token)
    if session is None:
        return page(request, "sign_in.html", {"spent": True}, status=410)
    return redirect(HOME, [session_cookie(desk.public_url, session)])


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
    use_link,
    Router(path="/", route_handlers=[sign_out], dependencies={"visitor": Provide(find_visitor)}),
]
