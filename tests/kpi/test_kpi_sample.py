"""The Complete Journey sample gives every published figure: counts equal, not near."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kpi.actions import answer, overview, series
from kpi.answers import Figures, Series
from kpi.measure import MEASURES, Ratio, measure_named
from loyalty.database import Connection, connect
from loyalty.settings import Settings
from tests.kpi.complete_journey import (
    MAY_DIFFERENCES,
    MAY_JOINERS,
    MAY_LEFT_OUT,
    MONTHLY_BUYERS_ADDED,
    RETENTION_INTERVALS,
    ROWS,
    YEAR_AOV_DIFFERENCE,
    YEAR_AOV_MEMBER,
    YEAR_AOV_OTHER,
    YEAR_BUYERS,
    YEAR_BUYERS_MEMBER,
    YEAR_BUYERS_OTHER,
    YEAR_NET_MEMBER_MINOR,
    YEAR_NET_MINOR,
    YEAR_ORDERS,
    YEAR_ORDERS_MEMBER,
    YEAR_OVERLAP,
    YEAR_QUALIFYING,
    YEAR_ZERO_AMOUNT,
    Row,
    Share,
)
from tests.kpi.sample import PROGRAM, RECORDED_AT

pytestmark = pytest.mark.sample

KEYS = ("aov", "loyal_conversion", "orders_per_active", "retention_rate")
YEAR = (date(2017, 1, 1), date(2018, 1, 1))
MAY = (date(2017, 5, 1), date(2017, 6, 1))
AFTER = datetime(2026, 2, 1, tzinfo=UTC)
Lines = dict[tuple[str, str], Figures]


@pytest.fixture(scope="module", params=["now", "as_of"])
def lines(request: pytest.FixtureRequest, sample_url: str) -> Lines:
    """Answer all measures for all months and quarters, now (stored status) and as of a day since (status looked up)."""

    async def read() -> list[Series]:
        as_of = AFTER if request.param == "as_of" else None
        asked = [(key, grain) for key in KEYS for grain in ("month", "quarter")]
        async with connect(Settings(pool_size=2), sample_url) as database, database.reader() as connection:
            return [await series(connection, PROGRAM, key, grain, *YEAR, as_of=as_of) for key, grain in asked]

    names = {"month": [row.name for row in ROWS[:12]], "quarter": [row.name for row in ROWS[12:]]}
    return {
        (one.key, name): figures
        for one in asyncio.run(read())
        for name, figures in zip(names[one.grain], one.periods, strict=True)
    }


def equal(ratio: Ratio, share: Share | None) -> bool:
    """Tell whether a rate has the published counts, or is null as published."""
    if share is None:
        return ratio == Ratio(0, 0, None, None)
    assert ratio.value is not None
    printed = abs(100 * ratio.value - float(share.percent)) < 0.0051
    return (ratio.num, ratio.den) == (share.num, share.den) and printed


def rounded(value: float | None, places: str, scale: float = 1) -> Decimal:
    assert value is not None
    return Decimal(value / scale).quantize(Decimal(places))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_published_row_is_met_in_every_integer(lines: Lines, row: Row) -> None:
    basket, conversion, frequency, retention = (lines[key, row.name] for key in KEYS)
    assert (basket.period.start, basket.period.end, basket.period.timezone) == (row.start, row.end, PROGRAM.timezone)
    assert basket.segments["member"].den == row.orders_member
    assert basket.segments["all"].den == row.orders_all
    assert basket.segments["non_member"].den == row.orders_all - row.orders_member
    assert frequency.segments["member"].den == row.buyers_member
    assert frequency.segments["non_member"].den == row.buyers_other
    assert frequency.segments["all"].den == row.buyers_member + row.buyers_other - row.overlap
    assert frequency.segments["all"].num == row.orders_all
    assert basket.counts["overlap"] == row.overlap
    assert equal(retention.segments["member"], row.retention_member)
    assert equal(retention.segments["non_member"], row.retention_other)
    assert equal(retention.segments["all"], row.retention_all)
    assert equal(conversion.segments["member"], row.conversion_member)
    assert equal(conversion.segments["non_member"], row.conversion_other)
    assert rounded(basket.segments["member"].value, "0.0001", 100) == row.aov_member
    assert rounded(basket.segments["non_member"].value, "0.0001", 100) == row.aov_other
    assert not basket.partial


@pytest.mark.parametrize("name", RETENTION_INTERVALS)
def test_the_published_intervals_of_retention_are_met(lines: Lines, name: str) -> None:
    segments = lines["retention_rate", name].segments
    told = [f"{100 * limit:.1f}" for side in ("member", "non_member") for limit in segments[side].ci95 or ()]
    assert tuple(told) == RETENTION_INTERVALS[name]


@pytest.mark.parametrize("key", MAY_DIFFERENCES)
def test_the_published_differences_of_may_are_met(lines: Lines, key: str) -> None:
    difference = lines[key, "05"].difference
    scale, places = {"ratio": (0.01, "0.1"), "money": (100, "0.01"), "orders": (1, "0.01")}[measure_named(key).unit]
    told = tuple(rounded(value, places, scale) for value in (difference.value, *(difference.ci95 or ())))
    assert told == MAY_DIFFERENCES[key]


def test_the_stock_of_members_is_carried_on_by_joiners(lines: Lines) -> None:
    assert lines["aov", "05"].counts["joiners"] == MAY_JOINERS
    stock = [lines["loyal_conversion", row.name].segments["member"].den for row in ROWS[:12]]
    joiners = [lines["loyal_conversion", row.name].counts["joiners"] for row in ROWS[:12]]
    assert [now + joined for now, joined in zip(stock, joiners, strict=True)][:-1] == stock[1:]


def test_monthly_buyers_must_not_be_added(lines: Lines) -> None:
    monthly = [lines["orders_per_active", row.name].segments["all"].den for row in ROWS[:12]]
    assert sum(monthly) == MONTHLY_BUYERS_ADDED


async def test_the_year_is_met_to_the_cent(sample: Connection) -> None:
    basket = await answer(sample, PROGRAM, "aov", *YEAR)
    frequency = await answer(sample, PROGRAM, "orders_per_active", *YEAR)
    retention = await answer(sample, PROGRAM, "retention_rate", *YEAR)
    money = basket.figures.segments
    assert (money["all"].num, money["all"].den) == (YEAR_NET_MINOR, YEAR_QUALIFYING)
    assert (money["member"].num, money["member"].den) == (YEAR_NET_MEMBER_MINOR, YEAR_ORDERS_MEMBER)
    assert rounded(money["member"].value, "0.01", 100) == YEAR_AOV_MEMBER
    assert rounded(money["non_member"].value, "0.01", 100) == YEAR_AOV_OTHER
    buyers = [frequency.figures.segments[name].den for name in ("all", "member", "non_member")]
    assert buyers == [YEAR_BUYERS, YEAR_BUYERS_MEMBER, YEAR_BUYERS_OTHER]
    assert basket.figures.counts["overlap"] == YEAR_OVERLAP
    gap = basket.figures.difference
    told = tuple(rounded(value, "0.01", 100) for value in (gap.value, *(gap.ci95 or ())))
    assert told == YEAR_AOV_DIFFERENCE
    # The sample has no year before.
    assert retention.figures.segments["all"].value is None


async def test_the_overview_is_the_answers_and_the_series_from_one_read(sample: Connection) -> None:
    seen: list[str] = []
    sample.add_query_logger(lambda record: seen.append(record.query))
    page = await overview(sample, PROGRAM, KEYS, *MAY, as_of=AFTER)
    await asyncio.sleep(0)  # the log is called when the loop turns
    assert len([query for query in seen if "FROM purchase" in query]) == 1
    assert (page.counted.purchases, page.counted.anonymous, page.counted.left_out) == (13_641, 0, MAY_LEFT_OUT)
    assert page.chosen == 5
    for key in KEYS:
        told = await answer(sample, PROGRAM, key, *MAY, as_of=AFTER, compare="previous")
        assert page.answers[key] == replace(told, data_as_of=page.answers[key].data_as_of)
        line = page.series[key]
        assert [figures.period.start for figures in line.periods][:2] == [date(2016, 12, 1), date(2017, 1, 1)]
        assert line.periods[5] == page.answers[key].figures
        alone = await series(sample, PROGRAM, key, "month", date(2016, 12, 1), date(2018, 1, 1), as_of=AFTER)
        assert line.periods == alone.periods


async def test_the_year_counts_and_leaves_out_every_order(sample: Connection) -> None:
    page = await overview(sample, PROGRAM, KEYS, *YEAR, grain="year", slots=1, compare=None)
    assert page.counted.purchases == YEAR_QUALIFYING
    assert page.counted.left_out == YEAR_ZERO_AMOUNT
    assert page.counted.purchases + page.counted.left_out == YEAR_ORDERS
    assert all(told.compare is None for told in page.answers.values())


async def test_before_the_import_nothing_was_known(sample: Connection) -> None:
    for key in MEASURES.all():
        told = await answer(sample, PROGRAM, key, *MAY, as_of=RECORDED_AT.replace(year=2025))
        nothing = (Ratio(0, 0, None, None), Ratio(0, None, 0.0, None))
        assert all(ratio in nothing for ratio in told.figures.segments.values())
