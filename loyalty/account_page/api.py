"""Links to members' own pages over HTTP."""

from litestar import Response, Router, post
from litestar.datastructures import State
from litestar.params import FromPath

from loyalty.account_page.actions import make_link
from loyalty.account_page.rules import page_address
from loyalty.account_page.wire import PageLinkMade
from loyalty.auth.scopes import needs
from loyalty.database import one
from loyalty.programs.api import Writing
from loyalty.web.bounds import shop_id
from loyalty.web.openapi import READING, problems


@post(
    "/members/{customer_id:str}/page-links",
    operation_id="make_page_link",
    summary="Make a link to a member's own page",
    opt=needs("page_links:write"),
    responses=problems(*READING, 400, 409, 413, 415),
)
async def make(customer_id: FromPath[str], state: State, source: Writing) -> Response[PageLinkMade]:
    """Make a link by which a member sees points, rewards and history, brings friends, exports data, and may leave.

    It works for 30 days, or until the member leaves. Every call makes a link of its own, and those made before go on
    working; so it needs no key, and a retry does no harm.
    """
    key = shop_id(customer_id, "customer_id")
    made = await one(state.database, lambda tx: make_link(tx, source, key))
    url = page_address(state.public_url, made.token)
    answer = PageLinkMade(key, url, made.made_at, made.expires_at, source.request_id)
    return Response(answer, status_code=201, headers={"Cache-Control": "no-store"})


router = Router(path="/v1", tags=["members"], route_handlers=[make])
