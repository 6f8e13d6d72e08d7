"""Whose browser is asking: the session cookie, and what a form must bring to be believed."""

from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlsplit

from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from admin.desk import Desk, NewSession, SignedIn
from admin.journaling import write_down
from admin.pages import AnyRequest
from loyalty.clock import utc_now
from loyalty.web.forms import read_form


class NotSignedIn(Exception):
    """Nobody, or no longer: the way in is shown instead."""


class NotOurForm(Exception):
    """A form that did not come from a page of ours, or not from this session."""


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, and the cookie by which we know it."""

    who: SignedIn
    secret: str


async def find_visitor(request: AnyRequest, desk: NamedDependency[Desk]) -> Visitor:
    """Find who is asking, or raise `NotSignedIn`."""
    secret = request.cookies.get(cookie_name(desk.public_url), "")
    who = await desk.session_of(secret) if secret else None
    if who is None:
        raise NotSignedIn
    return Visitor(who, secret)


def cookie_name(public_url: str) -> str:
    """Name the cookie: with `__Host-` no other host or path can set it, but that needs https."""
    return "__Host-loyalty" if _is_secure(public_url) else "loyalty"


def session_cookie(public_url: str, session: NewSession) -> Cookie:
    """Make the cookie of a session just begun."""
    left = int((session.expires_at - utc_now()).total_seconds())
    return Cookie(
        cookie_name(public_url),
        value=session.secret,
        path="/",
        max_age=max(left, 0),
        httponly=True,
        samesite="lax",
        secure=_is_secure(public_url),
    )


def no_cookie(public_url: str) -> Cookie:
    """Make the cookie that takes the session's away."""
    return Cookie(
        cookie_name(public_url),
        value="",
        path="/",
        max_age=0,
        httponly=True,
        samesite="lax",
        secure=_is_secure(public_url),
    )


async def check_form(request: AnyRequest, desk: Desk, visitor: Visitor) -> None:
    """Believe a form only from a page of this service (Origin) in this session (token), or raise `NotOurForm`.

    What it asks for is written down then, before it is done.
    """
    check_origin(request, desk)
    form = await read_form(request)
    if not compare_digest(str(form.get("csrf", "")).encode(), visitor.who.csrf.encode()):
        raise NotOurForm
    await write_down(request, desk, visitor.who, form)


def check_origin(request: AnyRequest, desk: Desk) -> None:
    """Believe a form only from a page of this service; all there is to go by before anybody is in."""
    ours = {_origin(desk.public_url), f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if request.headers.get("origin", "") not in ours:
        raise NotOurForm


def _is_secure(public_url: str) -> bool:
    return urlsplit(public_url).scheme == "https"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
