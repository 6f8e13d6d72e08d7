"""Months worked by hand through the real verbs: what moved, what is left, and the books closing on every one."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from kpi.liability.actions import Liability, liability
from kpi.liability.rules import Flows, Stock
from kpi.rollup.work import CONSUMER, rebuild
from loyalty.background import register_consumers
from loyalty.database import Database
from loyalty.outbox.queries import built
from tests.histories import Town, open_town
from tests.liability import closes, closes_every_month
from tests.stories import day, joining, purchase, refund

PARIS = ZoneInfo("Europe/Paris")
Open = Callable[..., Awaitable[Town]]


@pytest.fixture
def town(database: Database, owner: asyncpg.Connection) -> Open:
    """Open a town in which ann and bob joined on 2 March 2025, with these policies; it is noon of the 31st."""

    async def opened(**policies: Any) -> Town:  # noqa: ANN401
        made = await open_town(database, owner, policies)
        await made.shop.join(joining("ann", on=1), joining("bob", on=1))
        return made

    return opened


async def rolled(town: Town, start: date, end: date, grain: str = "month", as_of: datetime | None = None) -> Liability:
    """Roll forward, and close."""
    async with town.shop.database.reader() as connection:
        told = await liability(connection, town.shop.source.program, start, end, grain, as_of=as_of)
    closes(told)
    return told


async def to(town: Town, local: str) -> None:
    """Let time go by until the shop's clocks show that."""
    at = datetime.fromisoformat(local).replace(tzinfo=PARIS)
    await town.wait(seconds=(at - day(town.today)).total_seconds())


async def count(town: Town) -> None:
    """Have the worker count every day."""
    register_consumers()
    program_id = town.shop.source.program.program_id
    await rebuild(town.shop.database, program_id)
    async with town.shop.database.writer() as connection:
        await built(connection, program_id, CONSUMER)


MARCH, APRIL, MAY, JUNE = (date(2025, month, 1) for month in (3, 4, 5, 6))


async def test_an_empty_programme_rolls_nothing_forward(town: Open) -> None:
    shop = await town()
    told = await rolled(shop, MARCH, MAY)
    assert [one.roll.flows for one in told.periods] == [Flows(), Flows()]
    assert [one.roll.closing for one in told.periods] == [Stock(), Stock()]
    # It is noon of 31 March: neither month is over.
    assert [one.partial for one in told.periods] == [True, True]


async def test_a_refund_of_spent_points_ends_in_debt_which_is_a_line_of_its_own(town: Open) -> None:
    """March: 200 issued, 90 spent. April: all 200 are taken back, 90 come back, 0 left and nothing owed; and so on."""
    shop = await town(spent_points="none")
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await shop.redeem("ann", 1, at_once=True)
    await to(shop, "2025-04-10T12:00")
    await shop.shop.take_back(refund("o1", "r1", 20_000, on=shop.today))
    await to(shop, "2025-05-05T12:00")
    await shop.shop.buy(purchase("o2", 5000, "ann", on=shop.today), purchase("o3", 1000, "bob", on=shop.today))
    march, april, may = [one.roll for one in (await rolled(shop, MARCH, JUNE)).periods]
    assert (march.flows, march.closing) == (Flows(issued=200, redeemed=90), Stock(available=110))
    # 110 are there to be taken, 90 are owed.
    assert (april.flows, april.closing) == (Flows(clawed_back=200, owed=90), Stock(debt=90))
    assert (april.opening.net, april.closing.net, april.closing.outstanding) == (110, -90, 0)
    # What is earned repays first; bob's points are no part of that.
    assert (may.flows, may.closing) == (Flows(issued=60, repaid=50), Stock(available=10, debt=40))
    assert (may.closing.outstanding, may.closing.net) == (10, -30)


async def test_what_is_clamped_was_never_taken_back(town: Open) -> None:
    shop = await town(spent_points="none", debt="clamp")
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await shop.redeem("ann", 1, at_once=True)
    await shop.shop.take_back(refund("o1", "r1", 20_000, on=shop.today))
    [march] = [one.roll for one in (await rolled(shop, MARCH, APRIL)).periods]
    assert (march.flows, march.closing) == (Flows(issued=200, redeemed=90, clawed_back=110), Stock())


