"""The worker and back-tests: several at once, with progress, cancelled in the middle, begun anew after a kill."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from loyalty.backtests import actions, replay
from loyalty.backtests.actions import JOB, cancel, find, start
from loyalty.backtests.facts import BacktestFacts, NewBacktest
from loyalty.backtests.tasks import work_off
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.ids import new_id
from loyalty.jobs.job import Desk, Every, Job
from loyalty.programs.facts import Source
from tests.loyalty.jobs.workers import Bench, until
from tests.paper import PER_EURO
from tests.stories import Shop, joining, purchase

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
WORK = Job(JOB, Every(600), work_off, per_program=True)


@pytest.fixture
def taken() -> Counter[int]:
    """Count the slices of each back-test that was begun."""
    return Counter()


@pytest.fixture
async def shop(
    database: Database,
    source: Source,
    rules: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    taken: Counter[int],
) -> Shop:
    """Give a shop with sixty purchases of three members, looked at in slices of one, and heard of at each."""
    shop = Shop(database, source, rules)
    await shop.join(*(joining(f"c{n}") for n in range(3)))
    await shop.buy(*(purchase(f"o{n}", 100 * n, f"c{n % 3}", on=n) for n in range(60)))
    step = replay.Replay.step

    async def one(self: replay.Replay, connection: asyncpg.Connection, size: int = 1) -> bool:
        taken[id(self)] += 1
        return await step(self, connection, min(size, 1))

    monkeypatch.setattr(replay.Replay, "step", one)
    monkeypatch.setattr("loyalty.backtests.tasks._TELL_EVERY_SECONDS", 0)
    return shop


async def ask(shop: Shop, points: int = 2) -> UUID:
    new = NewBacktest("Tried", [PER_EURO | {"points_per_step": points}], *YEAR)
    async with shop.database.writer() as connection, connection.transaction():
        return (await start(connection, shop.source, new)).backtest_id


async def look(shop: Shop, backtest_id: UUID) -> BacktestFacts:
    async with shop.database.reader() as connection:
        return await find(connection, shop.source.program.program_id, backtest_id)


def desk(shop: Shop, attempt: int = 1) -> Desk:
    return Desk(shop.database, shop.source.program.program_id, new_id(), attempt, utc_now())


async def test_a_worker_does_what_is_asked_for_and_tells_how_far_it_is(shop: Shop) -> None:
    backtest_id, seen = await ask(shop), []
    async with Bench(shop.database).workers(WORK):

        async def done() -> bool:
            facts = await look(shop, backtest_id)
            seen.append(facts.done)
            return facts.state == "done"

        await until(done, 20)
    assert seen == sorted(seen)
    assert len({number for number in seen if 0 < number < 60}) >= 3
    facts = await look(shop, backtest_id)
    assert facts.result
    assert (facts.done, facts.total, facts.result.total.tried) == (60, 60, 2 * facts.result.total.real)
    assert facts.started_at
    assert facts.ended_at
    assert facts.asked_at <= facts.started_at <= facts.ended_at


async def test_two_are_done_at_once_and_the_third_waits(shop: Shop) -> None:
    asked = [await ask(shop, points) for points in (2, 3, 4)]
    work = asyncio.ensure_future(work_off(desk(shop)))

    async def both_advance() -> bool:
        first, second, third = [await look(shop, backtest_id) for backtest_id in asked]
        if min(first.done, second.done) > 0 and first.state == second.state == "running":
            assert third.state == "queued"
            return True
        return work.done()

    await until(both_advance, 20)
    assert not work.done()
    await work
    results = [(await look(shop, backtest_id)).result for backtest_id in asked]
    assert [result and result.total.tried for result in results] == [1770 * points for points in (2, 3, 4)]


async def test_one_that_is_cancelled_in_the_middle_is_left_and_the_other_goes_on(
    shop: Shop, taken: Counter[int]
) -> None:
    stopped, other = await ask(shop), await ask(shop, 3)
    work = asyncio.ensure_future(work_off(desk(shop)))

    async def under_way() -> bool:
        return (await look(shop, stopped)).done > 3

    await until(under_way, 20)
    async with shop.database.writer() as connection:
        facts = await cancel(connection, shop.source.program.program_id, stopped)
    await work
    assert facts.state == "cancelled"
    after = await look(shop, stopped)
    assert (after.state, after.result) == ("cancelled", None)
    assert (await look(shop, other)).state == "done"
    left, done = sorted(taken.values())
    assert left < 60 < done


async def test_what_a_killed_worker_left_is_begun_anew_and_ends_the_same(shop: Shop) -> None:
    backtest_id = await ask(shop)
    work = asyncio.ensure_future(work_off(desk(shop)))

    async def under_way() -> bool:
        return (await look(shop, backtest_id)).done > 3

    await until(under_way, 20)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert (await look(shop, backtest_id)).state == "running"
    await work_off(desk(shop))
    facts = await look(shop, backtest_id)
    assert (facts.state, facts.done, facts.result and facts.result.total.tried) == ("done", 60, 3540)


async def test_a_worker_that_lost_its_back_test_to_another_leaves_it(shop: Shop, taken: Counter[int]) -> None:
    backtest_id = await ask(shop)
    slow = asyncio.ensure_future(work_off(desk(shop)))

    async def under_way() -> bool:
        return (await look(shop, backtest_id)).done > 3

    await until(under_way, 20)
    await asyncio.gather(slow, work_off(desk(shop)))
    left, done = sorted(taken.values())
    assert left < 60 < done
    facts = await look(shop, backtest_id)
    assert (facts.state, facts.done, facts.result and facts.result.total.tried) == ("done", 60, 3540)


async def test_one_that_cannot_be_done_fails_with_the_reason_and_the_others_are_done(
    shop: Shop, owner: asyncpg.Connection
) -> None:
    bad, good = await ask(shop), await ask(shop)
    await owner.execute("""UPDATE backtest SET rules = '[{"kind": "gone"}]' WHERE backtest_id = $1""", bad)
    await work_off(desk(shop))
    failed = await look(shop, bad)
    assert (failed.state, failed.result) == ("failed", None)
    assert "gone" in (failed.error or "")
    assert (await look(shop, good)).state == "done"


async def test_what_the_database_refuses_is_tried_again_and_fails_in_the_end(
    shop: Shop, owner: asyncpg.Connection
) -> None:
    backtest_id = await ask(shop)
    await owner.execute("ALTER TABLE award RENAME TO hidden")
    with pytest.raises(asyncpg.UndefinedTableError):
        await work_off(desk(shop))
    assert (await look(shop, backtest_id)).state == "running"
    await work_off(desk(shop, attempt=5))
    await owner.execute("ALTER TABLE hidden RENAME TO award")
    assert (await look(shop, backtest_id)).state == "failed"


async def test_a_back_test_of_nothing_is_done(shop: Shop) -> None:
    new = NewBacktest("Long ago", [PER_EURO], date(1999, 1, 1), date(1999, 1, 1))
    async with shop.database.writer() as connection, connection.transaction():
        asked = await actions.start(connection, shop.source, new)
    await work_off(desk(shop))
    result = (await look(shop, asked.backtest_id)).result
    assert result
    assert (result.total.purchases, result.total.tried, result.customers, result.months) == (0, 0, 0, [])
