"""Tried on a history that was recorded under them, rules give every purchase what it has."""

from random import Random
from typing import Any

import asyncpg
import pytest

from loyalty.database import Database
from tests.histories import open_town, tell_at_random
from tests.loyalty.backtests.bench import really, tried
from tests.paper import PER_EURO
from tests.seeds import seeds
from tests.stories import day, joining, purchase

EXACT = PER_EURO | {"whole_steps": False}
# No cap over actions: a back-test looks at purchases.
RULES: dict[str, list[dict[str, Any]]] = {
    "one for all": [PER_EURO],
    "of every kind": [
        PER_EURO | {"id": "base"},
        EXACT | {"id": "wine", "points_per_step": 2, "categories": ["wine"]},
        {"kind": "multiplier", "id": "weekend", "factor": "1.5", "weekdays": [6, 7]},
        {"kind": "multiplier", "id": "red", "factor": "2.25", "skus": ["red"], "minimum_minor": 2000},
        {"kind": "fixed_bonus", "id": "large", "points": 70, "minimum_minor": 12000},
        {"kind": "first_purchase", "id": "first", "points": 200},
        {"kind": "cap", "id": "purchase", "points": 400, "per": "purchase"},
        {"kind": "cap", "id": "wine-month", "points": 60, "per": "month", "rules": ["wine"]},
        {"kind": "cap", "id": "week", "points": 150, "per": "week"},
    ],
    "that silence each other": [
        EXACT | {"id": "base"},
        {"kind": "fixed_bonus", "id": "vip", "points": 3, "exclusive": True, "minimum_minor": 9000},
        {"kind": "cap", "id": "day", "points": 90, "per": "day"},
        {"kind": "cap", "id": "ever", "points": 900, "per": "ever", "rules": ["base"]},
    ],
}


@pytest.mark.parametrize("seed", seeds(1, [5, 23, 77]))
@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
async def test_rules_tried_on_their_own_history_give_every_purchase_what_it_has(
    database: Database, owner: asyncpg.Connection, rules: list[dict[str, Any]], seed: int
) -> None:
    town = await open_town(database, owner, {"guest_window": "month", "expiry": {"kind": "months", "months": 2}})
    await town.rule(rules)
    await tell_at_random(town, Random(seed), steps=160, products=0.6)  # noqa: S311 - to be repeated, not to be secret
    result, points = await tried(database, town.shop.source.program, rules)
    assert points == await really(database, town.shop.source.program)
    assert (result.total.difference, result.gain, result.lose) == (0, 0, 0)
    assert result.total.tried == sum(points.values()) > 0


async def test_what_was_decided_before_an_edit_is_tried_with_the_facts_of_before(
    database: Database, owner: asyncpg.Connection
) -> None:
    rules = [PER_EURO | {"id": "base"}, {"kind": "cap", "id": "month", "points": 100, "per": "month"}]
    town = await open_town(database, owner, {})
    await town.rule(rules)
    await town.shop.join(joining("ann"))
    await town.shop.buy(purchase("o1", 10_000, "ann", on=5, reward_discount_minor=9_000))
    await town.shop.buy(purchase("o2", 9_500, "ann", on=6))
    await town.edit(purchase("o1", 10_000, "ann", on=5, source_updated_at=day(7)))
    _, points = await tried(database, town.shop.source.program, rules)
    assert points == await really(database, town.shop.source.program)
    assert sorted(points.values()) == [10, 90]
