"""Who and what counts, case by case, from the rows."""

from datetime import UTC, date, datetime

import asyncpg
import pytest

from kpi.actions import answer, overview, series
from kpi.answers import Figures
from kpi.measure import Ratio, UnknownMeasure
from kpi.periods import BadPeriod, Days
from tests.kpi.shop import Shop

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
KEYS = ("aov", "loyal_conversion", "orders_per_active", "retention_rate")


async def figures(shop: Shop, key: str, days: tuple[date, date] = MARCH) -> Figures:
    """Answer from what is there (stored status), and hold that the latest knowledge time (status looked up) agrees."""
    told = (await answer(shop.owner, shop.program, key, *days)).figures
    assert (await answer(shop.owner, shop.program, key, *days, as_of=LATEST)).figures == told
    return told


async def counts(shop: Shop, key: str, days: tuple[date, date] = MARCH) -> dict[str, tuple[int, int]]:
    told = await figures(shop, key, days)
    return {name: (ratio.num, ratio.den) for name, ratio in told.segments.items()}


async def test_someone_who_joins_in_the_period_stays_a_non_member(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-02-10 12:00")
    await shop.joins(customer, "2026-03-05 09:00")
    await shop.buys(customer, "2026-03-06 12:00")
    for key in ("retention_rate", "loyal_conversion"):
        assert await counts(shop, key) == {"all": (1, 1), "member": (0, 0), "non_member": (1, 1)}
    assert (await figures(shop, "retention_rate")).counts == {"joiners": 1, "overlap": 0}
    assert await counts(shop, "orders_per_active") == {"all": (1, 1), "member": (1, 1), "non_member": (0, 0)}


async def test_joining_at_the_very_midnight_of_the_start_is_not_before_it(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    at_midnight, before = await shop.customers(2)
    for customer, joined in ((at_midnight, "2026-03-01 00:00"), (before, "2026-02-28 23:59:59.999999")):
        await shop.buys(customer, "2026-02-10 12:00")
        await shop.joins(customer, joined)
    assert await counts(shop, "loyal_conversion") == {"all": (0, 2), "member": (0, 1), "non_member": (0, 1)}
    assert (await figures(shop, "loyal_conversion")).counts["joiners"] == 1


async def test_leaving_at_the_very_midnight_of_the_start_is_not_before_it(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    at_midnight, before = await shop.customers(2)
    for customer, left in ((at_midnight, "2026-03-01 00:00"), (before, "2026-02-28 23:59:59.999999")):
        await shop.buys(customer, "2026-02-10 12:00")
        await shop.joins(customer, "2026-01-01 12:00", left=left)
    assert await counts(shop, "loyal_conversion") == {"all": (0, 2), "member": (0, 1), "non_member": (0, 1)}


async def test_joining_at_the_very_instant_of_a_purchase_makes_it_a_members(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    early, exact = await shop.customers(2)
    await shop.joins(early, "2026-03-10 12:00:00.000001")
    await shop.joins(exact, "2026-03-10 12:00")
    for customer, goods in ((early, 700), (exact, 900)):
        await shop.buys(customer, "2026-03-10 12:00", goods)
    assert await counts(shop, "aov") == {"all": (1600, 2), "member": (900, 1), "non_member": (700, 1)}


async def test_leaving_at_the_very_instant_of_a_purchase_makes_it_a_non_members(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.joins(customer, "2026-01-01 12:00", left="2026-03-10 12:00")
    await shop.buys(customer, "2026-03-10 11:59:59.999999", 300)
    await shop.buys(customer, "2026-03-10 12:00", 500)
    assert await counts(shop, "aov") == {"all": (800, 2), "member": (300, 1), "non_member": (500, 1)}
    assert (await figures(shop, "aov")).counts == {"joiners": 0, "overlap": 1}


async def test_who_left_and_came_back_is_a_member_only_in_between(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.joins(customer, "2026-01-10 12:00", left="2026-02-10 12:00")
    await shop.joins(customer, "2026-03-10 12:00")
    for day, goods in (("2026-01-20", 1), ("2026-02-20", 10), ("2026-03-05", 100), ("2026-03-20", 1000)):
        await shop.buys(customer, f"{day} 12:00", goods)
    months = await series(owner, shop.program, "aov", "month", date(2026, 1, 1), date(2026, 4, 1))
    told = [(m.segments["member"].num, m.segments["non_member"].num, m.counts["joiners"]) for m in months.periods]
    assert told == [(1, 0, 1), (0, 10, 0), (1000, 100, 1)]
    stock = await series(owner, shop.program, "loyal_conversion", "month", date(2026, 1, 1), date(2026, 5, 1))
    assert [m.segments["member"].den for m in stock.periods] == [0, 1, 0, 1]


async def test_members_who_never_bought_are_asked_too(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    silent, buyer, other = await shop.customers(3)
    await shop.joins(silent, "2026-01-01 12:00")
    await shop.joins(buyer, "2026-01-01 12:00")
    await shop.buys(buyer, "2026-03-02 12:00")
    await shop.buys(other, "2026-02-02 12:00")
    assert await counts(shop, "loyal_conversion") == {"all": (1, 3), "member": (1, 2), "non_member": (0, 1)}


async def test_non_members_are_asked_for_conversion_only_if_they_had_bought_before(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    long_ago, new, _unseen = await shop.customers(3)
    await shop.buys(long_ago, "2019-01-01 12:00")
    await shop.buys(new, "2026-03-05 12:00")
    assert await counts(shop, "loyal_conversion") == {"all": (0, 1), "member": (0, 0), "non_member": (0, 1)}
    assert await counts(shop, "retention_rate") == {"all": (0, 0), "member": (0, 0), "non_member": (0, 0)}


async def test_a_refund_lowers_the_basket_and_one_of_everything_undoes_the_purchase(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    partly, wholly = await shop.customers(2)
    await shop.refunds(await shop.buys(partly, "2026-03-02 12:00", 1000), 400)
    undone = await shop.buys(wholly, "2026-03-02 12:00", 1000)
    await shop.refunds(undone, 400)
    await shop.refunds(undone, 700)
    assert (await counts(shop, "aov"))["all"] == (600, 1)
    assert (await counts(shop, "orders_per_active"))["all"] == (1, 1)


async def test_an_undone_purchase_leaves_nobody_behind_who_had_bought_before(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    refunded, cancelled, free, test = await shop.customers(4)
    await shop.refunds(await shop.buys(refunded, "2026-02-02 12:00", 1000), 1000)
    await shop.cancels(await shop.buys(cancelled, "2026-02-02 12:00", 1000))
    await shop.buys(free, "2026-02-02 12:00", 0)
    await shop.buys(test, "2026-02-02 12:00", 1000, test=True)
    for key in KEYS:
        for month in ((date(2026, 2, 1), date(2026, 3, 1)), MARCH):
            assert (await figures(shop, key, month)).segments["all"] == Ratio(0, 0, None, None)


async def test_a_cancellation_after_a_refund_takes_what_was_left(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    purchase = await shop.buys(await shop.customer(), "2026-03-02 12:00", 1000)
    await shop.refunds(purchase, 300)
    await shop.cancels(purchase)
    assert (await counts(shop, "aov"))["all"] == (0, 0)


@pytest.mark.parametrize(
    ("goods", "reward", "refund", "net"),
    [
        (1000, 1000, 0, 0),
        (1000, 300, 0, 700),
        (1000, 300, 500, 350),
        # kept 2 of 3, reward 1: 2 - 2/3 = 1.33
        (3, 1, 1, 1),
        # kept 1 of 3, reward 1: 1 - 1/3 = 0.67
        (3, 1, 2, 1),
        # kept 1 of 2, reward 1: 1 - 1/2 = 0.5, half up
        (2, 1, 1, 1),
        # 6e14 less two thirds: floating point would lose it.
        (900_000_000_000_001, 300_000_000_000_001, 1, 599_999_999_999_999),
    ],
)
async def test_a_reward_lowers_the_net_in_proportion_to_what_was_kept(
    owner: asyncpg.Connection, goods: int, reward: int, refund: int, net: int
) -> None:
    shop = await Shop.open(owner)
    purchase = await shop.buys(await shop.customer(), "2026-03-02 12:00", goods, reward=reward)
    if refund:
        await shop.refunds(purchase, refund)
    assert (await counts(shop, "aov"))["all"] == (net, 1)


async def test_a_basket_paid_wholly_with_a_reward_is_a_purchase(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-02-02 12:00")
    await shop.buys(customer, "2026-03-02 12:00", 800, reward=800)
    assert (await counts(shop, "retention_rate"))["all"] == (1, 1)
    assert (await counts(shop, "aov"))["all"] == (0, 1)


async def test_anonymous_purchases_are_non_members_money_and_nobodys_return(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-03-02 12:00", 500)
    for goods in (100, 300):
        await shop.buys(None, "2026-03-03 12:00", goods)
        await shop.buys(None, "2026-02-03 12:00", goods)
    await shop.refunds(await shop.buys(None, "2026-03-04 12:00", 900), 900)
    assert await counts(shop, "aov") == {"all": (900, 3), "member": (0, 0), "non_member": (900, 3)}
    assert (await counts(shop, "orders_per_active"))["all"] == (1, 1)
    assert (await counts(shop, "retention_rate"))["all"] == (0, 0)
    page = await overview(owner, shop.program, KEYS, *MARCH)
    assert (page.counted.purchases, page.counted.anonymous, page.counted.left_out) == (3, 2, 1)
    # Three clusters of one purchase each: 500, 100, 300, about their mean of 300.
    low, high = (await figures(shop, "aov")).segments["all"].ci95 or (0, 0)
    assert (low + high) / 2 == pytest.approx(300)
    assert high - low == pytest.approx(2 * 1.959963985 * 200 / 3**0.5)


async def test_a_purchase_of_which_only_a_refund_has_come_is_seen_by_nobody(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.refunds(await shop.awaits("early-1"), 500)
    page = await overview(owner, shop.program, KEYS, *MARCH)
    assert (page.counted.purchases, page.counted.left_out) == (0, 0)


async def test_two_merged_customers_are_one_person(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    old, middle, new = await shop.customers(3)
    await shop.buys(old, "2026-02-02 12:00")
    await shop.buys(middle, "2026-02-03 12:00")
    await shop.joins(old, "2026-02-20 12:00")
    await shop.buys(new, "2026-03-02 12:00")
    await shop.merges(middle, new, at="2026-03-20 12:00")
    await shop.merges(old, middle, at="2026-03-19 12:00")
    assert await counts(shop, "retention_rate") == {"all": (1, 1), "member": (1, 1), "non_member": (0, 0)}


async def test_an_import_that_the_planner_knows_nothing_of_is_counted_in_seconds(owner: asyncpg.Connection) -> None:
    for table in ("purchase", "refund"):
        await owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    old, new = await Shop.open(owner), await Shop.open(owner)
    await old.imports(1000, refunds=300, at="2026-03-05 12:00")
    # What the planner has learnt is that the new programme has no purchases.
    await owner.execute("ANALYZE")
    await new.imports(30_000, refunds=10_000, at="2026-03-05 12:00")
    await owner.execute("SET statement_timeout = '5s'")
    assert (await counts(new, "aov"))["all"] == (30_000 * 1000 - 10_000 * 400, 30_000)


async def test_another_programme_has_its_own_figures(owner: asyncpg.Connection) -> None:
    one, two = await Shop.open(owner), await Shop.open(owner)
    await one.buys(await one.customer(), "2026-03-02 12:00", 100)
    await two.buys(await two.customer(), "2026-03-02 12:00", 900)
    assert (await counts(one, "aov"))["all"] == (100, 1)
    assert (await counts(two, "aov"))["all"] == (900, 1)


async def test_a_day_of_25_hours_keeps_its_last_hour(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner, "Europe/Paris")
    customer = await shop.customer()
    instants = (
        "2026-10-24T21:59:59+00:00",
        "2026-10-24T22:00:00+00:00",
        "2026-10-25T22:59:59+00:00",
        "2026-10-25T23:00+00:00",
    )
    for at, goods in zip(instants, (1, 10, 100, 1000), strict=True):
        await shop.buys(customer, at, goods)
    days = await series(owner, shop.program, "aov", "day", date(2026, 10, 24), date(2026, 10, 27))
    assert [day.segments["all"].num for day in days.periods] == [1, 110, 1000]


async def test_a_day_of_23_hours_ends_an_hour_early(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner, "America/New_York")
    customer = await shop.customer()
    for at, goods in (("2026-03-09T03:59:59+00:00", 10), ("2026-03-09T04:00:00+00:00", 100)):
        await shop.buys(customer, at, goods)
    days = await series(owner, shop.program, "aov", "day", date(2026, 3, 8), date(2026, 3, 10))
    assert [day.segments["all"].num for day in days.periods] == [10, 100]


async def test_a_day_that_the_zone_skipped_is_empty(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner, "Pacific/Apia")
    customer = await shop.customer()
    await shop.buys(customer, "2011-12-30T09:59:59+00:00", 10)
    await shop.buys(customer, "2011-12-30T10:00:00+00:00", 100)
    days = await series(owner, shop.program, "aov", "day", date(2011, 12, 29), date(2012, 1, 1))
    assert [day.segments["all"].num for day in days.periods] == [10, 0, 100]


async def test_the_compared_period_is_answered_like_the_chosen_one(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    for day, goods in (("2025-03-15", 1), ("2026-02-15", 10), ("2026-03-15", 100)):
        await shop.buys(customer, f"{day} 12:00", goods)
    for compare, start, net in (("previous", date(2026, 2, 1), 10), ("last_year", date(2025, 3, 1), 1)):
        told = await answer(owner, shop.program, "aov", *MARCH, compare=compare)
        assert told.figures.segments["all"].num == 100
        assert told.compare is not None
        assert told.compare.period.start == start
        assert told.compare.segments["all"].num == net
    assert (await answer(owner, shop.program, "aov", *MARCH)).compare is None


async def test_an_overview_may_show_a_period_between_the_grains(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), "2026-03-15 12:00", 700)
    page = await overview(owner, shop.program, ["aov"], date(2026, 3, 10), date(2026, 3, 20), compare=None)
    assert page.chosen is None
    assert page.answers["aov"].figures.segments["all"].num == 700
    assert date(2026, 3, 1) in [month.period.start for month in page.series["aov"].periods]


async def test_an_overview_runs_over_the_periods_that_it_is_given(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), "2026-03-15 12:00", 700)
    days = [Days(date(2026, 3, day), date(2026, 3, day + 1)) for day in (14, 15, 16)]
    page = await overview(owner, shop.program, ["aov", "retention_rate"], *MARCH, grain="day", line=days)
    assert [figures.segments["all"].num for figures in page.series["aov"].periods] == [0, 700, 0]
    assert (page.series["aov"].grain, page.chosen) == ("day", None)
    assert page.answers["aov"].figures.segments["all"].num == 700
    # Only a share of customers can list them.
    assert [page.answers[key].figures.lists for key in ("aov", "retention_rate")] == [False, True]


@pytest.mark.parametrize("days", [(date(1900, 1, 1), date(1900, 1, 2)), (date(9999, 12, 30), date(9999, 12, 31))])
async def test_the_ends_of_the_calendar_are_answered(owner: asyncpg.Connection, days: tuple[date, date]) -> None:
    for timezone in ("Pacific/Kiritimati", "Pacific/Niue"):
        shop = await Shop.open(owner, timezone)
        for compare in ("previous", "last_year"):
            told = await answer(owner, shop.program, "retention_rate", *days, compare=compare)
            assert told.figures.segments["all"] == Ratio(0, 0, None, None)
        page = await overview(owner, shop.program, KEYS, *days, grain="month")
        assert page.counted.purchases == 0


async def test_what_cannot_be_asked_is_refused_before_anything_is_read(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    ask = (owner, shop.program)
    with pytest.raises(UnknownMeasure):
        await answer(*ask, "nonsense", *MARCH)
    with pytest.raises(UnknownMeasure):
        await series(*ask, "nonsense", "month", *MARCH)
    with pytest.raises(BadPeriod, match="previous, last_year"):
        await answer(*ask, "aov", *MARCH, compare="yesterday")
    with pytest.raises(BadPeriod, match="day, week"):
        await overview(*ask, KEYS, *MARCH, grain="eon")
