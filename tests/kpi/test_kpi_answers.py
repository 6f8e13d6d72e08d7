"""What can be asked, of which days and programmes, and how it is answered from the rows."""

from datetime import date

import asyncpg
import pytest

from kpi.actions import answer, overview, series
from kpi.measure import Ratio, UnknownMeasure
from kpi.periods import BadPeriod, Days
from tests.kpi.asking import KEYS, MARCH, counts
from tests.kpi.shop import Shop


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
