"""The catalogue over HTTP: what points can be spent on, by whom, and how a merchant changes it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from loyalty.database import Connection, Tx
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Reading, Writing, once
from loyalty.programs.facts import Source
from loyalty.rewards.catalogue import catalogue, find_in_catalogue
from loyalty.rewards.codes import add_codes
from loyalty.rewards.offers import By, edit_reward, offer_reward, set_offered
from loyalty.rewards.wire import CodesAdded, CodesIn, RewardEdit, RewardIn, RewardList, RewardOut, reward_out
from loyalty.web.bounds import ShopId, shop_id
from loyalty.web.etags import ETAG, IfMatch, check_match, tagged, tagged_once
from loyalty.web.openapi import KEYED, READING, problems

ForMember = Annotated[
    ShopId | None, QueryParameter(name="customer_id", description="Tell for this member which can be redeemed.")
]
_REWARD = "/rewards/{reward_id:uuid}"
# 10,000 codes of 128 characters.
_MOST_BYTES = 2 * 1024 * 1024


@get("/rewards", operation_id="list_rewards", summary="List rewards", responses=problems(*READING))
async def rewards(source: Writing, connection: Reading, customer: ForMember = None) -> RewardList:
    """List what points can be spent on; for a member also the price, whether it can be redeemed, and if not why."""
    return await catalogue(connection, source, _told(customer))


@get(
    _REWARD,
    operation_id="get_reward",
    summary="Show a reward",
    response_headers=ETAG,
    responses=problems(*READING),
)
async def reward(
    reward_id: FromPath[UUID], source: Writing, connection: Reading, customer: ForMember = None
) -> Response[RewardOut]:
    """Show a reward, also one that is retired; for a member as in the list."""
    told = await find_in_catalogue(connection, source, reward_id, _told(customer))
    return tagged(told, told.edition)


def _told(customer: str | None) -> str | None:
    return None if customer is None else shop_id(customer, "customer_id")


@post("/rewards", operation_id="offer_reward", summary="Offer a reward", responses=problems(*KEYED))
async def offer(data: JSONBody[RewardIn], state: State, source: Writing, idempotency_key: Keyed) -> Response[RewardOut]:
    """Offer a reward of any kind: `fixed_discount`, `percentage_discount`, `free_product`, `voucher_code`, `gift` or
    `points_payment`.
    """
    new = data.offer(source.program.digits)

    async def verb(connection: Connection) -> msgspec.Struct:
        told = {name: getattr(new, name) for name in new.__struct_fields__}
        made = await offer_reward(connection, source.program.program_id, **told, by=_by(source))
        return reward_out(made, source.program.digits)

    return await _once(state, once(source, idempotency_key, "reward/1", data), 201, verb)


@put(
    _REWARD,
    operation_id="edit_reward",
    summary="Edit a reward",
    response_headers=ETAG,
    responses=problems(*KEYED, 412),
)
async def edit(
    reward_id: FromPath[UUID],
    data: JSONBody[RewardEdit],
    state: State,
    source: Writing,
    idempotency_key: Keyed,
    if_match: IfMatch = None,
) -> Response[RewardOut]:
    """Offer a reward otherwise from now on. What was redeemed stays as it was promised."""
    new = data.offer(source.program.digits)

    async def verb(connection: Connection) -> msgspec.Struct:
        made = await edit_reward(
            connection,
            source.program.program_id,
            reward_id,
            data.edition,
            new,
            _by(source),
            partial(check_match, if_match),
        )
        return reward_out(made, source.program.digits)

    keyed = once(source, idempotency_key, f"reward-edit/1/{reward_id}", data)
    return tagged_once(await _once(state, keyed, 200, verb), "edition")


@post(
    f"{_REWARD}/retire",
    operation_id="retire_reward",
    summary="Retire a reward",
    status_code=200,
    responses=problems(*KEYED),
)
async def retire(
    reward_id: FromPath[UUID], state: State, source: Writing, idempotency_key: Keyed
) -> Response[RewardOut]:
    """Take a reward out of the catalogue. What is held of it may still be captured."""
    return await _set_offered(state, source, idempotency_key, reward_id, offered=False)


@post(
    f"{_REWARD}/offer",
    operation_id="offer_reward_again",
    summary="Offer a reward again",
    status_code=200,
    responses=problems(*KEYED),
)
async def offer_again(
    reward_id: FromPath[UUID], state: State, source: Writing, idempotency_key: Keyed
) -> Response[RewardOut]:
    """Put a retired reward back into the catalogue."""
    return await _set_offered(state, source, idempotency_key, reward_id, offered=True)


@post(
    f"{_REWARD}/codes",
    operation_id="add_codes",
    summary="Upload codes",
    request_max_body_size=_MOST_BYTES,
    responses=problems(*KEYED),
)
async def codes(
    reward_id: FromPath[UUID], data: JSONBody[CodesIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[CodesAdded]:
    """Put codes into the pool of a voucher reward, at most 10,000 at a time. Each is handed out once."""
    told = data.all()

    async def verb(connection: Connection) -> msgspec.Struct:
        done = await add_codes(connection, source.program.program_id, reward_id, told)
        return CodesAdded(done.added, done.duplicates, done.left)

    return await _once(state, once(source, idempotency_key, f"codes/1/{reward_id}", data), 201, verb)


async def _set_offered(
    state: State, source: Source, key: str, reward_id: UUID, *, offered: bool
) -> Response[RewardOut]:
    async def verb(connection: Connection) -> msgspec.Struct:
        made = await set_offered(connection, source.program.program_id, reward_id, _by(source), offered=offered)
        return reward_out(made, source.program.digits)

    name = "offer" if offered else "retire"
    return await _once(state, once(source, key, f"reward-{name}/1/{reward_id}", None), 200, verb)


async def _once(
    state: State, keyed: Once, status: int, verb: Callable[[Connection], Awaitable[msgspec.Struct]]
) -> Response[Any]:
    """Write configuration once under its key, with its answer."""

    async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        body = msgspec.json.encode(await verb(tx.connection))
        await pin_alone(tx.connection, keyed, status, body, None)
        return status, body

    return respond_once(await write_once(state.database, keyed, pinned, whole=True))


def _by(source: Source) -> By:
    return By(source.actor, source.request_id)


CATALOGUE: list[ControllerRouterHandler] = [rewards, reward, offer, edit, retire, offer_again, codes]
