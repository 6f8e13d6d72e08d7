"""Tiers over HTTP, with their numbers: what keeps one, and what a night, a refund or a new version takes."""

import asyncpg
import pytest

from tests.loyalty.tiers.town import GOLD, SILVER, YEAR, Town
from tests.paper import local


async def test_refunds_lower_the_sum_and_take_the_tier_at_midnight(town: Town) -> None:
    await town.publishes(YEAR)
    await town.buys("1", "200.00", "2026-03-01T08:00")
    await town.at("2026-03-02T12:00")
    await town.takes_back("1", "0.01")
    found = await town.member()
    assert (found["key"], found["total"], found["kept_until"]) == ("silver", "199", "2026-03-02")
    await town.at("2026-03-02T23:59:59")
    assert await town.tier() == "silver"
    await town.at("2026-03-03T00:00")
    assert await town.tier() is None
    await town.night()
    assert [(b, c, at) for _, b, c, at in await town.history()][1:] == [(None, "period", local("2026-03-03T00:00"))]
    await town.verified()


@pytest.mark.parametrize(("last", "lost"), [("2026-03-28", "2026-03-29"), ("2026-10-24", "2026-10-25")])
@pytest.mark.parametrize("nights", ["on time", "twice", "late", "never"])
async def test_the_night_in_which_the_clocks_change_is_one_like_others(
    town: Town, last: str, lost: str, nights: str
) -> None:
    await town.publishes(YEAR)
    await town.buys("1", "200.00", f"{int(last[:4]) - 1}{last[4:]}T23:30")
    assert await town.tier() == "silver"
    await town.at(f"{last}T23:59:59")
    await town.night()
    assert await town.tier() == "silver"
    await town.at(f"{lost}T03:30" if nights == "late" else f"{lost}T00:00:01")
    for _ in range({"on time": 1, "twice": 2, "late": 1, "never": 0}[nights]):
        await town.night()
    assert await town.tier() is None
    await town.at(f"{lost}T12:00")
    assert await town.buys("2", "10.00", f"{lost}T11:00") == 10
    assert [(b, c, at) for _, b, c, at in await town.history()][1:] == [(None, "period", local(f"{lost}T00:00"))]
    await town.verified()


async def test_a_new_version_lifts_at_once_and_lowers_after_grace(town: Town) -> None:
    await town.joins("bob", "cid")
    for customer, goods in (("ann", "150.00"), ("bob", "250.00"), ("cid", "10.00")):
        await town.buys(f"of {customer}", goods, "2026-02-20T08:00", customer)
    await town.publishes(YEAR)
    await town.night()
    assert [await town.tier(customer) for customer in ("ann", "bob", "cid")] == [None, "silver", None]
    await town.publishes(YEAR | {"grace_days": 2, "tiers": [SILVER | {"threshold": "100"}, GOLD]})
    await town.night()
    assert [await town.tier(customer) for customer in ("ann", "bob", "cid")] == ["silver", "silver", None]
    await town.publishes(YEAR | {"grace_days": 2, "tiers": [SILVER | {"threshold": "300"}, GOLD]})
    for moment, tier in (("2026-03-01T23:00", "silver"), ("2026-03-03T23:00", "silver"), ("2026-03-04T00:00", None)):
        await town.at(moment)
        await town.night()
        assert await town.tier() == await town.tier("bob") == tier
    await town.verified()


async def test_somebody_is_held_at_a_tier_for_a_reason_and_until_a_day(town: Town) -> None:
    await town.publishes(YEAR)
    held = await town.put("members/ann/tier-floor", tier="gold", until="2026-03-10", reason="A broken vase")
    assert (held["tier"], held["floor"], held["until"]) == ("gold", "gold", "2026-03-10")
    assert (await town.member())["kept_until"] == "2026-03-10"
    assert await town.buys("1", "200.00", "2026-03-01T09:00:30") == 400
    await town.at("2026-03-11T00:00")
    assert await town.tier() == "silver"
    await town.night()
    assert [(b, c) for _, b, c, _ in await town.history()] == [("gold", "floor"), ("silver", "floor_ended")]
    await town.put("members/ann/tier-floor", tier="gold", reason="For ever")
    released = await town.api.delete("/v1/members/ann/tier-floor", headers={"Idempotency-Key": "free"})
    assert (released.json()["tier"], released.json()["floor"]) == ("silver", None)
    await town.verified()


async def test_spending_adjusting_and_leaving_change_nothing_of_the_sum(town: Town) -> None:
    await town.publishes(YEAR)
    await town.buys("1", "200.00", "2026-03-01T08:00")
    for number, points in enumerate((-150, 900)):
        answer = await town.api.post(
            "/v1/members/ann/adjustments",
            json={"points": points, "reason": "so"},
            headers={"Idempotency-Key": f"a{number}"},
        )
        assert answer.is_success, answer.text
    assert (await town.member())["total"] == "200"
    await town.at("2026-03-05T12:00")
    left = await town.api.delete("/v1/members/ann")
    assert left.is_success
    assert await town.member() is None
    await town.at("2026-03-06T12:00")
    await town.joins("ann", at=local("2026-03-06T11:00").isoformat())
    assert await town.tier() == "silver"
    await town.verified()


async def test_a_change_of_tier_is_news_once(town: Town, owner: asyncpg.Connection) -> None:
    await town.publishes(YEAR)
    await town.buys("1", "200.00", "2026-03-01T08:00")
    await town.buys("2", "1.00", "2026-03-01T08:10")
    await town.at("2027-03-02T00:00")
    await town.night()
    await town.night()
    found = await owner.fetch("SELECT type FROM event WHERE type LIKE 'tier.%'")
    assert [row["type"] for row in found] == ["tier.changed", "tier.changed"]
