"""What a reward names is there, and stays: neither a segment nor a tier goes while a reward is only for those."""

from http import HTTPStatus
from typing import Any

import httpx
import pytest

from tests.loyalty.rewards.test_catalogue_over_http import MUG, TIERS, Counter

SILVER, GOLD = TIERS["tiers"]


@pytest.fixture
def counter(api: httpx.AsyncClient) -> Counter:
    return Counter(api)


async def refused(answer: httpx.Response, code: str) -> str:
    assert answer.status_code == HTTPStatus.CONFLICT, answer.text
    told: dict[str, Any] = answer.json()
    assert told["code"] == code
    detail: str = told["detail"]
    return detail


async def test_a_segment_that_rewards_name_cannot_be_deleted(counter: Counter) -> None:
    await counter.segment("big")
    await counter.segment("other")
    await counter.offers(**MUG)
    mug = await counter.offers(**MUG | {"name": "Big mug", "segments": ["other", "big"]})
    cup = await counter.offers(**MUG | {"name": "Cup", "segments": ["big"]})
    assert (await counter.send("POST", f"rewards/{cup['reward_id']}/retire")).is_success
    detail = await refused(await counter.send("DELETE", "segments/big"), "segment_in_use")
    assert detail == "The segment 'big' is still named by the reward “Big mug”, the retired reward “Cup”."
    for reward, segments in ((mug, ["other"]), (cup, [])):
        newest = (await counter.api.get(f"/v1/rewards/{reward['reward_id']}")).json()
        told = MUG | {"edition": newest["edition"], "segments": segments}
        assert (await counter.send("PUT", f"rewards/{reward['reward_id']}", **told)).is_success
    assert (await counter.send("DELETE", "segments/big")).is_success
    await refused(await counter.send("DELETE", "segments/other"), "segment_in_use")


async def test_a_tier_that_rewards_name_stays_in_the_scheme(counter: Counter) -> None:
    assert (await counter.send("PUT", "tiers", **TIERS)).is_success
    await counter.offers(**MUG | {"name": "Gold mug", "minimum_tier": "gold"})
    await counter.offers(**MUG | {"name": "Cheaper mug", "tier_prices": {"gold": 10}})
    only_silver = TIERS | {"tiers": [SILVER]}
    detail = await refused(await counter.send("PUT", "tiers", **only_silver), "tier_in_use")
    assert detail == "The tier 'gold' is still named by the reward “Cheaper mug”, the reward “Gold mug”."
    assert [tier["key"] for tier in (await counter.api.get("/v1/tiers")).json()["tiers"]] == ["silver", "gold"]
    # Silver is named by none; gold may be reached otherwise.
    dearer = TIERS | {"tiers": [GOLD | {"threshold": "2000"}]}
    assert (await counter.send("PUT", "tiers", **dearer)).is_success


async def test_a_tier_that_a_draft_of_rules_names_stays_in_the_scheme(counter: Counter) -> None:
    assert (await counter.send("PUT", "tiers", **TIERS)).is_success
    rule = {"kind": "points_per_amount", "step": "1.00", "points_per_step": 1, "tiers": ["gold"]}
    drafted = await counter.send("POST", "earning-drafts", name="Gold week", rules=[rule])
    assert drafted.is_success, drafted.text
    detail = await refused(await counter.send("PUT", "tiers", **TIERS | {"tiers": [SILVER]}), "tier_in_use")
    assert detail == "The tier 'gold' is still named by the draft of rules “Gold week”."


@pytest.mark.parametrize(
    ("terms", "pointers"),
    [
        ({"minimum_tier": "platinum"}, ["/minimum_tier"]),
        ({"tier_prices": {"silver": 40, "platinum": 10}}, ["/tier_prices/platinum"]),
        ({"segments": ["big", "small"]}, ["/segments/1"]),
        (
            {"minimum_tier": "bronze", "tier_prices": {"bronze": 40}, "segments": ["small"]},
            ["/minimum_tier", "/tier_prices/bronze", "/segments/0"],
        ),
    ],
)
async def test_a_reward_names_only_tiers_and_segments_that_there_are(
    counter: Counter, terms: dict[str, Any], pointers: list[str]
) -> None:
    assert (await counter.send("PUT", "tiers", **TIERS)).is_success
    await counter.segment("big")
    mug = await counter.offers(**MUG, minimum_tier="gold", segments=["big"], tier_prices={"gold": 10})
    for method, path, told in (
        ("POST", "rewards", MUG | terms),
        ("PUT", f"rewards/{mug['reward_id']}", MUG | terms | {"edition": 1}),
    ):
        answer = await counter.send(method, path, **told)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert [(reward["reward_id"], reward["edition"]) for reward in await counter.sees(None)] == [(mug["reward_id"], 1)]


async def test_without_tiers_no_reward_names_one(counter: Counter) -> None:
    refused = await counter.send("POST", "rewards", **MUG, minimum_tier="gold")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/minimum_tier")


async def test_a_segment_that_is_no_more_is_named_by_no_new_reward(counter: Counter) -> None:
    await counter.segment("big")
    assert (await counter.send("DELETE", "segments/big")).is_success
    refused = await counter.send("POST", "rewards", **MUG, segments=["big"])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/segments/0")
