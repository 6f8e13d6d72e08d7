"""Rewards and redemptions over HTTP."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from loyalty.database import Tx, one
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import REPLAYED, Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.points.book import Book
from loyalty.points.keyed import do_once
from loyalty.programs.api import Reading, Writing, once
from loyalty.programs.facts import Source
from loyalty.rewards.actions import end_redemption, offer_reward, redeem_reward
from loyalty.rewards.catalogue import catalogue, find_redemption
from loyalty.rewards.decisions import Redeemed, capture_held, release_held, reverse_captured
from loyalty.rewards.wire import (
    CaptureIn,
    RedemptionIn,
    RedemptionOut,
    RedemptionRecorded,
    RewardIn,
    RewardList,
    RewardOut,
    redemption_answer,
    reward_out,
)
from loyalty.web.bounds import ShopId, minor_units
from loyalty.web.openapi import KEYED, READING, WRITING, problems

ForMember = Annotated[
    ShopId | None, QueryParameter(name="customer_id", description="Tell for this member which can be redeemed.")
]
_REDEMPTION = "/redemptions/{redemption_id:uuid}"


@get("/rewards", operation_id="list_rewards", summary="List rewards", responses=problems(*READING))
async def rewards(source: Writing, connection: Reading, customer: ForMember = None) -> RewardList:
    """List what points can be spent on, cheapest first; for a member also whether he can redeem it, and if not why."""
    return await catalogue(connection, source, customer)


@post("/rewards", operation_id="offer_reward", summary="Offer a reward", responses=problems(*KEYED))
async def offer(data: JSONBody[RewardIn], state: State, source: Writing, idempotency_key: Keyed) -> Response[RewardOut]:
    """Offer a reward that takes an amount off an order."""
    digits = source.program.digits
    amount = minor_units(data.amount, digits, "/amount")

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        reward = await offer_reward(
            tx.connection,
            source.program.program_id,
            kind=data.kind,
            name=data.name,
            price_points=data.price_points,
            settings={"amount_minor": amount},
        )
        body = msgspec.json.encode(reward_out(reward, digits))
        await pin_alone(tx.connection, keyed, 201, body, None)
        return 201, body

    keyed = once(source, idempotency_key, "reward/1", data)
    return respond_once(await write_once(state.database, keyed, verb, whole=True))


@post("/redemptions", operation_id="redeem", summary="Redeem a reward", responses=problems(*KEYED))
async def redeem(
    data: JSONBody[RedemptionIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[RedemptionRecorded]:
    """Hold the price of a reward, or spend it at once. The price is the service's; two at once: one wins."""
    new = data.redemption()
    answered = await do_once(
        state.database,
        once(source, idempotency_key, "redemption/1", data),
        lambda tx, pinning: redeem_reward(tx, source, new, pinning),
        lambda award, redeemed, reward: redemption_answer(
            award, redeemed.hold, reward, source.program.digits, None if new.at_once else redeemed.hold.expires_at
        ),
    )
    return respond_once(answered)


@get(_REDEMPTION, operation_id="get_redemption", summary="Show a redemption", responses=problems(*READING))
async def show(redemption_id: FromPath[UUID], source: Writing, connection: Reading) -> RedemptionOut:
    """Show a redemption as it stands now."""
    return await find_redemption(connection, source, redemption_id)


@post(
    f"{_REDEMPTION}/capture", operation_id="capture", summary="Capture", status_code=200, responses=problems(*WRITING)
)
async def capture(
    redemption_id: FromPath[UUID], state: State, source: Writing, data: JSONBody[CaptureIn | None] = None
) -> Response[RedemptionRecorded]:
    """Spend what is held, or only some of it; the rest goes back. The same again gets the first answer."""
    points = data.points if data else None
    return await _end(state, source, redemption_id, lambda book: capture_held(book, redemption_id, points))


@post(
    f"{_REDEMPTION}/release", operation_id="release", summary="Release", status_code=200, responses=problems(*WRITING)
)
async def release(redemption_id: FromPath[UUID], state: State, source: Writing) -> Response[RedemptionRecorded]:
    """Let go of what is held: the points go back to the lots they came from. The same again gets the first answer."""
    return await _end(state, source, redemption_id, lambda book: release_held(book, redemption_id))


@post(
    f"{_REDEMPTION}/reverse", operation_id="reverse", summary="Reverse", status_code=200, responses=problems(*WRITING)
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
    route_handlers=[rewards, offer, redeem, show, capture, release, reverse],
)
