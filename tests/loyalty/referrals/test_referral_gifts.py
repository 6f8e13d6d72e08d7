"""A reward instead of points: promised when the friend qualifies, bought when the return window is over."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import pytest

from tests.loyalty.referrals.conftest import Town


async def offered(town: Town, **more: object) -> str:
    told = {"name": "A mug", "kind": "gift", "price_points": 300, "settings": {"worth": "4.00"}, **more}
    found: str = (await town.call("POST", "rewards", HTTPStatus.CREATED, **told))["reward_id"]
    return found


async def promised(town: Town, reward_id: str) -> None:
    """Have the referrer get the reward and the friend points, and a friend who buys."""
    await town.publishes(referrer_points=0, referrer_reward=reward_id)
    await town.joins("fay", await town.code())
    await town.buys("1", "80.00", "fay")
    await town.works()


async def gift(town: Town) -> dict[str, Any]:
    [found] = (await town.call("GET", "referrals"))["data"]
    [told] = found["rewards"]
    assert (told["side"], told["points"]) == ("referrer", 300)
    return dict(told)


async def after_the_window(town: Town) -> None:
    await town.at("2026-03-16T12:00")
    await town.works()
    await town.works()


async def test_the_reward_is_bought_with_the_points_given_for_it(town: Town) -> None:
    reward_id = await offered(town)
    await promised(town, reward_id)
    assert await town.points("ann") == (0, 300, 0)
    assert (await gift(town))["redemption_id"] is None
    await after_the_window(town)
    told = await gift(town)
    redemption = await town.call("GET", f"redemptions/{told['redemption_id']}")
    assert (redemption["reward_id"], redemption["state"], redemption["points"]) == (reward_id, "captured", 300)
    assert (await town.points("ann"), await town.points("fay")) == ((0, 0, 0), (580, 0, 0))
    await town.verified()


async def test_a_reward_that_is_gone_by_then_leaves_the_points(town: Town) -> None:
    await promised(town, await offered(town, stock=0))
    await after_the_window(town)
    assert (await gift(town))["kept_because"] == "out_of_stock"
    assert await town.points("ann") == (300, 0, 0)
    await town.verified()


async def test_a_reward_that_costs_more_by_then_takes_no_points_of_ones_own(town: Town) -> None:
    reward_id = await offered(town)
    await promised(town, reward_id)
    await town.call("POST", "members/ann/adjustments", HTTPStatus.CREATED, points=400, reason="kind")
    await town.owner.execute("UPDATE reward SET price_points = 301, edition = edition")
    await after_the_window(town)
    assert (await gift(town))["kept_because"] == "not_enough_points"
    assert await town.points("ann") == (700, 0, 0)


async def test_a_refund_inside_the_window_leaves_no_reward(town: Town) -> None:
    await promised(town, await offered(town))
    await town.takes_back("1", "80.00")
    await after_the_window(town)
    assert await town.referrals() == [("reversed", "refunded")]
    assert (await gift(town))["redemption_id"] is None
    assert await town.points("ann") == (0, 0, 0)
    await town.verified()


async def test_a_refund_after_it_takes_back_what_the_reward_cost(town: Town) -> None:
    await promised(town, await offered(town))
    await after_the_window(town)
    await town.takes_back("1", "80.00")
    await town.works()
    assert await town.points("ann") == (0, 0, 300)
    await town.verified()


@pytest.mark.parametrize("wrong", ["unknown", "no price", "both"])
async def test_terms_promise_only_what_can_be_given(town: Town, wrong: str) -> None:
    payment = {"points_per_step": 100, "step": "1.00"}
    paying = {"kind": "points_payment", "settings": payment, "price_points": None}
    reward_id = await offered(town, **paying) if wrong == "no price" else ""
    reward_id = reward_id or (await offered(town) if wrong == "both" else str(UUID(int=7)))
    told = {"referrer_points": 500 if wrong == "both" else 0, "referrer_reward": reward_id}
    problem = await town.call("PUT", "referral-terms", HTTPStatus.UNPROCESSABLE_ENTITY, **told)
    assert problem["errors"][0]["pointer"] == "/referrer_reward"