async def test_points_that_come_back_are_restored_in_the_month_in_which_they_do(town: Open) -> None:
    shop = await town()
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    spent = await shop.redeem("ann", 1, at_once=True)
    assert spent is not None
    await to(shop, "2025-04-02T12:00")
    await shop.reverse(spent)
    march, april = [one.roll for one in (await rolled(shop, MARCH, MAY)).periods]
    assert (march.flows, march.closing.net) == (Flows(issued=200, redeemed=90), 110)
    assert (april.flows, april.closing.net) == (Flows(restored=90), 200)


async def test_a_hold_across_the_end_of_a_month_is_outstanding_until_it_is_captured(town: Open) -> None:
    shop = await town(hold_minutes=1440)
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await to(shop, "2025-03-31T23:50")
    held = await shop.redeem("ann", 1)
    assert held is not None
    await to(shop, "2025-04-01T00:10")
    await shop.capture(held, 60)
    march, april = [one.roll for one in (await rolled(shop, MARCH, MAY)).periods]
    assert (march.flows, march.closing) == (Flows(issued=200), Stock(available=110, held=90))
    # Of 90 held points 60 were captured, 30 let go of.
    assert (april.flows, april.closing) == (Flows(redeemed=60), Stock(available=140))


@pytest.mark.parametrize("counted", [False, True], ids=["from the rows", "from the days that the worker counted"])
async def test_what_ended_and_was_not_posted_yet_counts_at_its_own_instant(
    town: Open, monkeypatch: pytest.MonkeyPatch, *, counted: bool
) -> None:
    """Points of 30 March end with 9 April, those of 5 April with the 15th; on 20 May nobody has posted anything."""
    shop = await town(expiry={"kind": "days", "days": 10})
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    held = await shop.redeem("ann", 0)
    await to(shop, "2025-04-05T12:00")
    await shop.shop.buy(purchase("o2", 7000, "bob", on=shop.today))
    await to(shop, "2025-05-20T12:00")
    assert held is not None
    if counted:
        await count(shop)
        monkeypatch.setattr("kpi.liability.actions.FEW_PURCHASES", -1)
    assert await shop.shop.value("SELECT count(*) FROM entry WHERE kind = 'expire'") == 0
    before = await rolled(shop, MARCH, JUNE)
    days = await rolled(shop, APRIL, MAY, "day")
    march, april, may = [one.roll for one in before.periods]
    assert (march.flows, march.closing) == (Flows(issued=200), Stock(available=200))
    assert (april.flows, april.closing) == (Flows(issued=70, expired=270), Stock())
    assert (may.flows, may.closing) == (Flows(), Stock())
    assert {one.roll.days.start.day: one.roll.flows.expired for one in days.periods if one.roll.flows.expired} == {
        10: 200,
        16: 70,
    }
    # The worker posts it, and has not counted that yet: nothing of the answer changes.
    await shop.settle()
    assert await shop.shop.value("SELECT count(*) FROM entry WHERE kind = 'expire'") == 2
    assert [one.roll for one in (await rolled(shop, MARCH, JUNE)).periods] == [march, april, may]
    # Nor does what was known in between, when nothing was posted.
    known = await rolled(shop, MARCH, JUNE, as_of=before.known.as_of)
    assert [one.roll for one in known.periods] == [march, april, may]
    early = await rolled(shop, MARCH, JUNE, as_of=datetime(2025, 4, 12, tzinfo=PARIS))
    assert [one.roll.flows.expired for one in early.periods] == [0, 200, 0]


async def test_pending_points_are_outstanding_and_maturing_changes_no_line(town: Open) -> None:
    shop = await town(maturity={"kind": "days", "days": 5})
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await to(shop, "2025-04-20T12:00")
    march, april = [one.roll for one in (await rolled(shop, MARCH, MAY)).periods]
    assert (march.flows, march.closing) == (Flows(issued=200), Stock(pending=200))
    assert (april.flows, april.closing) == (Flows(), Stock(available=200))


async def test_a_merge_moves_no_line_and_an_erasure_takes_what_is_left(town: Open) -> None:
    shop = await town(spent_points="none")
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29), purchase("o2", 8000, "bob", on=29))
    await to(shop, "2025-04-02T12:00")
    await shop.merge("bob", "ann")
    april = (await rolled(shop, APRIL, MAY)).periods[0].roll
    assert (april.flows, april.closing.net) == (Flows(), 280)
    await shop.adjust("ann", -30)
    await shop.adjust("ann", 50)
    await to(shop, "2025-05-02T12:00")
    await shop.erase("ann")
    april, may = [one.roll for one in (await rolled(shop, APRIL, JUNE)).periods]
    assert (april.flows, april.flows.adjusted, april.closing.net) == (Flows(by_staff=20), 20, 300)
    assert (may.flows, may.flows.adjusted, may.closing) == (Flows(erased=-300), -300, Stock())


