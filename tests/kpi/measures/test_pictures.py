"""What a measure shows of one period beside its figure: a funnel of purchases, and how long customers take."""

from datetime import date, timedelta

import asyncpg
import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from kpi.actions import overview
from kpi.periods import instant
from kpi.pictures import Picture, Point
from kpi.survival import curve, kaplan_meier
from loyalty.clock import utc_now
from tests.kpi.asking import MARCH
from tests.kpi.recount import Order, sides
from tests.kpi.shop import Shop
from tests.kpi.test_kpi_recount import PERIODS, ZONE, Teller
from tests.kpi.till import Till
from tests.seeds import seeds

DAY = 86_400
KNOWN = ("2026-04-09", "2026-04-11", "2026-04-21")


async def picture(shop: Shop, key: str, days: tuple[date, date] = MARCH, known: str | None = None) -> Picture:
    """Look at a period closely."""
    as_of = shop.at(known) if known else None
    page = await overview(shop.owner, shop.program, [key], *days, slots=1, compare=None, as_of=as_of, closely=True)
    return page.pictures[key]


async def test_a_glance_reads_no_picture(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), "2026-03-05 12:00")
    page = await overview(owner, shop.program, ["repeat_purchase_rate"], *MARCH, slots=1, compare=None)
    assert page.pictures == {}


