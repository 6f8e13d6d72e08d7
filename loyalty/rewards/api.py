"""Redemptions over HTTP; `catalogue_api.py` has the rewards themselves."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from loyalty.auth.scopes import of_room
from loyalty.database import one
from loyalty.idempotency.api import REPLAYED, Keyed, respond_once
from loyalty.points.book import Book
from loyalty.points.keyed import do_once
from loyalty.programs.api import Reading, Writing, once
from loyalty.programs.facts import Source
from loyalty.rewards.actions import end_redemption, redeem_reward
from loyalty.rewards.catalogue import find_redemption, list_redemptions
from loyalty.rewards.catalogue_api import CATALOGUE
from loyalty.rewards.decisions import Redeemed, capture_held, release_held, reverse_captured
from loyalty.rewards.wire import (
    CaptureIn,
    RedemptionIn,
    RedemptionList,
    RedemptionOut,
    RedemptionRecorded,
    redemption_answer,
)
from loyalty.web.bounds import ShopId
from loyalty.web.cursors import Cursor, PageSize
from loyalty.web.openapi import KEYED, READING, WRITING, problems

_REDEMPTION = "/redemptions/{redemption_id:uuid}"
OfCustomer = Annotated[ShopId, QueryParameter(name="customer_id", description="The shop's id of the customer.")]
_REDEEMING = of_room("redemptions")


@post("/redemptions", operation_id="redeem", summary="Redeem a reward", opt=_REDEEMING, responses=problems(*KEYED))
async def redeem(
    data: JSONBody[RedemptionIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[RedemptionRecorded]:
    """Hold the price of a reward, or spend it at once. The price is the service's; two at once: one wins."""
    new = data.redemption(source.program.digits)
    answered = await do_once(
        state.database,
        once(source, idempotency_key, "redemption/1", data),
        lambda tx, pinning: redeem_reward(tx, source, new, pinning),
        lambda award, redeemed, reward: redemption_answer(
            award, redeemed.hold, reward, source.program.digits, None if new.at_once else redeemed.hold.expires_at
        ),
    )
    return respond_once(answered)


@get(
    _REDEMPTION,
    operation_id="get_redemption",
    summary="Show a redemption",
    opt=_REDEEMING,
    responses=problems(*READING),
)
async def show(redemption_id: FromPath[UUID], source: Writing, connection: Reading) -> RedemptionOut:
    """Show a redemption as it stands now."""
    return await find_redemption(connection, source, redemption_id)


@get(
    "/redemptions",
    operation_id="list_redemptions",
    summary="List a customer's redemptions",
    opt=_REDEEMING,
    responses=problems(*READING),
)
async def list_of(
    customer: OfCustomer, source: Writing, connection: Reading, limit: PageSize = 50, cursor: Cursor = None
) -> RedemptionList:
    """List what a customer redeemed at this storefront, newest first, each as it stands now."""
    return await list_redemptions(connection, source, customer, limit, cursor)


@post(
    f"{_REDEMPTION}/capture",
    operation_id="capture",
    summary="Capture",
    status_code=200,
    opt=_REDEEMING,
    responses=problems(*WRITING, 404),
)
async def capture(
    redemption_id: FromPath[UUID], state: State, source: Writing, data: JSONBody[CaptureIn | None] = None
) -> Response[RedemptionRecorded]:
    """Spend what is held, or only some of it; the rest goes back. The same again gets the first answer."""
    points = data.points if data else None
    return await _end(state, source, redemption_id, lambda book: capture_held(book, redemption_id, points))


@post(
    f"{_REDEMPTION}/release",
    operation_id="release",
    summary="Release",
    status_code=200,
    opt=_REDEEMING,
    responses=problems(*WRITING, 404),
)
async def release(redemption_id: FromPath[UUID], state: State, source: Writing) -> Response[RedemptionRecorded]:
    """Let go of what is held: the points go back to the lots they came from. The same again gets the first answer."""
    return await _end(state, source, redemption_id, lambda book: release_held(book, redemption_id))


@post(
    f"{_REDEMPTION}/reverse",
    operation_id="reverse",
    summary="Reverse",
    status_code=200,
    opt=_REDEEMING,
    responses=problems(*WRITING, 404),
)
async def reverse(redemption_id: FromPath[UUID], state: State, source: Writing) -> Response[RedemptionRecorded]:
    """Take a captured redemption back: its points return to their lots with their dates. The same again is a replay."""
    return await _end(state, source, redemption_id, lambda book: reverse_captured(book, redemption_id))


async def _end(
    state: State, source: Source, redemption_id: UUID, decide: Callable[[Book], Redeemed]
) -> Response[RedemptionRecorded]:
    redeemed, award, reward = await one(
        state.database, lambda tx: end_redemption(tx, source, redemption_id, decide, source.storefront_id)
    )
    answer = redemption_answer(award, redeemed.hold, reward, source.program.digits)
    return Response(answer, headers=REPLAYED if redeemed.replayed else None)


router = Router(
    path="/v1",
    tags=["rewards"],
    opt=of_room("rewards"),
    route_handlers=[*CATALOGUE, redeem, show, list_of, capture, release, reverse],
)