async def test_an_erased_debt_is_let_off(town: Open) -> None:
    shop = await town(spent_points="none")
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await shop.redeem("ann", 1, at_once=True)
    await shop.shop.take_back(refund("o1", "r1", 20_000, on=shop.today))
    await to(shop, "2025-04-02T12:00")
    await shop.erase("ann")
    march, april = [one.roll for one in (await rolled(shop, MARCH, MAY)).periods]
    assert march.closing == Stock(debt=90)
    assert (april.flows, april.closing) == (Flows(erased=90, repaid=90), Stock())


async def test_forfeited_points_are_expired_ones(town: Open) -> None:
    shop = await town(on_leaving="forfeit")
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await shop.leave("ann")
    [march] = [one.roll for one in (await rolled(shop, MARCH, APRIL)).periods]
    assert march.flows == Flows(issued=200, expired=200, forfeited=200)


@pytest.mark.parametrize(
    ("bought", "first"),
    [
        # On 30 March 2025 clocks went forward: April begins at 22:00 UTC of 31 March.
        ("2025-03-31T23:59:59", MARCH),
        ("2025-04-01T00:00:00", APRIL),
        # On 26 October they went back: November begins at 23:00 UTC.
        ("2025-10-31T23:59:59", date(2025, 10, 1)),
        ("2025-11-01T00:00:00", date(2025, 11, 1)),
    ],
)
async def test_a_month_ends_at_midnight_of_the_programme_whatever_its_clocks_did(
    town: Open, bought: str, first: date
) -> None:
    shop = await town()
    await to(shop, "2025-12-24T12:00")
    at = datetime.fromisoformat(bought).replace(tzinfo=PARIS)
    await shop.shop.buy(purchase("o1", 1000, "ann", on=(at - day(0)).total_seconds() / 86_400))
    told = await rolled(shop, MARCH, date(2026, 1, 1))
    assert [one.roll.days.start for one in told.periods if one.roll.flows.issued] == [first]


async def test_what_was_known_then_is_told_again(town: Open) -> None:
    """A refund in May of a purchase of March moves points in May; a late purchase changes March, but not as of then."""
    shop = await town()
    await shop.shop.buy(purchase("o1", 20_000, "ann", on=29))
    await to(shop, "2025-05-05T12:00")
    first = await rolled(shop, MARCH, JUNE)
    await shop.wait(minutes=1)
    await shop.shop.buy(purchase("o2", 4000, "bob", on=29.5))
    await shop.shop.take_back(refund("o1", "r1", 10_000, on=shop.today))
    await shop.wait(minutes=1)
    now = [one.roll.flows for one in (await rolled(shop, MARCH, JUNE)).periods]
    assert now == [Flows(issued=240), Flows(), Flows(clawed_back=100)]
    again = await rolled(shop, MARCH, JUNE, as_of=first.known.as_of)
    assert [one.roll for one in again.periods] == [one.roll for one in first.periods]
    nothing = await rolled(shop, MARCH, JUNE, as_of=datetime(2025, 3, 1, tzinfo=PARIS))
    assert {one.roll.flows for one in nothing.periods} == {Flows()}


async def test_every_grain_tells_the_same_story(town: Open) -> None:
    shop = await town(expiry={"kind": "days", "days": 10})
    for number, customer in enumerate(("ann", "bob", "ann")):
        await shop.shop.buy(purchase(f"o{number}", 9000 + number * 1000, customer, on=shop.today))
        await shop.redeem(customer, 0, at_once=True)
        await shop.wait(days=8)
    year = (await rolled(shop, date(2025, 1, 1), date(2026, 1, 1), "year")).periods[0].roll
    for grain in ("day", "month", "quarter"):
        told = await rolled(shop, date(2025, 1, 1), date(2026, 1, 1), grain)
        assert sum(one.roll.flows.issued for one in told.periods) == year.flows.issued == 300
        assert sum(one.roll.flows.redeemed for one in told.periods) == year.flows.redeemed == 60
        assert sum(one.roll.flows.expired for one in told.periods) == year.flows.expired
        assert told.periods[-1].roll.closing == year.closing
    assert await closes_every_month(shop.shop.database, shop.shop.source.program) is not None