async def test_most_measures_have_no_picture(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    page = await overview(owner, shop.program, ["retention_rate"], *MARCH, slots=1, compare=None, closely=True)
    assert page.pictures == {}


async def test_the_funnel_counts_who_went_on_under_each_status(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    one, two, five, joiner = await shop.customers(4)
    for customer, times in ((one, 1), (two, 2), (five, 5)):
        for day in range(times):
            await shop.buys(customer, f"2026-03-{5 + day:02} 12:00")
    await shop.joins(joiner, "2026-03-10 12:00")
    for at in ("2026-03-09 12:00", "2026-03-10 12:00", "2026-03-11 12:00", "2026-03-12 12:00"):
        await shop.buys(joiner, at)
    # Neither what nobody made, nor what was undone, nor what lies outside.
    await shop.buys(None, "2026-03-06 12:00")
    await shop.cancels(await shop.buys(one, "2026-03-07 12:00"))
    await shop.buys(one, "2026-02-28 23:59:59.999999")
    await shop.buys(one, "2026-04-01 00:00")
    told = await picture(shop, "repeat_purchase_rate")
    assert told.steps == {"all": [4, 3, 2, 2], "member": [1, 1, 1, 0], "non_member": [4, 2, 1, 1]}
    assert await picture(shop, "reorder_rate") == told


async def test_the_funnel_knows_what_was_known(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    old, new = await shop.customers(2)
    await shop.buys(old, "2026-03-05 12:00")
    await shop.buys(new, "2026-03-06 12:00")
    await shop.buys(new, "2026-03-07 12:00", recorded="2026-04-10")
    await shop.merges(old, new, at="2026-04-20")
    steps = {known: (await picture(shop, "repeat_purchase_rate", known=known)).steps["all"] for known in KNOWN}
    assert steps == {"2026-04-09": [2, 0, 0, 0], "2026-04-11": [2, 1, 0, 0], "2026-04-21": [1, 1, 1, 0]}


async def test_half_of_the_purchases_are_followed_within_the_median(owner: asyncpg.Connection) -> None:
    """Five purchases of March: followed after 2, 6 and 40 days, and two not at all, watched for 33 and 31 days."""
    shop = await Shop.open(owner, "UTC")
    soon, later, once = await shop.customers(3)
    for customer, at in ((soon, "03-01"), (soon, "03-03"), (soon, "03-09"), (later, "03-02"), (once, "03-11")):
        await shop.buys(customer, f"2026-{at} 12:00")
    await shop.buys(later, "2026-04-11 12:00")
    told = (await picture(shop, "days_between_purchases")).curves["all"]
    # Waits: 2, 6, 33 (censored), 40, 31 (censored). S: 4/5 at 2, 3/5 at 6, 0 at 40.
    assert (told.n, told.events, told.median) == (5, 3, 40.0)
    shares = [round(point.share, 9) for point in told.by_day]
    assert [day for day in range(1, 41) if shares[day] != shares[day - 1]] == [2, 6, 40]
    assert [shares[day] for day in (1, 2, 6, 40)] == [0, 0.2, 0.4, 1]
    assert [told.by_day[day].waiting for day in (0, 2, 3, 31, 32, 40)] == [5, 5, 4, 3, 2, 1]


async def test_a_wait_is_of_the_status_at_its_beginning_and_watched_as_long_as_was_known(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner, "UTC")
    customer, other = await shop.customers(2)
    await shop.joins(customer, "2026-03-04 12:00")
    for at in ("2026-03-01 12:00", "2026-03-05 12:00"):
        await shop.buys(customer, at)
    await shop.buys(other, "2026-03-20 12:00")
    await shop.buys(customer, "2026-04-02 12:00", recorded="2026-04-10")
    told = (await picture(shop, "days_between_purchases")).curves
    assert {name: (one.n, one.events, one.median) for name, one in told.items()} == {
        "all": (3, 2, 28.0),
        "member": (1, 1, 28.0),
        "non_member": (2, 1, 4.0),
    }
    before = (await picture(shop, "days_between_purchases", known="2026-04-09")).curves["member"]
    assert (before.n, before.events, before.median) == (1, 0, None)
    # Until the last purchase of anybody that was known.
    assert len(before.by_day) == 16


async def test_without_purchases_there_is_nothing_to_show(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    waits = (await picture(shop, "days_between_purchases")).curves["all"]
    assert (waits.n, waits.events, waits.median, waits.by_day) == (0, 0, None, [])
    assert (await picture(shop, "repeat_purchase_rate")).steps["all"] == [0, 0, 0, 0]


async def test_the_curve_of_first_redemptions_rises_with_each(owner: asyncpg.Connection) -> None:
    """Joined on the 1st; redeemed after 10 and 20 days, left after 15, still watched after 30."""
    till = Till(await Shop.open(owner, "UTC"))
    people = await till.shop.customers(4)
    for n, person in enumerate(people):
        await till.shop.joins(person, "2026-03-01 12:00", left="2026-03-16 12:00" if n == 3 else None)
    await till.redeems(people[0], 1, "2026-03-11 12:00")
    await till.redeems(people[1], 1, "2026-03-21 12:00")
    told = (await picture(till.shop, "time_to_first_redemption", known="2026-03-31 12:00")).curves["all"]
    assert (told.n, told.events, told.median, len(told.by_day)) == (4, 2, 20.0, 31)
    assert [told.by_day[day].share for day in (9, 10, 19, 20, 30)] == pytest.approx([0, 0.25, 0.25, 0.625, 0.625])
    assert [told.by_day[day].waiting for day in (10, 11, 16, 21)] == [4, 3, 2, 1]
    assert told.by_day[9].ci95 is None


@pytest.mark.parametrize("seed", seeds(2, range(40, 46)))
async def test_pictures_are_those_of_an_independent_recount(owner: asyncpg.Connection, seed: int) -> None:
    shop = await Shop.open(owner, ZONE)
    teller = Teller(shop, seed)
    await teller.tell(90)
    seen = 0
    for as_of in (teller.clock - timedelta(days=30), teller.clock, None):
        known = as_of or utc_now()
        orders = [order for order in teller.world.orders(known) if order.customer]
        for piece in PERIODS:
            start, end = (instant(day, shop.program.zone) for day in piece)
            keys = ["repeat_purchase_rate", "days_between_purchases"]
            page = await overview(owner, shop.program, keys, *piece, slots=1, compare=None, as_of=as_of, closely=True)
            inside = [order for order in orders if start <= order.placed < end]
            for name, chosen in sides(inside).items():
                assert page.pictures[keys[0]].steps[name] == steps(chosen), (piece, as_of, name)
                told = page.pictures[keys[1]].curves[name]
                waited = waits(chosen, orders)
                assert (told.n, told.events) == (len(waited), sum(followed for _, followed in waited))
                columns = np.array(waited, dtype=np.int64).reshape(-1, 2)
                found = kaplan_meier(columns[:, 0], columns[:, 1]).median
                assert told.median == (None if found is None else found / DAY)
                seen += len(waited)
    assert seen > 100, "a shop in which nothing happens proves nothing"


def steps(orders: list[Order]) -> list[int]:
    """Count who bought at least so often."""
    often = [sum(order.customer == customer for order in orders) for customer in {order.customer for order in orders}]
    return [sum(n >= step for n in often) for step in (1, 2, 3, 4)]


def waits(chosen: list[Order], orders: list[Order]) -> list[tuple[int, int]]:
    """Give for each purchase the seconds to the customer's next, or to the last of anybody's, and which of the two."""
    line = sorted(orders, key=lambda order: order.placed)
    told = []
    for order in chosen:
        place = next(n for n, other in enumerate(line) if other is order)
        following = next((other.placed for other in line[place + 1 :] if other.customer == order.customer), None)
        told.append((int(((following or line[-1].placed) - order.placed) / timedelta(seconds=1)), int(bool(following))))
    return told


@pytest.mark.parametrize("seed", seeds(2, range(5)))
def test_the_curve_is_that_of_a_statistics_library(seed: int) -> None:
    random = np.random.default_rng(seed)
    # One is watched to the end: where nobody is left, the library takes the logarithm of 0.
    watched = np.append(random.integers(1, 60 * DAY, 80), 60 * DAY)
    happened = np.append(random.random(80) < 0.7, [False]).astype(np.int64)
    found, oracle = curve(watched, happened, DAY, 365), SurvfuncRight(watched, happened)
    assert found.median == oracle.quantile(0.5) / DAY == (kaplan_meier(watched, happened).median or 0) / DAY
    assert len(found.by_day) == 61
    for day, point in enumerate(found.by_day):
        place = np.searchsorted(oracle.surv_times, day * DAY, side="right") - 1
        alive = oracle.surv_prob[place] if place >= 0 else 1.0
        assert point.share == pytest.approx(1 - alive)
        assert point.waiting == (watched >= day * DAY).sum()
        if point.ci95 is not None:
            # Of Greenwood's on the log-log scale, as for the median.
            spread = 1.959963984540054 * oracle.surv_prob_se[place] / (alive * np.log(alive))
            assert point.ci95 == pytest.approx(sorted(1 - alive ** np.exp(sign * spread) for sign in (1, -1)))


def test_a_curve_ends_where_it_is_told_to_and_needs_no_uncertainty_when_all_have_done_it() -> None:
    told = curve(np.array([3 * DAY, 3 * DAY, 9 * DAY]), np.array([1, 1, 1]), DAY, 5)
    assert len(told.by_day) == 6
    assert curve(np.array([DAY]), np.array([1]), DAY, 5).by_day == [Point(0.0, None, 1), Point(1.0, None, 1)]
