"""Rewards and redemptions over HTTP: offered, held, captured, released, reversed; retries, refusals."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from loyalty.auth.actions import create_key
from loyalty.database import Database
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts
from tests.stories import wait

GIFT = {"name": "Three euros", "price_points": 70, "amount": "3.50"}


@pytest.fixture
async def till(app: Litestar, database: Database, program: ProgramFacts) -> AsyncIterator[httpx.AsyncClient]:
    """Give the client of another storefront of the same programme."""
    async with database.session() as session:
        storefront, _ = await ensure_storefront(session, program.program_id, "till")
        key = await create_key(
            session, program_id=program.program_id, mode=program.mode, storefront_id=storefront.storefront_id
        )
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        yield client


async def post(api: httpx.AsyncClient, path: str, key: str | None = None, **body: object) -> httpx.Response:
    return await api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": key} if key else {})


async def buys(api: httpx.AsyncClient, order_id: str, goods: str) -> None:
    order = {"order_id": order_id, "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR", "goods": goods}
    assert (await post(api, "purchases", **order, customer_id="ann")).is_success


@pytest.fixture
async def gift(api: httpx.AsyncClient) -> str:
    """Give the id of a reward; Ann has 100 points."""
    assert (await post(api, "members", customer_id="ann", joined_at="2026-03-01T00:00:00Z")).is_success
    await buys(api, "1", "100.00")
    offered = await post(api, "rewards", "gift", **GIFT)
    assert offered.status_code == HTTPStatus.CREATED
    return str(offered.json()["reward_id"])


async def redeem(api: httpx.AsyncClient, gift: str, key: str = "r", **more: object) -> httpx.Response:
    return await post(api, "redemptions", key, customer_id="ann", reward_id=gift, **more)


async def balance(api: httpx.AsyncClient) -> dict[str, int]:
    found: dict[str, Any] = (await api.get("/v1/members/ann")).json()["balance"]
    return found


async def test_a_reward_is_offered_once_under_its_key(api: httpx.AsyncClient) -> None:
    first = await post(api, "rewards", "k", **GIFT)
    again = await post(api, "rewards", "k", **GIFT)
    other = await post(api, "rewards", "k", **GIFT | {"amount": "4"})

    assert first.json()["settings"] == {"amount": "3.50"}
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await api.get("/v1/rewards")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"price_points": 0}, "/price_points"),
        ({"amount": "3.505"}, "/amount"),
        ({"amount": "0"}, None),
        ({"name": ""}, "/name"),
    ],
)
async def test_a_reward_that_cannot_be_is_refused(
    api: httpx.AsyncClient, wrong: dict[str, object], pointer: str | None
) -> None:
    answer = await post(api, "rewards", "k", **GIFT | wrong)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert pointer is None or answer.json()["errors"][0]["pointer"] == pointer
    # It was no answer that depended on anything, so the key is still free.
    assert (await post(api, "rewards", "k", **GIFT)).status_code == HTTPStatus.CREATED


@pytest.mark.usefixtures("gift")
async def test_the_catalogue_tells_a_member_what_can_be_redeemed_and_why_not(api: httpx.AsyncClient) -> None:
    await post(api, "rewards", "dear", **GIFT | {"price_points": 101})
    await buys(api, "2", "0.50")
    told = (await api.get("/v1/rewards", params={"customer_id": "ann"})).json()["data"]
    assert [(r["price_points"], r["redeemable"], r["reason"]) for r in told] == [
        (70, True, None),
        (101, False, "not_enough_points"),
    ]
    bare = (await api.get("/v1/rewards")).json()["data"]
    assert [(r["redeemable"], r["reason"]) for r in bare] == [(None, None)] * 2
    assert (await api.get("/v1/rewards", params={"customer_id": "who"})).status_code == HTTPStatus.NOT_FOUND
    await api.delete("/v1/members/ann")
    gone = (await api.get("/v1/rewards", params={"customer_id": "ann"})).json()["data"]
    assert {r["reason"] for r in gone} == {"not_a_member"}


async def test_a_redemption_is_held_captured_and_reversed(api: httpx.AsyncClient, gift: str) -> None:
    held = await redeem(api, gift)
    assert held.status_code == HTTPStatus.CREATED
    answer = held.json()
    assert (answer["state"], answer["points"], answer["value"]) == ("held", 70, "3.50")
    assert answer["expires_at"] > answer["recorded_at"]
    assert answer["balance"] == {"available": 30, "pending": 0, "held": 70, "debt": 0}
    path = f"redemptions/{answer['redemption_id']}"
    shown = (await api.get(f"/v1/{path}")).json()
    assert (shown["state"], shown["customer_id"], shown["points"], shown["value"]) == ("open", "ann", 70, "3.50")

    captured = await post(api, f"{path}/capture", points=21)
    assert (captured.status_code, captured.json()["state"], captured.json()["points"]) == (200, "captured", 21)
    # 3.50 × 21 ÷ 70 = 1.05
    assert (captured.json()["value"], await balance(api)) == (
        "1.05",
        {"available": 79, "pending": 0, "held": 0, "debt": 0},
    )
    reversed_ = await post(api, f"{path}/reverse")
    assert (reversed_.json()["state"], reversed_.json()["points"], reversed_.json()["value"]) == ("reversed", 21, None)
    shown = (await api.get(f"/v1/{path}")).json()
    assert (shown["state"], shown["captured"], shown["returned"]) == ("captured", 21, 21)
    assert (await balance(api))["available"] == 100


async def test_a_part_of_a_discount_is_rounded_down_to_cents(api: httpx.AsyncClient, gift: str) -> None:
    path = f"redemptions/{(await redeem(api, gift)).json()['redemption_id']}"
    # 3.50 × 33 ÷ 70 = 1.65; 4.00 × 1 ÷ 60 = 0.066…
    assert (await post(api, f"{path}/capture", points=33)).json()["value"] == "1.65"
    other = (await post(api, "rewards", "four", **GIFT | {"amount": "4.00", "price_points": 60})).json()["reward_id"]
    path = f"redemptions/{(await redeem(api, other, 'part')).json()['redemption_id']}"
    assert (await post(api, f"{path}/capture", points=1)).json()["value"] == "0.06"


async def test_every_retry_gets_the_first_answer(api: httpx.AsyncClient, gift: str) -> None:
    first = [await redeem(api, gift)]
    path = f"redemptions/{first[0].json()['redemption_id']}"
    first += [await post(api, f"{path}/capture"), await post(api, f"{path}/reverse")]
    again = [await redeem(api, gift), await post(api, f"{path}/capture"), await post(api, f"{path}/reverse")]

    assert [answer.content for answer in again] == [answer.content for answer in first]
    assert [answer.status_code for answer in again] == [201, 200, 200]
    assert all(answer.headers["idempotency-replayed"] == "true" for answer in again)
    assert (await balance(api))["available"] == 100


async def test_another_verb_on_what_has_ended_is_a_conflict(api: httpx.AsyncClient, gift: str) -> None:
    path = f"redemptions/{(await redeem(api, gift)).json()['redemption_id']}"
    assert (await post(api, f"{path}/release")).json()["state"] == "released"
    for verb in ("capture", "reverse"):
        refused = await post(api, f"{path}/{verb}")
        assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.CONFLICT, "hold_ended"), verb
    assert (await balance(api))["available"] == 100


async def test_a_hold_that_ran_out_cannot_be_captured(
    api: httpx.AsyncClient, gift: str, owner: asyncpg.Connection
) -> None:
    path = f"redemptions/{(await redeem(api, gift, hold_minutes=10)).json()['redemption_id']}"
    await wait(owner, minutes=10)
    refused = await post(api, f"{path}/capture")
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.CONFLICT, "hold_timed_out")
    assert (await api.get(f"/v1/{path}")).json()["state"] == "timed_out"
    assert await balance(api) == {"available": 100, "pending": 0, "held": 0, "debt": 0}


async def test_who_has_not_enough_sees_the_balance_and_the_refusal_stays(api: httpx.AsyncClient, gift: str) -> None:
    await redeem(api, gift, "one")
    refused = await redeem(api, gift, "two")
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.CONFLICT, "not_enough_points")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["balance"] == {"available": 30, "pending": 0, "held": 70, "debt": 0}
    await buys(api, "2", "100.00")
    assert (await redeem(api, gift, "two")).content == refused.content
    assert (await redeem(api, gift, "three")).status_code == HTTPStatus.CREATED


async def test_a_redemption_needs_a_key(api: httpx.AsyncClient, gift: str) -> None:
    refused = await post(api, "redemptions", customer_id="ann", reward_id=gift)
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.BAD_REQUEST, "idempotency_key_missing")
    assert (await balance(api))["held"] == 0


async def test_one_storefront_knows_nothing_of_anothers_redemptions(
    api: httpx.AsyncClient, till: httpx.AsyncClient, gift: str
) -> None:
    path = f"redemptions/{(await redeem(api, gift)).json()['redemption_id']}"
    assert (await till.get(f"/v1/{path}")).status_code == HTTPStatus.NOT_FOUND
    for verb in ("capture", "release", "reverse"):
        assert (await post(till, f"{path}/{verb}")).status_code == HTTPStatus.NOT_FOUND, verb
    assert (await balance(api))["held"] == 70


@pytest.mark.usefixtures("gift")
async def test_the_keys_of_two_storefronts_never_meet(api: httpx.AsyncClient, till: httpx.AsyncClient) -> None:
    cheap = (await post(api, "rewards", "cheap", **GIFT | {"price_points": 10})).json()["reward_id"]
    first, other = await redeem(api, cheap, "same"), await redeem(till, cheap, "same")
    assert first.status_code == other.status_code == HTTPStatus.CREATED
    assert first.json()["redemption_id"] != other.json()["redemption_id"]
    assert (await balance(api))["held"] == 20


async def test_what_nobody_knows_is_not_found(api: httpx.AsyncClient, gift: str) -> None:
    assert (await api.get(f"/v1/redemptions/{uuid4()}")).status_code == HTTPStatus.NOT_FOUND
    assert (await post(api, f"redemptions/{uuid4()}/capture")).status_code == HTTPStatus.NOT_FOUND
    assert (await api.get("/v1/redemptions/none")).status_code == HTTPStatus.NOT_FOUND
    assert (await redeem(api, str(uuid4()))).status_code == HTTPStatus.NOT_FOUND
    bad = await post(api, "redemptions", "x", customer_id="ann", reward_id=gift, price_points=1)
    assert bad.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
