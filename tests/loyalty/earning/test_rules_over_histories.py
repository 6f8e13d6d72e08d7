"""Long random histories under many rules are clean: `loyalty verify` computes them again, from what is stored."""

from random import Random
from typing import Any

import asyncpg
import pytest

from loyalty.database import Database
from tests.histories import open_town, tell_at_random
from tests.paper import PER_EURO
from tests.seeds import seeds

EXACT = PER_EURO | {"whole_steps": False}
RULES: dict[str, list[dict[str, Any]]] = {
    "of every kind": [
        PER_EURO | {"id": "base"},
        EXACT | {"id": "wine", "points_per_step": 2, "categories": ["wine"]},
        {"kind": "multiplier", "id": "weekend", "factor": "1.5", "weekdays": [6, 7]},
        {"kind": "multiplier", "id": "red", "factor": "2.25", "skus": ["red"], "minimum_minor": 2000},
        {"kind": "fixed_bonus", "id": "large", "points": 70, "minimum_minor": 12000,
         "expires_after_days": 9},
        {"kind": "first_purchase", "id": "first", "points": 200},
        {"kind": "joining", "id": "welcome", "points": 30},
        {"kind": "custom_action", "id": "review", "action": "review", "points": 25, "once_per": "week"},
        {"kind": "cap", "id": "purchase", "points": 400, "per": "purchase"},
        {"kind": "cap", "id": "wine-month", "points": 60, "per": "month", "rules": ["wine"]},
        {"kind": "cap", "id": "week", "points": 500, "per": "week"},
    ],
    "that silence each other": [
        EXACT | {"id": "base"},
        {"kind": "fixed_bonus", "id": "vip", "points": 3, "exclusive": True, "minimum_minor": 9000},
        {"kind": "fixed_bonus", "id": "loud", "points": 40, "exclusive": True, "priority": 5, "categories": ["wine"],
         "minimum_minor": 8000},
        {"kind": "custom_action", "id": "visit", "action": "visit", "points": 9},
        {"kind": "cap", "id": "day", "points": 90, "per": "day"},
        {"kind": "cap", "id": "ever", "points": 900, "per": "ever", "rules": ["base", "visit"]},
    ],
    "that only look at the day": [
        PER_EURO,
        {"kind": "multiplier", "factor": "3", "weekdays": [1, 3, 5]},
        {"kind": "fixed_bonus", "points": 7, "from_time": "08:00:00", "until_time": "14:30:00"},
        {"kind": "fixed_bonus", "points": 11, "starts_on": "2025-04-02", "ends_on": "2025-04-20",
         "except_categories": ["food"]},
        {"kind": "custom_action", "action": "visit", "points": 9},
    ],
}  # fmt: skip


@pytest.mark.parametrize("seed", seeds(1, [5, 23]))
@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
async def test_a_random_history_under_many_rules_is_clean(
    database: Database, owner: asyncpg.Connection, rules: list[dict[str, Any]], seed: int
) -> None:
    town = await open_town(database, owner, {"guest_window": "month", "expiry": {"kind": "months", "months": 2}})
    await town.rule(rules)
    await tell_at_random(town, Random(seed), steps=160, products=0.6)  # noqa: S311 - to be repeated, not to be secret
    report = await town.shop.verified()
    assert report.not_checkable == {}
    assert report.checked["actions_gave_what_they_are_worth"] > 0
    counts = any(rule["kind"] == "cap" for rule in rules)
    assert (
        await town.shop.value("SELECT count(*) > 0 FROM cap_use WHERE points > 0 AND rule_id NOT LIKE '@%'") == counts
    )
