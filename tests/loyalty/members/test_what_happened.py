"""The page of a member tells what was done besides buying, and each change of the tier, with their reasons."""

from typing import Any

import asyncpg
import pytest

from loyalty.database import Database
from loyalty.tiers.actions import publish_scheme
from loyalty.tiers.scheme import scheme_from
from tests.histories import Town, open_town
from tests.loyalty.members.test_people import seen, told
from tests.paper import PER_EURO
from tests.stories import day, joining, purchase, refund

RULES: list[dict[str, Any]] = [
    PER_EURO | {"id": "base"},
    {"kind": "joining", "id": "hello", "points": 30},
    {"kind": "custom_action", "id": "review", "action": "review", "points": 25},
]
GOLD = {
    "counts": "points_earned",
    "window": {"kind": "lifetime"},
    "tiers": [{"key": "gold", "name": {"en": "Gold"}, "threshold": 100}],
}


@pytest.fixture
async def town(database: Database, owner: asyncpg.Connection) -> Town:
    """Give a town in which Ann joined, wrote a review, visited, and bought enough to be gold."""
    town = await open_town(database, owner, {})
    await town.rule(RULES)
    async with database.writer() as connection, connection.transaction():
        await publish_scheme(connection, town.shop.source.program, scheme_from(GOLD), "test")
    await town.shop.join(joining("ann"))
    await town.act("ann", "review", "r1", day(1))
    await town.act("ann", "visit", "v1", day(2))
    await town.shop.buy(purchase("a", 6000, "ann", on=3))
    return town


async def test_actions_and_tiers_stand_among_what_was_bought(town: Town) -> None:
    page = await seen(town.shop, "ann")
    # The joining and its bonus are of one instant. The tier is known only now: the purchase is of another day.
    assert told(page)[:4] == [
        ("tier", "tier0000000001", 0),
        ("purchase", "", 60),
        ("action", "", 0),
        ("action", "", 25),
    ]
    assert sorted(told(page)[4:]) == [("action", "", 30), ("joined", "", 0)]
    climbed, _, visit, *_ = page.timeline.rows
    assert climbed.facts == {"from": None, "to": "gold", "cause": "reached"}
    assert (visit.facts["action"], visit.facts["reason"]) == ("visit", "no_rule")
    after = await seen(town.shop, "ann", climbed.place)
    assert told(after) == told(page)[1:]


async def test_a_tier_that_a_night_takes_away_is_told_before_the_worker_wrote_it(town: Town) -> None:
    await town.shop.take_back(refund("a", "r", 6000, on=4))
    await town.wait(days=2)
    first, *_ = (await seen(town.shop, "ann")).timeline.rows
    assert (first.cause, first.part, first.facts) == (
        "tier",
        "tier0000000002",
        {"from": "gold", "to": None, "cause": "period"},
    )
    assert await town.shop.value("SELECT count(*) FROM tier_change") == 1


async def test_why_tells_of_an_action_what_its_rules_gave(town: Town) -> None:
    rows = (await seen(town.shop, "ann")).timeline.rows
    by_action = {row.facts["action"]: row.award_id for row in rows if row.cause == "action"}
    for action, rule, points in (("review", "review", "25"), ("joining", "hello", "30")):
        why = (await seen(town.shop, "ann", why=by_action[action])).why
        assert why is not None
        assert why.is_action
        assert (why.order_id, why.basis, why.rules) == (None, None, RULES)
        assert [(part.rule, part.points) for part in why.breakdown] == [(rule, points)]
    visit = (await seen(town.shop, "ann", why=by_action["visit"])).why
    assert visit is not None
    assert (visit.storefront, visit.given, visit.breakdown) == ("shop", 0, [])
    joined = next(row for row in rows if row.cause == "joined")
    assert (await seen(town.shop, "ann", why=joined.award_id)).why is None
