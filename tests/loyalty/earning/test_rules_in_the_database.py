"""Caps, first purchases, actions and birthdays where they are kept: read, raced for, done by the worker."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from loyalty.customers.facts import Profile
from loyalty.database import Database
from loyalty.deeds.tasks import birthdays
from loyalty.jobs.job import Desk
from tests.histories import Town, open_town
from tests.paper import PER_EURO, local
from tests.stories import cancellation, day, joined, joining, purchase, recorded, refund

CAP = {"kind": "cap", "id": "year", "points": 100, "per": "year"}
FIRST = {"kind": "first_purchase", "id": "first", "points": 20}


async def town_under(database: Database, owner: asyncpg.Connection, *rules: dict[str, Any]) -> Town:
    town = await open_town(database, owner, {})
    await town.rule([PER_EURO, *rules])
    return town


async def test_a_cap_holds_from_request_to_request(database: Database, owner: asyncpg.Connection) -> None:
    town = await town_under(database, owner, CAP)
    await town.shop.join(joining("ann"))
    await town.shop.buy(purchase("o1", 6000, "ann"))
    await town.shop.buy(purchase("o2", 6000, "ann"))
    assert await town.shop.balance("ann") == (100, 0)
    await town.shop.take_back(refund("o1", "r", 5000, on=20))
    assert await town.shop.balance("ann") == (50, 0)
    await town.shop.buy(purchase("o3", 9000, "ann"))
    assert await town.shop.balance("ann") == (100, 0)
    await town.shop.take_back(*(cancellation(order, on=20) for order in ("o1", "o2", "o3")))
    assert await town.shop.balance("ann") == (0, 0)
    await town.shop.verified()


async def test_of_two_at_once_under_a_cap_one_sees_what_the_other_took(
    database: Database, owner: asyncpg.Connection
) -> None:
    town = await town_under(database, owner, CAP, FIRST)
    names = [f"c{n}" for n in range(12)]
    await town.shop.join(*(joining(name) for name in names))
    for name in names:
        outcomes = await asyncio.gather(
            town.shop.buy(purchase(f"{name}-left", 7000, name)),
            town.shop.buy(purchase(f"{name}-right", 7000, name)),
            town.act(name, "review", f"{name}-review", day(1)),
        )
        firsts = [recorded(outcome).awards[0].facts["seen"]["first"] for [outcome] in outcomes[:2]]
        assert sorted(firsts) == [False, True]
        assert await town.shop.balance(name) == (100, 0)
    await town.shop.verified()


async def test_a_version_that_needs_more_is_seen_by_whoever_cached_one_that_did_not(
    database: Database, owner: asyncpg.Connection
) -> None:
    town = await town_under(database, owner)
    await town.shop.join(joining("ann"))
    await town.shop.buy(purchase("o1", 1000, "ann"))
    rules = msgspec.json.encode([PER_EURO, FIRST, CAP]).decode()
    await owner.execute("INSERT INTO earning_rules SELECT program_id, 2, $1, $2, $1 FROM program", day(1), rules)
    await town.shop.buy(purchase("o2", 20000, "ann", on=2))
    assert await town.shop.balance("ann") == (110, 0)
    await town.shop.verified()


async def test_the_same_action_twice_in_a_batch_and_after_is_one(database: Database, owner: asyncpg.Connection) -> None:
    town = await town_under(database, owner, {"kind": "custom_action", "action": "review", "points": 7})
    await town.shop.join(joining("ann"))
    for _ in range(2):
        await asyncio.gather(*(town.act("ann", "review", "r1", day(1)) for _ in range(3)))
    assert await town.shop.balance("ann") == (7, 0)
    await town.shop.verified()


async def test_an_action_before_joining_gives_nothing(database: Database, owner: asyncpg.Connection) -> None:
    town = await town_under(database, owner, {"kind": "custom_action", "action": "review", "points": 7})
    await town.shop.join(joining("ann", on=5))
    await town.act("ann", "review", "r1", day(4))
    assert await town.shop.balance("ann") == (0, 0)
    assert await town.shop.value("SELECT facts ->> 'reason' FROM award WHERE cause = 'action'") == "not_member"
    await town.shop.verified()


async def test_joining_is_rewarded_with_the_purchases_that_it_awards(
    database: Database, owner: asyncpg.Connection
) -> None:
    town = await town_under(database, owner, {"kind": "joining", "points": 30}, CAP)
    await town.shop.buy(purchase("o1", 9000, "ann", on=3))
    [outcome] = await town.shop.join(joining("ann", on=2))
    assert joined(outcome).award.facts == {"purchases": 1, "points": 90, "bonus": 10}
    assert joined(outcome).award.available_after == 100
    await town.shop.verified()


def desk(town: Town) -> Desk:
    program_id = town.shop.source.program.program_id
    return Desk(town.shop.database, program_id, uuid4(), 1, day(30))


async def born(town: Town, name: str, on: str, **more: Any) -> None:  # noqa: ANN401
    profile = Profile(None, None, None, local(f"{on}T12:00").date(), None)
    await town.shop.join(joining(name, profile=profile, **more))


@pytest.mark.parametrize(
    ("on", "days_later", "points"),
    [
        ("1990-03-31", 0, 50),  # the clock of the town stands on 31 March 2025
        ("1990-04-01", 0, 0),
        ("1990-04-01", 1, 50),
        ("1990-03-24", 0, 50),  # a week that nobody worked
        ("1990-03-23", 0, 0),
        ("1992-02-29", 334, 50),  # 28 February 2026
        ("1992-02-29", 333, 0),
    ],
)
async def test_a_birthday_is_kept_on_its_local_day(
    database: Database, owner: asyncpg.Connection, on: str, days_later: int, points: int
) -> None:
    town = await town_under(database, owner, {"kind": "birthday", "points": 50})
    await born(town, "ann", on)
    if days_later:
        await town.wait(days=days_later)
    for _ in range(2):
        await birthdays(desk(town))
    assert await town.shop.balance("ann") == (points, 0)
    await town.shop.verified()


async def test_a_birthday_is_kept_once_a_year_and_of_members_only(
    database: Database, owner: asyncpg.Connection
) -> None:
    town = await town_under(database, owner, {"kind": "birthday", "points": 50})
    await born(town, "ann", "1990-03-31")
    await born(town, "bob", "1990-03-31", left=20)
    await born(town, "cid", "1990-03-31")
    await birthdays(desk(town))
    await town.merge("cid", "ann")
    await town.wait(days=3)
    await birthdays(desk(town))
    assert await town.shop.balance("ann") == (100, 0)
    await town.wait(days=362)
    await birthdays(desk(town))
    assert await town.shop.balance("ann") == (150, 0)
    assert await town.shop.balance("bob") == (0, 0)
    await town.shop.verified()
