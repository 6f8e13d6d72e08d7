"""Tiers over HTTP, with their numbers: published, reached, kept, lost by night, held, refunded, dated back."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from loyalty.database import Database
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.tasks import review
from loyalty.verify import verify
from tests.paper import local

SILVER = {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "200", "factor": "1.5"}
GOLD = {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "500", "factor": "2"}
YEAR = {"counts": "points_earned", "window": {"kind": "rolling", "months": 12}, "tiers": [GOLD, SILVER]}
MONEY = {
    "counts": "money_spent",
    "window": {"kind": "calendar"},
    "tiers": [SILVER | {"threshold": "200.00"}, GOLD | {"threshold": "500.00"}],
}
NOON = "2026-03-02T12:00"


class Town:
    """A shop's client, and the clock on its wall."""

    def __init__(self, api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: int) -> None:
        self.api, self._owner, self._database, self._program = api, owner, database, program
        self._keys = 0

    async def at(self, moment: str) -> None:
        """Have it be that local time in Paris."""
        await self._owner.execute(
            "UPDATE program SET mode = 'test', clock_offset = $1 - clock_timestamp()", local(moment)
        )

    async def put(self, path: str, expected: int = HTTPStatus.OK, **body: object) -> dict[str, Any]:
        self._keys += 1
        answer = await self.api.put(f"/v1/{path}", json=body, headers={"Idempotency-Key": f"k{self._keys}"})
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def publishes(self, scheme: dict[str, Any]) -> dict[str, Any]:
        return await self.put("tiers", **scheme)

    async def joins(self, *customers: str, at: str = "2020-01-01T00:00:00Z") -> None:
        for customer in customers:
            answer = await self.api.post("/v1/members", json={"customer_id": customer, "joined_at": at})
            assert answer.is_success, answer.text

    async def buys(self, order_id: str, goods: str, placed: str, customer: str = "ann", **more: object) -> int:
        """Buy, and tell what was given."""
        told = {"order_id": order_id, "goods": goods, "placed_at": local(placed).isoformat(), "currency": "EUR"}
        answer = await self.api.post("/v1/purchases", json={**told, "customer_id": customer, **more})
        assert answer.status_code == HTTPStatus.CREATED, answer.text
        given: int = answer.json()["points"]["given"]
        return given

    async def takes_back(self, order_id: str, goods: str, at: str = NOON) -> None:
        told = {"refund_id": f"r{order_id}{goods}", "goods": goods, "refunded_at": local(at).isoformat()}
        answer = await self.api.post(f"/v1/purchases/{order_id}/refunds", json=told)
        assert answer.status_code == HTTPStatus.CREATED, answer.text

    async def member(self, customer: str = "ann") -> dict[str, Any]:
        found: dict[str, Any] = (await self.api.get(f"/v1/members/{customer}")).json()["tier"]
        assert found == (await self.api.get(f"/v1/members/{customer}/balance")).json()["tier"]
        return found

    async def tier(self, customer: str = "ann") -> str | None:
        key: str | None = (await self.member(customer))["key"]
        return key

    async def night(self) -> None:
        await review(Desk(self._database, self._program, uuid4(), 1, datetime(2026, 1, 1, tzinfo=UTC)))

    async def history(self, customer: str = "ann") -> list[tuple[str | None, str | None, str, datetime]]:
        rows = await self._owner.fetch(
            "SELECT tier_from, tier_to, cause, effective_at FROM tier_change t JOIN customer_alias a"
            " USING (program_id, customer_id) WHERE external_id = $1 ORDER BY t.seq",
            customer,
        )
        return [tuple(row) for row in rows]

    async def verified(self) -> None:
        report = await verify(self._owner)
        assert not report.faults, report.faults


@pytest.fixture
async def town(api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts) -> Town:
    town = Town(api, owner, database, program.program_id)
    await town.at("2026-03-01T09:00")
    await town.joins("ann")
    return town


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
    over = await town.put("members/ann/tier-floor", 422, tier="gold", reason="x", until="2026-02-28")
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


async def test_a_change_of_tier_is_news_once(town: Town, owner: asyncpg.Connection) -> None:
    await town.publishes(YEAR)
    await town.buys("1", "200.00", "2026-03-01T08:00")
    await town.buys("2", "1.00", "2026-03-01T08:10")
    await town.at("2027-03-02T00:00")
    await town.night()
    await town.night()
    found = await owner.fetch("SELECT type FROM event WHERE type LIKE 'tier.%'")
    assert [row["type"] for row in found] == ["tier.changed", "tier.changed"]
