"""What the worker does about points and parked refunds: it sweeps, it warns once, it tells once."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from loyalty.jobs.job import Desk
from loyalty.points import tasks
from loyalty.points.tasks import settle_due, warn
from loyalty.programs.actions import set_policies
from loyalty.purchases.tasks import tell_of_parked
from tests.stories import Shop, cancellation, joining, purchase, recorded, refund, wait

SUBJECTS = "SELECT array_agg(subject ORDER BY subject) FROM event WHERE type = $1"
ENTRIES = """SELECT kind, amount, effective_at FROM entry JOIN customer_alias USING (program_id, customer_id)
  WHERE external_id = $1 ORDER BY seq"""


async def promise(shop: Shop, **policies: Any) -> None:  # noqa: ANN401
    """Store other policies: jobs read them."""
    async with shop.database.session() as session:
        shop.follow(await set_policies(session, "Shop", policies))


async def now(shop: Shop) -> datetime:
    found: datetime = await shop.value("SELECT clock_timestamp() + clock_offset FROM program")
    return found


def desk(shop: Shop) -> Desk:
    return Desk(shop.database, shop.source.program.program_id, uuid4(), 1, shop.source.program.created_at)


async def buys(shop: Shop, *customers: str) -> None:
    """Have customers join, and buy for 100.00 at this moment."""
    at = await now(shop)
    await shop.join(*(joining(customer) for customer in customers))
    await shop.buy(*(replace(purchase(f"of {customer}", 10000, customer), placed_at=at) for customer in customers))


async def test_the_sweep_posts_what_the_next_write_would_have(shop: Shop, owner: asyncpg.Connection) -> None:
    await promise(shop, maturity={"kind": "days", "days": 10}, expiry={"kind": "days", "days": 30})
    await buys(shop, "swept", "left")
    await wait(owner, days=50)
    version = await shop.value("SELECT max(version) FROM account")
    await settle_due(desk(shop))
    assert await shop.value("SELECT array_agg(available + pending) FROM account") == [0, 0]
    assert await shop.value("SELECT max(version) FROM account") > version
    swept = await shop.rows(ENTRIES, "swept")
    assert [(kind, amount) for kind, amount, _ in swept] == [("issue", 100), ("mature", 100), ("expire", 100)]
    await buys(shop, "left too")
    await wait(owner, days=50)
    await shop.buy(purchase("a pin", 99, "left too"))
    kinds = [(kind, amount) for kind, amount, _ in await shop.rows(ENTRIES, "left too")]
    assert kinds == [("issue", 100), ("mature", 100), ("expire", 100)]
    await shop.verified()


async def test_a_sweep_is_told_and_finds_nothing_the_second_time(shop: Shop, owner: asyncpg.Connection) -> None:
    await promise(shop, expiry={"kind": "days", "days": 30})
    await buys(shop, "ann")
    await settle_due(desk(shop))
    assert await shop.value(SUBJECTS, "points.settled") is None
    await wait(owner, days=40)
    for _ in range(2):
        await settle_due(desk(shop))
        customer = await shop.value("SELECT customer_id FROM account")
        assert await shop.value(SUBJECTS, "points.settled") == [f"customer/{customer}"]
    assert await shop.value("SELECT count(*) FROM award WHERE cause = 'settled'") == 1


async def test_the_sweep_reaches_everybody(
    shop: Shop, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_AT_ONCE", 2)
    await promise(shop, expiry={"kind": "days", "days": 30})
    await buys(shop, *"abcde")
    await wait(owner, days=40)
    await settle_due(desk(shop))
    assert await shop.value("SELECT array_agg(DISTINCT available) FROM account") == [0]


async def test_the_sweep_lets_go_of_holds_that_ran_out(shop: Shop, owner: asyncpg.Connection) -> None:
    await buys(shop, "ann")
    await shop.redeem("ann", await shop.offer(70))
    await wait(owner, minutes=29)
    await settle_due(desk(shop))
    assert await shop.value("SELECT state FROM hold") == "open"
    await wait(owner, minutes=2)
    await settle_due(desk(shop))
    assert await shop.value("SELECT row(state, ended_at = expires_at)::text FROM hold") == "(timed_out,t)"
    assert await shop.balance("ann") == (100, 0)
    await shop.verified()


async def test_points_that_end_soon_are_told_once(shop: Shop, owner: asyncpg.Connection) -> None:
    await promise(shop, expiry={"kind": "days", "days": 60}, expiry_warning_days=10)
    await buys(shop, "ann", "bob")
    await shop.spend("bob", 100)
    await wait(owner, days=49)
    await warn(desk(shop))
    assert await shop.value(SUBJECTS, "points.expiring") is None
    await wait(owner, days=2)
    for _ in range(2):
        await warn(desk(shop))
        [told] = await shop.value(SUBJECTS, "points.expiring")
        assert told.startswith(f"customer/{await _customer(shop, 'ann')}/lot/1/ends/")
    assert await shop.value("SELECT count(*) FROM notice") == 1


async def test_points_whose_end_moved_are_told_again_with_the_new_date(shop: Shop, owner: asyncpg.Connection) -> None:
    await promise(shop, expiry={"kind": "inactivity", "days": 60}, expiry_warning_days=10)
    await buys(shop, "ann")
    await wait(owner, days=55)
    await warn(desk(shop))
    await shop.buy(replace(purchase("more", 1000, "ann"), placed_at=await now(shop)))
    await warn(desk(shop))
    assert len(await shop.value(SUBJECTS, "points.expiring")) == 1
    await wait(owner, days=55)
    await warn(desk(shop))
    told = await shop.value(SUBJECTS, "points.expiring")
    assert len({subject.partition("/ends/")[2] for subject in told}) == 2
    assert len(told) == 3


async def test_points_that_cannot_be_spent_yet_are_not_warned_of(shop: Shop, owner: asyncpg.Connection) -> None:
    await promise(
        shop, maturity={"kind": "days", "days": 20}, expiry={"kind": "days", "days": 5}, expiry_warning_days=30
    )
    await buys(shop, "ann")
    await warn(desk(shop))
    assert await shop.value(SUBJECTS, "points.expiring") is None
    await wait(owner, days=22)
    await warn(desk(shop))
    assert len(await shop.value(SUBJECTS, "points.expiring")) == 1


async def test_a_refund_that_waits_too_long_for_its_purchase_is_told_once(
    shop: Shop, owner: asyncpg.Connection
) -> None:
    await promise(shop, parked_alert_hours=48)
    await shop.take_back(
        refund("lost", "r", 1000), refund("lost", "s", 1000), cancellation("gone"), refund("o", "r", 1)
    )
    await wait(owner, hours=47)
    await tell_of_parked(desk(shop))
    assert await shop.value(SUBJECTS, "refund.parked_too_long") is None
    [came] = await shop.buy(purchase("o", 1000))
    assert len(recorded(came).awards) == 2
    await wait(owner, hours=2)
    waiting = await shop.value(
        "SELECT array_agg('purchase/' || purchase_id ORDER BY purchase_id) FROM purchase WHERE order_id <> 'o'"
    )
    for _ in range(2):
        await tell_of_parked(desk(shop))
        assert await shop.value(SUBJECTS, "refund.parked_too_long") == waiting
    assert len(waiting) == 2


async def _customer(shop: Shop, external_id: str) -> str:
    return str(await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = $1", external_id))
