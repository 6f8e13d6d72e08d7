"""Long random histories under every policy are clean: what `loyalty verify` believes is what the verbs write."""

from random import Random
from typing import Any

import asyncpg
import pytest

from loyalty.database import Database
from tests.histories import open_town, tell_at_random

POLICIES: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "points that wait and end": {"maturity": {"kind": "days", "days": 3}, "expiry": {"kind": "days", "days": 20}},
    "points that slide": {"expiry": {"kind": "inactivity", "days": 9}, "debt": "clamp"},
    "months, and guests": {"expiry": {"kind": "months", "months": 2}, "guest_window": "month"},
    "guests of ever, all counts": {
        "guest_window": "all",
        "basis_includes_tax": True,
        "basis_includes_shipping": True,
        "reward_lowers_basis": False,
    },
    "on delivery": {"maturity": {"kind": "on_delivery", "days": 2}, "expiry": {"kind": "end_of_month", "months": 1}},
    "leaving takes all": {
        "on_leaving": "forfeit",
        "restore_grace_days": 5,
        "spent_points": "full",
        "expiry": {"kind": "days", "days": 4},
    },
}
KINDS = {"issue", "claw_back", "hold", "capture", "release", "reverse", "adjust"}


@pytest.mark.parametrize("policies", POLICIES.values(), ids=POLICIES)
async def test_a_random_history_is_clean(
    database: Database, owner: asyncpg.Connection, policies: dict[str, Any]
) -> None:
    town = await open_town(database, owner, policies)
    await tell_at_random(town, Random(5), steps=160)  # noqa: S311 - to be repeated, not to be secret
    report = await town.shop.verified()
    assert report.checked["former_facts_join_up"] > 0
    assert set(await town.shop.value("SELECT array_agg(DISTINCT kind) FROM entry")) >= KINDS


async def test_a_merge_that_has_purchases_decided_anew_is_clean(database: Database, owner: asyncpg.Connection) -> None:
    """Its entries come before theirs, and so do their hashes; this history has one."""
    town = await open_town(database, owner, {})
    await tell_at_random(town, Random(23), steps=160)  # noqa: S311 - to be repeated, not to be secret
    await town.shop.verified()
