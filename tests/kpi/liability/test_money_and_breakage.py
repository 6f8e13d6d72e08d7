"""What a point is worth, line by line, and how many are never spent: by hand, and through the ledger."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np
import pytest

from kpi.actions import answer
from kpi.inputs.queries import POINT_COSTS, tell
from kpi.liability.actions import Liability, liability
from kpi.liability.breakage import ENOUGH, Breakage, estimate
from kpi.liability.money import Valued, minor, value
from kpi.liability.rules import Flows, Roll, Stock
from kpi.parts.points import PointWorth
from kpi.periods import Days
from loyalty.database import Database
from loyalty.intervals import Clusters, ratio_interval
from tests.histories import Town, open_town
from tests.stories import joining, purchase, refund

PARIS = ZoneInfo("Europe/Paris")
MARCH, APRIL, MAY, JUNE = (date(2025, month, 1) for month in (3, 4, 5, 6))
CENT = PointWorth(Fraction(1), Fraction(0))


def rolled(opening: Stock, flows: Flows, closing: Stock) -> Roll:
    roll = Roll(Days(MARCH, APRIL), opening, flows, closing)
    assert opening.net + flows.net == closing.net
    return roll


async def told(town: Town, start: date = MARCH, end: date = JUNE, as_of: datetime | None = None) -> Liability:
    async with town.shop.database.reader() as connection:
        return await liability(connection, town.shop.source.program, start, end, as_of=as_of)


async def enter(town: Town, from_on: date, cost: str, breakage: str = "0") -> None:
    rows = [(from_on, Decimal(cost), Decimal(breakage))]
    await tell(town.owner, POINT_COSTS, town.shop.source.program.program_id, "test", rows)


@pytest.mark.parametrize(
    ("points", "worth", "expected"),
    [(0, "1/2", 0), (1, "1/2", 1), (-1, "1/2", -1), (3, "1/2", 2), (5, "1/4", 1), (2, "1/4", 1), (1, "1/4", 0)],
)
def test_points_are_valued_half_up_whatever_their_sign(points: int, worth: str, expected: int) -> None:
    assert minor(points, Fraction(worth)) == expected


def test_the_lines_close_in_money_and_what_rounding_leaves_is_revalued() -> None:
    # 0.4 cents a point, 20 % never spent: 0.32. Opening 101 less 1: 32.32 - 0.32; issued 10: 3.2; redeemed 3: 0.96.
    worth = PointWorth(Fraction(2, 5), Fraction(1, 5))
    roll = rolled(Stock(available=101, debt=1), Flows(issued=10, redeemed=3), Stock(available=108, debt=1))
    assert value(roll, worth, worth) == Valued(
        opening=32,
        issued=3,
        restored=0,
        adjusted=0,
        redeemed=1,
        expired=0,
        clawed_back=0,
        revalued=1,
        closing=35,
        liability=35,
        debt=0,
    )


def test_a_new_cost_revalues_the_opening_and_nothing_else() -> None:
    roll = rolled(Stock(available=1000), Flows(issued=100, expired=50, by_staff=-20), Stock(available=1030))
    valued = value(roll, CENT, PointWorth(Fraction(3), Fraction(1, 2)))
    assert valued is not None
    assert (valued.opening, valued.issued, valued.adjusted, valued.expired) == (1000, 150, -30, 75)
    assert (valued.revalued, valued.closing) == (500, 1545)


def test_without_a_cost_there_is_no_money_and_before_the_first_one_no_opening() -> None:
    roll = rolled(Stock(available=10), Flows(issued=5), Stock(available=15))
    assert value(roll, CENT, None) is None
    valued = value(roll, None, CENT)
    assert valued is not None
    assert (valued.opening, valued.issued, valued.revalued, valued.closing) == (None, 5, None, 15)


async def test_the_liability_in_money_is_the_measure_and_follows_from_month_to_month(
    database: Database, owner: asyncpg.Connection
) -> None:
    town = await open_town(database, owner, {"spent_points": "none"})
    await enter(town, date(2025, 4, 30), "0.5", "0.2")
    await town.shop.join(joining("ann", on=1), joining("bob", on=1))
    await town.shop.buy(purchase("o1", 20_000, "ann", on=29), purchase("o2", 7700, "bob", on=29))
    await town.redeem("ann", 1, at_once=True)
    await town.wait(days=10)
    await town.shop.take_back(refund("o1", "r1", 20_000, on=town.today))
    await town.wait(days=60)
    march, april, may = (await told(town)).periods
    assert march.money is None
    assert april.money is not None
    assert may.money is not None
    assert (april.money.opening, april.money.revalued) == (None, None)
    # 77 x 0.4 = 30.8; of the 90 that ann owes, 36.
    assert (april.money.liability, april.money.debt, april.money.closing) == (31, 36, -5)
    assert (may.money.opening, may.money.closing, may.money.revalued) == (-5, -5, 0)
    for one in (april, may):
        async with database.reader() as connection:
            measured = await answer(connection, town.shop.source.program, "points_liability", *one.roll.days)
        assert one.money is not None
        assert measured.figures.segments["all"].num == one.money.liability


def test_an_estimate_is_the_share_of_decided_points_with_the_interval_of_clustered_customers() -> None:
    decided = np.arange(1, ENOUGH + 1, dtype=np.int64) * 10
    unspent = decided // 4
    found = estimate(decided, unspent)
    interval = ratio_interval(Clusters(y=unspent, x=decided))
    assert found == Breakage(30, 4650, int(unspent.sum()), unspent.sum() / 4650, interval, None)
    assert found.left == 1 - Fraction(int(unspent.sum()), 4650)


@pytest.mark.parametrize(("customers", "reason"), [(0, "no_points_ended"), (29, "too_few_points_ended")])
def test_too_few_data_count_no_breakage_and_say_so(customers: int, reason: str) -> None:
    points = np.full(customers, 100, dtype=np.int64)
    found = estimate(points, points)
    assert (found.share, found.ci95, found.left, found.customers) == (None, None, 1, customers)
    assert found.reason is not None
    assert found.reason.key == reason


async def test_only_points_that_could_have_ended_tell_how_many_are_never_spent(
    database: Database, owner: asyncpg.Connection
) -> None:
    """30 customers earn 100 points that end after ten days; ten spend 90, one gets them back; a 31st earns later."""
    town = await open_town(database, owner, {"expiry": {"kind": "days", "days": 10}})
    names = [f"c{number}" for number in range(ENOUGH + 1)]
    await town.shop.join(*(joining(name, on=1) for name in names))
    await town.shop.buy(*(purchase(f"o{name}", 10_000, name, on=29) for name in names[:ENOUGH]))
    spent = [await town.redeem(name, 1, at_once=True) for name in names[:10]]
    await town.wait(days=1)
    before = (await told(town)).breakage
    assert (before.customers, before.decided, before.share) == (0, 0, None)
    assert before.reason is not None
    assert before.reason.key == "no_points_ended"
    assert spent[0] is not None
    await town.reverse(spent[0])
    # Held when it ends: on its way to be redeemed.
    held = await town.redeem(names[20], 0)
    assert held is not None
    await town.capture(held)
    await town.shop.take_back(refund(f"o{names[25]}", "r1", 4000, on=town.today))
    await town.wait(days=20)
    await town.shop.buy(purchase("later", 90_000, names[ENOUGH], on=town.today))
    await enter(town, MARCH, "2", "0.1")
    found = await told(town)
    # 9 x 90 + 20 were redeemed, 40 taken back; all else of 3,000 ended, though nobody has posted it.
    assert await town.shop.value("SELECT count(*) FROM entry WHERE kind = 'expire'") == 0
    assert (found.breakage.customers, found.breakage.decided, found.breakage.unspent) == (30, 2960, 2960 - 830)
    assert found.breakage.share == (2960 - 830) / 2960
    assert found.breakage.ci95 is not None
    assert found.breakage.ci95[0] < found.breakage.share < found.breakage.ci95[1]
    # 900 points at 2 cents: with 10 % entered 1620, by the estimate 1800 x 830 / 2960 = 504.7.
    assert found.periods[-1].money is not None
    assert (found.periods[-1].money.liability, found.entered_share, found.estimated_minor) == (1620, 0.1, 505)
    await town.settle()
    assert (await told(town)).breakage == found.breakage
    # At the end of March none of them had ended.
    assert (await told(town, MARCH, APRIL)).breakage.customers == 0


async def test_points_that_never_end_or_slide_have_no_estimate(database: Database, owner: asyncpg.Connection) -> None:
    for name, policy in (("never", {"kind": "never"}), ("sliding", {"kind": "inactivity", "days": 5})):
        town = await open_town(database, owner, {"expiry": policy}, name)
        names = [f"c{number}" for number in range(ENOUGH)]
        await town.shop.join(*(joining(who, on=1) for who in names))
        await town.shop.buy(*(purchase(f"o{who}", 10_000, who, on=29) for who in names))
        await town.wait(days=30)
        assert (await told(town)).breakage.reason is not None
