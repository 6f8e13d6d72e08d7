"""Tiers over HTTP, with their numbers: published, reached, counted on the right day and for the right person."""

import asyncpg

from tests.loyalty.tiers.town import GOLD, MONEY, NOON, SILVER, YEAR, Town
from tests.paper import local


async def test_without_tiers_nobody_has_one_and_nothing_is_counted(town: Town, owner: asyncpg.Connection) -> None:
    await town.buys("1", "900.00", "2026-02-01T12:00")
    assert (await town.api.get("/v1/tiers")).json() == {
        "version": 0, "counts": "points_earned", "window": {"kind": "lifetime"}, "grace_days": 0, "tiers": [],
    }  # fmt: skip
    assert await town.member() is None
    assert await owner.fetchval("SELECT count(*) FROM tier_day") == 0


async def test_published_tiers_are_shown_lowest_first_with_their_amounts(town: Town) -> None:
    told = await town.publishes(MONEY | {"grace_days": 30})
    assert [(tier["key"], tier["rank"], tier["threshold"]) for tier in told["tiers"]] == [
        ("silver", 1, "200.00"),
        ("gold", 2, "500.00"),
    ]
    assert (told["version"], told["grace_days"]) == (1, 30)
    assert (await town.api.get("/v1/tiers")).json() == told
    assert (await town.publishes(MONEY | {"grace_days": 30}))["version"] == 1
    assert (await town.publishes(MONEY))["version"] == 2


async def test_the_purchase_after_the_one_that_reached_a_tier_earns_with_it(town: Town) -> None:
    await town.publishes(YEAR)
    assert await town.buys("1", "200.00", "2026-03-01T08:00") == 200
    assert await town.tier() == "silver"
    assert await town.buys("2", "100.00", "2026-03-01T08:30") == 150
    # Placed before the tier was reached, told after it.
    assert await town.buys("3", "100.00", "2026-03-01T07:00") == 100
    assert await town.buys("4", "100.00", "2026-03-01T08:31") == 150
    assert (await town.member())["total"] == "600"
    assert await town.buys("5", "10.00", "2026-03-01T08:59") == 20
    assert [(a, b, c) for a, b, c, _ in await town.history()] == [
        (None, "silver", "reached"),
        ("silver", "gold", "reached"),
    ]
    await town.verified()


async def test_a_batch_sees_what_the_item_before_it_reached(town: Town) -> None:
    await town.publishes(YEAR)
    items = [
        {"order_id": str(n), "goods": "200.00", "placed_at": f"2026-03-01T07:0{n}:00Z", "currency": "EUR",
         "customer_id": "ann"}
        for n in range(3)
    ]  # fmt: skip
    answer = await town.api.post("/v1/purchases:batch", json={"purchases": items})
    assert answer.is_success, answer.text
    found = [(await town.api.get(f"/v1/purchases/{n}")).json()["points"] for n in range(3)]
    assert [one if isinstance(one, int) else one.get("given", one) for one in found] == [200, 300, 400]


async def test_progress_says_how_much_is_missing_by_when(town: Town) -> None:
    await town.publishes(MONEY)
    await town.buys("1", "420.00", "2026-03-01T08:00")
    found = await town.member()
    assert found["next"] == {
        "key": "gold", "name": {"en": "Gold", "fr": "Or"}, "missing": "80.00", "by": "2026-12-31",
    }  # fmt: skip
    assert (found["key"], found["total"], found["kept_until"]) == ("silver", "420.00", "2027-12-31")


async def test_a_purchase_dated_back_counts_on_its_own_day_and_reaches_now(town: Town) -> None:
    await town.publishes(YEAR)
    await town.buys("1", "150.00", "2026-02-20T08:00")
    assert await town.buys("2", "50.00", "2025-06-01T08:00") == 50
    assert await town.tier() == "silver"
    # What was bought between had no tier then, and has none for being told late.
    assert await town.buys("3", "10.00", "2026-02-25T08:00") == 10
    # Its day falls out first.
    await town.at("2026-06-01T12:00")
    assert (await town.member())["total"] == "160"
    assert await town.tier() == "silver"
    await town.at("2026-06-02T00:00")
    assert await town.tier() is None
    await town.verified()


