"""Intervals that day sets cannot give are counted once by the worker, and a period that is over keeps what it said."""

from datetime import date
from uuid import uuid4

import asyncpg
import pytest

from kpi.actions import answer, overview, series
from kpi.answers import Answer
from kpi.measure import MEASURES
from kpi.periods import Days
from kpi.rollup import snapshot_store
from kpi.rollup.reading import BY_CUSTOMER
from kpi.rollup.taking import take_snapshots, waiting
from loyalty.clock import utc_now
from loyalty.jobs.job import Desk
from loyalty.purchases.facts import NewRefund
from tests.kpi.rollup.world import Worker
from tests.stories import Shop, cancellation, day, joining, purchase

# The stories begin on 1 March 2025.
MARCH = Days(date(2025, 3, 1), date(2025, 4, 1))


@pytest.fixture
async def sold(shop: Shop, keeper: Worker) -> None:
    """Let some people buy in March, twice as members and twice as none, each another sum."""
    await shop.join(joining("ann", 0), joining("bob", 1))
    for number, who in enumerate(("ann", "bob", "cid", "dee")):
        for order, goods, on in ((1, 1000 + 700 * number, 3 + number), (2, 2500 - 300 * number, 8)):
            line = {"line_id": "1", "kind": "goods", "quantity": order + number, "unit_cost_minor": 10 * number}
            await shop.buy(purchase(f"{who} {order}", goods, who, on=on, lines=[line | {"amount_minor": goods}]))
        back = {"line_id": "1", "kind": "goods", "quantity": 1, "amount_minor": 10}
        await shop.take_back(NewRefund(f"{who} 2", "some", day(9), 10, lines=[back]))
    await keeper.build()


async def basket(owner: asyncpg.Connection, shop: Shop, days: Days = MARCH) -> Answer:
    return await answer(owner, shop.source.program, "aov", *days)


async def take(keeper: Worker) -> None:
    desk = Desk(keeper.shop.database, keeper.program_id, uuid4(), 1, utc_now())
    await take_snapshots(desk)


async def catch_up(keeper: Worker) -> None:
    await keeper.hand_over()
    await keeper.work_off()


@pytest.mark.usefixtures("sold")
async def test_a_small_shop_never_waits_for_an_interval(shop: Shop, owner: asyncpg.Connection) -> None:
    told = await basket(owner, shop)
    assert told.figures.ci_pending is False
    assert told.figures.difference.ci95 is not None


@pytest.mark.usefixtures("sold", "many")
async def test_a_month_that_is_over_has_the_intervals_that_the_rows_give(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    before = await basket(owner, shop)
    assert before.figures.ci_pending is True
    assert before.figures.difference.ci95 is None
    assert before.pending == [MARCH]
    patient = await answer(owner, shop.source.program, "aov", *MARCH, patient=True)
    assert before.figures.segments["all"].value == patient.figures.segments["all"].value
    await take(keeper)
    after = await basket(owner, shop)
    assert after.pending == []
    assert after.figures == patient.figures


@pytest.mark.usefixtures("sold", "many")
async def test_a_free_period_gets_its_interval_when_somebody_waits_for_it(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    days = Days(date(2025, 3, 2), date(2025, 3, 19))
    await take(keeper)
    assert (await basket(owner, shop, days)).pending == [days]
    assert await waiting(owner, [keeper.program_id]) == []
    async with shop.database.writer() as connection:
        await snapshot_store.want(connection, keeper.program_id, [days, days])
    assert await waiting(owner, [keeper.program_id]) == [keeper.program_id]
    await take(keeper)
    assert await waiting(owner, [keeper.program_id]) == []
    told = await basket(owner, shop, days)
    assert told.pending == []
    assert told.figures.difference.ci95 is not None


@pytest.mark.usefixtures("sold", "many")
async def test_an_interval_of_other_figures_is_never_shown(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await take(keeper)
    await shop.buy(purchase("late", 4000, "ann", on=9))
    assert (await basket(owner, shop)).pending == [], "nobody has told the days of it"
    await catch_up(keeper)
    changed = await basket(owner, shop)
    assert changed.pending == [MARCH]
    assert changed.figures.segments["member"].ci95 is None
    await take(keeper)
    assert (await basket(owner, shop)).pending == []


@pytest.mark.usefixtures("sold", "many")
async def test_two_who_are_one_have_another_interval_under_the_same_figures(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await take(keeper)
    one = (await basket(owner, shop)).figures
    await shop.merge("dee", "cid")
    await catch_up(keeper)
    assert (await basket(owner, shop)).figures.ci_pending is True
    await take(keeper)
    two = (await basket(owner, shop)).figures
    assert two.segments["non_member"].num == one.segments["non_member"].num
    assert two.segments["all"].ci95 != one.segments["all"].ci95


@pytest.mark.usefixtures("sold")
async def test_a_restated_month_says_what_it_came_to_first(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await take(keeper)
    first = (await basket(owner, shop)).figures
    assert first.restated is None
    await shop.take_back(cancellation("dee 2"))
    await catch_up(keeper)
    await take(keeper)
    second = (await basket(owner, shop)).figures
    assert second.restated is not None
    assert second.restated.segments == first.segments
    assert second.segments["all"].den == first.segments["all"].den - 1
    asked = await answer(owner, shop.source.program, "aov", *MARCH, as_of=second.restated.at)
    assert asked.figures.restated is None, "what was known then is no restatement of itself"
    # Another purchase of what was kept of it, and the month says what it said.
    await shop.buy(purchase("again", 1590, "dee", on=8))
    await catch_up(keeper)
    await take(keeper)
    assert (await basket(owner, shop)).figures.restated is None


@pytest.mark.usefixtures("sold", "many")
async def test_a_restatement_keeps_its_time_until_the_figures_change_again(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await take(keeper)
    first = (await basket(owner, shop)).figures
    times = []
    for happening in (cancellation("dee 2"), purchase("test", 100, "dee", on=8, test=True), cancellation("ann 2")):
        await shop.tell(happening)
        await catch_up(keeper)
        await take(keeper)
        restated = (await basket(owner, shop)).figures.restated
        assert restated is not None
        assert restated.segments["all"].num == first.segments["all"].num
        times.append(restated.at)
    assert times[0] == times[1] < times[2]


@pytest.mark.usefixtures("sold", "many")
async def test_a_page_and_a_series_say_which_periods_they_wait_for(shop: Shop, owner: asyncpg.Connection) -> None:
    program = shop.source.program
    page = await overview(owner, program, ["aov", "retention_rate"], *MARCH, compare="last_year", slots=1)
    slots = {Days(one.period.start, one.period.end) for one in page.series["aov"].periods}
    assert set(page.pending) == {MARCH, Days(date(2024, 3, 1), date(2024, 4, 1))} | slots
    rates = await series(owner, program, "retention_rate", "month", *MARCH)
    assert rates.pending == []


@pytest.mark.usefixtures("sold", "many")
@pytest.mark.parametrize("key", [key for key, kind in MEASURES.all().items() if BY_CUSTOMER & kind.needs])
async def test_no_measure_waits_for_ever(shop: Shop, keeper: Worker, owner: asyncpg.Connection, key: str) -> None:
    program = shop.source.program
    assert (await answer(owner, program, key, *MARCH)).pending == [MARCH]
    await take(keeper)
    told = await answer(owner, program, key, *MARCH)
    assert told.pending == []
    assert told.figures == (await answer(owner, program, key, *MARCH, patient=True)).figures
