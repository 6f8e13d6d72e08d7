"""The worker and estimates: what is read, progress, cancelling, beginning anew, one a month, and what is kept."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from kpi.impact import queries, tasks
from kpi.impact.actions import BY_ITSELF, MONTHLY, cancel, estimate_soon, find, last_done, latest, start
from kpi.impact.reading import read_rows, shop_of
from kpi.impact.shop import NEVER
from kpi.impact.tasks import monthly, work_off
from loyalty.background import JOBS
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.errors import NotFound
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from tests.kpi.shop import Shop


@pytest.fixture
async def shop(owner: asyncpg.Connection) -> Shop:
    """Give a shop where six bought, two of whom joined on 1 June and one a year later."""
    shop = await Shop.open(owner)
    people = await shop.customers(6)
    for number, who in enumerate(people):
        await shop.buys(who, f"2025-05-{10 + number} 10:00", 2000 + number)
        await shop.buys(who, f"2025-07-{10 + number} 10:00", 3000 + number * (1000 if number < 2 else 1))
    for who in people[:2]:
        await shop.joins(who, "2025-06-01 12:00")
    await shop.joins(people[2], "2026-06-01 12:00")
    await shop.buys(people[5], "2025-09-10 10:00", 100)
    return shop


def desk(database: Database, shop: Shop, attempt: int = 1) -> Desk:
    return Desk(database, shop.program.program_id, new_id(), attempt, utc_now())


async def ask(database: Database, shop: Shop) -> UUID:
    async with database.writer() as connection, connection.transaction():
        return (await start(connection, shop.program.program_id, "user:somebody")).estimate_id


async def test_an_estimate_is_made_and_says_of_what(database: Database, shop: Shop) -> None:
    estimate_id = await ask(database, shop)
    await work_off(desk(database, shop))
    async with database.reader() as connection:
        told = await find(connection, shop.program.program_id, estimate_id)
        assert await last_done(connection, shop.program.program_id) == told
    assert (told.state, told.asked_by, told.error) == ("done", "user:somebody", None)
    assert told.done == told.total == 201
    assert told.result is not None
    inputs, comparison = told.result.inputs, told.result.comparison
    assert (inputs.customers, inputs.members, inputs.purchases) == (6, 3, 13)
    assert inputs.until == date(2025, 9, 11)
    assert (inputs.currency, inputs.timezone, inputs.method) == ("EUR", "Europe/Paris", 2)
    assert inputs.as_of < utc_now()
    # All in one stratum. Members spent 1000 and 1999 more than before; the others 1000 each, before September.
    assert (comparison.joined, comparison.eligible, comparison.matched, comparison.others) == (2, 2, 2, 4)
    spend = comparison.outcomes["spend"].effect
    assert spend is not None
    assert spend.value == pytest.approx((1000 + 1999) / 2 - (1000 + 1000 + 1000 + 1000) / 4)


async def test_the_same_inputs_give_the_same_estimate_again(database: Database, shop: Shop) -> None:
    first, _ = await ask(database, shop), await work_off(desk(database, shop))
    second, _ = await ask(database, shop), await work_off(desk(database, shop))
    assert first != second
    async with database.reader() as connection:
        one, other = await latest(connection, shop.program.program_id)
    assert one.result is not None
    assert other.result is not None
    assert (one.result.comparison, one.result.tested) == (other.result.comparison, other.result.tested)


async def test_who_asks_again_is_given_the_one_under_way(database: Database, shop: Shop) -> None:
    assert await ask(database, shop) == await ask(database, shop)


async def test_one_that_was_cancelled_is_left(database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_SLICE_SECONDS", 0)
    estimate_id = await ask(database, shop)
    working = asyncio.ensure_future(work_off(desk(database, shop)))
    async with database.writer() as connection:
        # The database cannot set an event of ours.
        while not (await find(connection, shop.program.program_id, estimate_id)).done:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        told = await cancel(connection, shop.program.program_id, estimate_id)
        await working
        assert told == await find(connection, shop.program.program_id, estimate_id)
    assert told.state == "cancelled"
    assert told.total == 201
    assert 0 < told.done < told.total


async def test_what_a_killed_worker_left_is_begun_anew(database: Database, shop: Shop) -> None:
    estimate_id = await ask(database, shop)
    async with database.writer() as connection:
        killed = await queries.take(connection, shop.program.program_id, new_id())
    assert killed is not None
    await work_off(desk(database, shop))
    async with database.reader() as connection:
        assert (await find(connection, shop.program.program_id, estimate_id)).state == "done"


async def test_one_that_fails_says_why_and_the_next_is_made(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        msg = "something is broken"
        raise ValueError(msg)

    failed = await ask(database, shop)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "shop_of", broken)
        await work_off(desk(database, shop))
    made, _ = await ask(database, shop), await work_off(desk(database, shop))
    async with database.reader() as connection:
        one, other = [await find(connection, shop.program.program_id, which) for which in (failed, made)]
    assert (one.state, other.state) == ("failed", "done")
    assert "something is broken" in (one.error or "")


async def test_one_a_month_is_asked_for_unless_somebody_did(database: Database, shop: Shop) -> None:
    await monthly(desk(database, shop))
    await work_off(desk(database, shop))
    await monthly(desk(database, shop))
    async with database.writer() as connection:
        [told] = await latest(connection, shop.program.program_id)
        assert (told.asked_by, told.state) == (BY_ITSELF, "done")
        await connection.execute(
            "UPDATE impact_estimate SET asked_at = asked_at - interval '32 days' WHERE program_id = $1",
            shop.program.program_id,
        )
    await monthly(desk(database, shop))
    async with database.reader() as connection:
        assert len(await latest(connection, shop.program.program_id)) == 2


async def test_a_shop_that_was_just_brought_in_has_its_estimate_once_all_of_it_is_known(
    database: Database, shop: Shop, owner: asyncpg.Connection
) -> None:
    async with database.writer() as connection:
        await estimate_soon(connection, shop.program.program_id)
    waits = await owner.fetchval("SELECT next_at - now() FROM schedule WHERE job = $1", MONTHLY)
    assert timedelta(seconds=10) < waits < timedelta(minutes=1)
    assert MONTHLY in {job.name for job in JOBS}


async def test_an_empty_shop_has_an_estimate_of_nothing(database: Database, owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    estimate_id = await ask(database, shop)
    await work_off(desk(database, shop))
    async with database.reader() as connection:
        told = await find(connection, shop.program.program_id, estimate_id)
        with pytest.raises(NotFound):
            await find(connection, shop.program.program_id, new_id())
    assert told.result is not None
    assert told.result.comparison.outcomes["spend"].effect is None
    assert told.result.tested.splits == 0


async def test_no_classes_are_kept_until_there_is_an_estimate_to_speak_of(
    database: Database, owner: asyncpg.Connection
) -> None:
    shop = await Shop.open(owner)
    await owner.execute("UPDATE program SET currency = 'JPY'")
    first, *others = await shop.customers(8)
    await shop.buys(first, "2025-05-10 10:00", 70)
    await ask(database, shop)
    await work_off(desk(database, shop))
    assert not await owner.fetchval("SELECT count(*) FROM impact_cuts")
    for number, who in enumerate(others):
        await shop.buys(who, "2025-05-11 10:00", 1000 * (number + 1))
        await shop.buys(who, f"2025-08-{10 + number} 10:00", 1000 * (number + 1))
    await shop.joins(others[0], "2025-05-15 12:00")
    await ask(database, shop)
    await work_off(desk(database, shop))
    assert await owner.fetchval("SELECT cuts FROM impact_cuts") == [1000, 2000, 3000, 4000, 5000, 6000]


async def test_other_currencies_keep_the_classes_that_they_began_with(
    database: Database, shop: Shop, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE program SET currency = 'JPY' WHERE program_id = $1", shop.program.program_id)
    first, _ = await ask(database, shop), await work_off(desk(database, shop))
    await shop.buys((await shop.customers(1))[0], "2025-09-10 11:00", 9_000_000)
    second, _ = await ask(database, shop), await work_off(desk(database, shop))
    async with database.reader() as connection:
        one, other = [await find(connection, shop.program.program_id, which) for which in (first, second)]
    assert one.result is not None
    assert other.result is not None
    # From 13 June on: what the six spent in July, and one of them in September too.
    assert one.result.inputs.cuts == (3000, 3002, 3003, 3004, 3105, 4000)
    assert other.result.inputs.cuts == one.result.inputs.cuts


async def test_what_is_read_is_what_counts(database: Database, owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    anna, bert, twin = await shop.customers(3)
    await shop.buys(anna, "2025-03-30 00:00", 500, reward=100)
    await shop.buys(twin, "2025-10-26 23:59", 700)
    await shop.buys(bert, "2025-10-27 00:00", 900, test=True)
    whole, part = await shop.buys(bert, "2025-06-01 09:00", 300), await shop.buys(bert, "2025-06-02 09:00", 400)
    await shop.cancels(whole)
    await shop.refunds(part, 150)
    await shop.buys(None, "2025-06-03 09:00", 1)
    await shop.joins(anna, "2025-05-01 23:59", left="2025-05-20 10:00")
    await shop.joins(anna, "2025-08-01 10:00")
    await shop.merges(twin, anna, at="2025-11-01 10:00")
    known = datetime(2026, 1, 1, tzinfo=UTC)
    async with database.reader() as connection:
        told = shop_of(await read_rows(connection, shop.program.program_id, known), shop.program, known)
        earlier = datetime(2025, 10, 31, tzinfo=UTC)
        before = shop_of(await read_rows(connection, shop.program.program_id, earlier), shop.program, earlier)
    days = [date.fromordinal(day).isoformat() for day in told.day]
    assert list(zip(days, told.net.tolist(), strict=True)) == [
        ("2025-03-30", 400),
        ("2025-06-02", 250),
        ("2025-10-26", 700),
    ]
    assert told.customer[0] == told.customer[2] != told.customer[1]
    assert sorted(told.joined.tolist()) == [date(2025, 5, 1).toordinal(), NEVER]
    assert date.fromordinal(told.until) == date(2025, 10, 27)
    # Two persons are one only from when that was known.
    assert (told.customers, before.customers) == (2, 3)
    keys = {int.from_bytes(who.bytes[8:], "big") for who in (anna, bert)}
    assert {int(key) for key in told.keys} == keys