async def test_what_cannot_be_a_tier_or_a_floor_is_refused(town: Town) -> None:
    assert (await town.put("members/ann/tier-floor", 404, tier="gold", reason="x"))["code"] == "not_found"
    await town.publishes(YEAR)
    for scheme, pointer in (
        (YEAR | {"tiers": [SILVER, GOLD | {"threshold": "200"}]}, "/tiers/1/threshold"),
        (YEAR | {"tiers": [SILVER, GOLD | {"key": "silver"}]}, "/tiers/1/key"),
        (YEAR | {"tiers": [SILVER | {"threshold": "0"}]}, "/tiers/0/threshold"),
        (YEAR | {"tiers": [SILVER | {"threshold": "1.50"}]}, "/tiers/0/threshold"),
        (YEAR | {"tiers": [SILVER | {"factor": "0.5"}]}, "/tiers/0/factor"),
        (YEAR | {"tiers": [SILVER | {"name": {}}]}, "/tiers/0/name"),
    ):
        refused = await town.put("tiers", 422, **scheme)
        assert [error["pointer"] for error in refused["errors"]] == [pointer], refused
    assert (await town.put("members/ann/tier-floor", 422, tier="lead", reason="x"))["code"] == "invalid"
    for until in ("2026-02-28", "9999-12-31"):
        over = await town.put("members/ann/tier-floor", 422, tier="gold", reason="x", until=until)
        assert over["errors"][0]["pointer"] == "/until"
    assert (await town.put("members/nobody/tier-floor", 404, tier="gold", reason="x"))["code"] == "not_found"
    await town.buys("1", "1.00", NOON.replace("03-02", "03-01").replace("12:", "08:"), "guest")
    assert (await town.put("members/guest/tier-floor", 409, tier="gold", reason="x"))["code"] == "not_a_member"


async def test_an_edit_moves_what_counts_and_a_late_joining_brings_it(town: Town, owner: asyncpg.Connection) -> None:
    await town.publishes(MONEY)
    told = {"order_id": "1", "goods": "100.00", "currency": "EUR", "customer_id": "bob"}
    placed = local("2026-02-01T12:00").isoformat()
    await town.api.post("/v1/purchases", json=told | {"placed_at": placed})
    days = "SELECT day::text, points, spent_minor FROM tier_day WHERE points <> 0 OR spent_minor <> 0 ORDER BY day"
    assert await owner.fetch(days) == []
    await town.joins("bob", at="2026-01-01T00:00:00Z")
    assert [tuple(row) for row in await owner.fetch(days)] == [("2026-02-01", 100, 10000)]
    edit = told | {"goods": "80.00", "placed_at": local("2026-02-03T00:30").isoformat(),
                   "source_updated_at": "2026-02-28T00:00:00Z"}  # fmt: skip
    edited = await town.api.put("/v1/purchases/1", json=edit)
    assert edited.is_success, edited.text
    assert [tuple(row) for row in await owner.fetch(days)] == [("2026-02-03", 80, 8000)]
    await town.verified()


async def test_a_merge_adds_both_and_an_erasure_leaves_nothing_of_a_person(
    town: Town, owner: asyncpg.Connection
) -> None:
    await town.publishes(YEAR)
    await town.joins("bob")
    await town.buys("1", "120.00", "2026-02-20T08:00")
    await town.buys("2", "120.00", "2026-02-20T09:00", "bob")
    await town.put("members/bob/tier-floor", tier="silver", reason="Bob said so")
    merged = await town.api.post(
        "/v1/customers/bob/merge", json={"into": "ann"}, headers={"Idempotency-Key": "m"}
    )  # fmt: skip
    assert merged.is_success, merged.text
    found = await town.member()
    assert (found["key"], found["total"], found["floor"]) == ("silver", "240", "silver")
    await town.verified()
    export = (await town.api.get("/v1/customers/ann/export")).json()["tier"]
    assert (export["tier"], export["reason"]) == ("silver", "Bob said so")
    await town.takes_back("2", "120.00", "2026-02-21T12:00")
    assert (await town.member())["total"] == "120"
    erased = await town.api.post("/v1/customers/ann/erase")
    assert erased.is_success, erased.text
    assert await owner.fetch("SELECT * FROM tier_standing") == []
    assert await owner.fetchval("SELECT count(*) FROM tier_day") == 0
    await town.takes_back("1", "20.00", "2026-02-21T12:00")
    await town.night()
    assert await owner.fetchval("SELECT count(*) FROM tier_standing") == 0
    await town.verified()
