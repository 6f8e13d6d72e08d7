"""The addresses of a member's own page: what is read there."""

import msgspec
import structlog
from litestar import Response, Router, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap

from loyalty.account_page import doing
from loyalty.account_page.actions import LinkExpired, follow
from loyalty.account_page.forms import NotOurForm
from loyalty.account_page.friends import find_friends, make_friends
from loyalty.account_page.history_said import SHORT, make_months, place_text, read_place, worth_telling
from loyalty.account_page.points_said import make_balance
from loyalty.account_page.reading import read_history, read_page
from loyalty.account_page.rewards_said import make_rewards
from loyalty.account_page.showing import own_format, show, show_nobody
from loyalty.account_page.tier_said import make_tier, tier_names
from loyalty.errors import NotFound
from loyalty.members.queries import export_of
from loyalty.web.customer_pages import AnyRequest, customer_asset, headers
from loyalty.web.page_failures import page_failures

log = structlog.get_logger("loyalty.account_page")


@get("/me/{token:str}")
async def own_page(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Show a member's own page."""
    async with state.database.reader() as connection:
        followed = await follow(connection, token)
        found = await read_page(connection, followed)
    program, f = followed.program, own_format(request, followed.program, found.person.language)
    friends = await find_friends(state.database, followed)
    told = worth_telling(found.timeline.rows)
    tiers = tier_names(found.tier, f)
    values = {
        "balance": make_balance(program, found.person, found.purse, f),
        "tier": make_tier(found.tier, f) if found.tier else None,
        "rewards": make_rewards(found.rewards, found.purse, tiers, f),
        "months": make_months(program, told[:SHORT], tiers, f),
        "more": found.timeline.more or len(told) > SHORT,
        "friends": make_friends(friends, program, f) if friends else None,
        "kept": request.query_params.get("done", "") == "language",
    }
    return show("account.html", followed, token, f, values)


@get("/me/{token:str}/history")
async def history(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Show everything that happened, a page at a time."""
    after = read_place(request.query_params.get("after", ""))
    async with state.database.reader() as connection:
        followed = await follow(connection, token)
        found = await read_history(connection, followed, after)
    f = own_format(request, followed.program, found.person.language)
    rows = found.timeline.rows
    older = place_text(rows[-1].place) if found.timeline.more else ""
    values = {
        "months": make_months(followed.program, rows, tier_names(found.tier, f), f),
        "older": older,
        "newest": after is not None,
    }
    return show("history.html", followed, token, f, values)


@get("/me/{token:str}/export")
async def export(token: FromPath[str], state: State) -> Response[bytes]:
    """Send everything that the programme knows of the member, as a file."""
    async with state.database.reader() as connection:
        followed = await follow(connection, token)
        told = await export_of(connection, followed.source(), followed.external_id)
    content = msgspec.json.format(msgspec.json.encode(told), indent=2)
    sent = {**headers(), "content-disposition": 'attachment; filename="my-data.json"'}
    return Response(content, media_type="application/json", headers=sent)


@get("/me/{token:str}/code.svg")
async def picture(token: FromPath[str], state: State) -> Response[bytes]:
    """Draw the member's referral link as a QR code."""
    async with state.database.reader() as connection:
        followed = await follow(connection, token)
    friends = await find_friends(state.database, followed)
    if friends is None or not friends.link:
        msg = "There is no link to draw."
        raise NotFound(msg)
    return Response(friends.picture(), media_type="image/svg+xml", headers=headers())


@get(
    ["/me", "/me/{token:str}/{rest:path}", "/erase", "/erase/{token:str}/{rest:path}"],
    sync_to_thread=False,
)
def nowhere(request: AnyRequest) -> Response[str]:
    """Say that there is no such page."""
    return show_nobody(request, "dead", 404)


def _expired(request: AnyRequest, _: LinkExpired) -> Response[str]:
    return show_nobody(request, "dead", 410)


def _not_our_form(request: AnyRequest, _: NotOurForm) -> Response[str]:
    return show_nobody(request, "form", 403)


_HANDLERS: ExceptionHandlersMap = {
    **page_failures("own page", show_nobody),
    LinkExpired: _expired,
    NotOurForm: _not_our_form,
}

router = Router(
    path="/",
    route_handlers=[own_page, history, export, picture, *doing.ROUTES, nowhere],
    exception_handlers=_HANDLERS,
    include_in_schema=False,
)
ROUTES: list[ControllerRouterHandler] = [router, customer_asset]
