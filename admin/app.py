"""The panel as one router, for the door that opens it: `panel(whose)`."""

from collections.abc import Callable

import structlog
from litestar import Response, Router, get
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap

from admin import sign_in
from admin.account import routes as account
from admin.audit import routes as audit
from admin.costs import routes as costs
from admin.desk import Desk
from admin.effects import routes as effects
from admin.exports import routes as exports
from admin.health import routes as health
from admin.impact import routes as impact
from admin.imports import routes as imports
from admin.journaling import journaled
from admin.keys import routes as keys
from admin.kpis import routes as kpis
from admin.liability import ROUTES as LIABILITY
from admin.members import routes as members
from admin.pages import AnyRequest, page, redirect
from admin.purchases import refused
from admin.purchases import routes as purchases
from admin.referrals import routes as referrals
from admin.rewards import routes as rewards
from admin.rules import backtesting, publishing, trying_routes, writing
from admin.rules import routes as rules
from admin.search import routes as search
from admin.segments import routes as segments
from admin.session import NotOurForm, NotSignedIn, find_visitor
from admin.settings import routes as settings
from admin.static_files import static_file
from admin.surveys import routes as surveys
from admin.team import routes as team
from admin.tiers import routes as tiers
from admin.views import routes as views
from loyalty.errors import Gone, InFlight, Invalid, LoyaltyError, NotFound, TooManyRequests, Unavailable
from loyalty.web.problems import BUSY
from loyalty.web.requests import refuse_bad_addresses

_LOG = structlog.get_logger()
_CLIENT_ERRORS = range(400, 500)


def panel(whose: Callable[[], Desk]) -> Router:
    """Put the panel's pages together below `/admin`. `whose` gives the desk at which a request is worked off."""
    return Router(
        path="/admin",
        route_handlers=[
            static_file,
            root,
            *sign_in.ROUTES,
            Router(
                path="/",
                route_handlers=[
                    *impact.ROUTES,
                    *effects.ROUTES,
                    *costs.ROUTES,
                    *kpis.ROUTES,
                    *LIABILITY,
                    *search.ROUTES,
                    *members.ROUTES,
                    *views.ROUTES,
                    *purchases.ROUTES,
                    *refused.ROUTES,
                    *rewards.ROUTES,
                    *referrals.ROUTES,
                    *rules.ROUTES,
                    *writing.ROUTES,
                    *trying_routes.ROUTES,
                    *publishing.ROUTES,
                    *backtesting.ROUTES,
                    *segments.ROUTES,
                    *surveys.ROUTES,
                    *tiers.ROUTES,
                    *keys.ROUTES,
                    *imports.ROUTES,
                    *exports.ROUTES,
                    *team.ROUTES,
                    *account.ROUTES,
                    *audit.ROUTES,
                    *health.ROUTES,
                    *settings.ROUTES,
                ],
                dependencies={"visitor": Provide(find_visitor)},
            ),
            nowhere,
        ],
        dependencies={"desk": Provide(whose, sync_to_thread=False)},
        middleware=[journaled],
        before_request=refuse_bad_addresses,
        exception_handlers=_HANDLERS,
        include_in_schema=False,
    )


@get("/", sync_to_thread=False)
def root() -> Response[None]:
    """Go to the first page."""
    return redirect(sign_in.HOME)


@get(["/{rest:path}", "/p/{program_id:str}/{rest:path}"], sync_to_thread=False)
def nowhere(request: AnyRequest, rest: FromPath[str]) -> Response[str]:  # noqa: ARG001 - whatever it is
    """Say that there is no such page."""
    return page(request, "message.html", {"kind": "nowhere", "reference": ""}, status=404)


def _to_the_door(request: AnyRequest, _: NotSignedIn) -> Response[None]:
    return sign_in.to_the_door(request)


def _not_our_form(request: AnyRequest, _: NotOurForm) -> Response[str]:
    return page(request, "message.html", {"kind": "form", "reference": ""}, status=403)


def _refused(request: AnyRequest, refusal: HTTPException) -> Response[str]:
    if refusal.status_code not in _CLIENT_ERRORS:
        return _failed(request, refusal)
    kind = {403: "role", 404: "nowhere"}.get(refusal.status_code, "request")
    return page(request, "message.html", {"kind": kind, "reference": ""}, status=refusal.status_code)


def _not_understood(request: AnyRequest, _: Invalid) -> Response[str]:
    return page(request, "message.html", {"kind": "request", "reference": ""}, status=400)


def _busy(request: AnyRequest, error: Exception) -> Response[str]:
    _LOG.warning("panel_busy", error=type(error).__name__)
    return _again(page(request, "message.html", {"kind": "busy", "reference": ""}, status=503), 1)


def _too_many(request: AnyRequest, refusal: TooManyRequests) -> Response[str]:
    shown = page(request, "message.html", {"kind": "busy", "reference": ""}, status=429)
    return _again(shown, refusal.retry_after_seconds)


def _overtaken(request: AnyRequest, refusal: LoyaltyError) -> Response[str]:
    """Say what no page said by itself: what was there when the form was drawn is not, or is otherwise."""
    if isinstance(refusal, NotFound | Gone):
        return page(request, "message.html", {"kind": "gone", "reference": ""}, status=404)
    shown = page(request, "message.html", {"kind": "overtaken", "reference": ""}, status=409)
    return _again(shown, refusal.retry_after_seconds) if isinstance(refusal, InFlight) else shown


def _again(answer: Response[str], seconds: int) -> Response[str]:
    answer.headers["retry-after"] = str(seconds)
    return answer


def _failed(request: AnyRequest, error: Exception) -> Response[str]:
    """Say that it is our fault, with the request's id, which finds the error in the log."""
    reference = request.scope.get("state", {}).get("request_id", "")
    # Of a link to come in by, the path is the secret.
    place = request.scope.get("path_template", "")
    _LOG.error("panel_failed", request_id=reference, path=place, exc_info=error)
    return page(request, "message.html", {"kind": "failed", "reference": reference}, status=500)


_HANDLERS: ExceptionHandlersMap = {
    NotSignedIn: _to_the_door,
    NotOurForm: _not_our_form,
    HTTPException: _refused,
    **dict.fromkeys((Unavailable, *BUSY), _busy),
    TooManyRequests: _too_many,
    Invalid: _not_understood,
    LoyaltyError: _overtaken,
    Exception: _failed,
}
