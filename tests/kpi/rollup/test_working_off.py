"""Working off can be broken off, repeated, or tried by two at once; what is not worked off is not claimed."""

from datetime import date, timedelta

import asyncpg
import pytest

from kpi.actions import answer
from kpi.knowledge import knowledge
from kpi.periods import Days
from kpi.rollup import queries as queries_of_days
from kpi.rollup import store, work
from kpi.rollup.loading import CACHE
from kpi.rollup.reading import RollupReading
from kpi.rollup.tasks import waiting
from kpi.rows import queries
from loyalty.background import all_jobs
from loyalty.database import Connection
from loyalty.outbox import queries as outbox
from tests.kpi.rollup.world import Worker, facts_by_days, facts_by_rows
from tests.loyalty.jobs.workers import Bench, until
from tests.stories import Shop, joining, purchase

MARCH = Days(date(2025, 3, 1), date(2025, 4, 1))


async def reading(owner: asyncpg.Connection, shop: Shop, *needs: str) -> RollupReading | None:
    program = shop.source.program
    known = knowledge(await queries.now(owner, program.program_id), None)
    return await RollupReading.read(owner, program, [MARCH], known, frozenset(needs))


async def marks(owner: asyncpg.Connection) -> list[date]:
    return [row[0] for row in await owner.fetch("SELECT local_day FROM kpi_dirty ORDER BY 1")]


async def versions(owner: asyncpg.Connection) -> dict[date, int]:
    return dict(await owner.fetch("SELECT first_on, version FROM kpi_span WHERE grain = 'day'"))


async def test_nothing_is_answered_from_days_before_they_are_built(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.buy(purchase("one", 1000, "ann", on=3))
    assert await reading(owner, shop) is None
    await keeper.build()
    found = await reading(owner, shop)
    assert found is not None
    assert found.facts_of(MARCH).member.orders + found.facts_of(MARCH).other.orders == 1


async def test_a_purchase_is_in_the_figures_when_it_is_worked_off_and_until_then_said_not_to_be(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await keeper.build()
    before = (await answer(owner, shop.source.program, "retention_rate", *MARCH)).data_as_of
    await shop.buy(purchase("one", 1000, "ann", on=3))
    # As if it had been recorded an hour ago.
    recorded = before - timedelta(hours=1)
    await owner.execute("UPDATE event SET recorded_at = $1", recorded)
    told = await answer(owner, shop.source.program, "retention_rate", *MARCH, compare="previous")
    assert told.data_as_of == recorded, "it waits in the outbox"
    async with shop.database.writer() as connection, connection.transaction():
        await store.mark(connection, keeper.program_id, [date(2025, 3, 4)], recorded)
        await connection.execute("DELETE FROM outbox")
    told = await answer(owner, shop.source.program, "retention_rate", *MARCH)
    assert told.data_as_of == recorded, "it waits as a dirty day"
    assert await keeper.work_off() == 1
    told = await answer(owner, shop.source.program, "retention_rate", *MARCH)
    assert told.data_as_of >= before
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])


async def test_what_was_broken_off_is_done_again(shop: Shop, keeper: Worker, owner: asyncpg.Connection) -> None:
    await keeper.build()
    await shop.buy(purchase("one", 1000, "ann", on=3), purchase("two", 1000, "new", on=9))
    await keeper.hand_over()
    left = await marks(owner)
    async with shop.database.writer() as connection:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        assert await work.work_off(connection, shop.source.program)
        await transaction.rollback()
    assert (await marks(owner), await versions(owner)) == (left, {})
    assert await keeper.work_off() == 1
    assert await marks(owner) == []
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])


async def test_what_is_marked_while_days_are_counted_stays_marked_and_two_do_not_wait(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await keeper.build()
    await shop.buy(purchase("one", 1000, "ann", on=3))
    await keeper.hand_over()
    program = shop.source.program
    async with shop.database.writer() as one, one.transaction(isolation="repeatable_read"):
        assert await work.work_off(one, program)
        await shop.buy(purchase("two", 500, "bob", on=3))
        await keeper.hand_over()
        async with shop.database.writer() as two, two.transaction(isolation="repeatable_read"):
            assert await work.work_off(two, program) is False
    assert await marks(owner) == [date(2025, 3, 4)]
    assert await keeper.work_off() == 1
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])


async def test_only_the_days_of_an_order_and_of_the_next_one_are_dirty(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.buy(*(purchase(f"order {on}", 1000, "ann", on=on) for on in (3, 9, 15)), purchase("his", 1, "bob", on=4))
    await keeper.build()
    await shop.buy(purchase("late", 1000, "ann", on=6))
    await keeper.hand_over()
    assert await marks(owner) == [date(2025, 3, 7), date(2025, 3, 10)]
    await keeper.work_off()
    await shop.join(joining("ann", 8))
    await keeper.hand_over()
    assert set(await marks(owner)) == {date(2025, 3, 9), date(2025, 3, 10), date(2025, 3, 16)}


async def test_what_a_build_has_read_marks_nothing(shop: Shop, keeper: Worker, owner: asyncpg.Connection) -> None:
    await keeper.build()
    await shop.buy(purchase("one", 1000, "ann", on=3))
    await keeper.build()
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE consumer = 'kpi'") == 0
    await keeper.hand_over()
    assert await marks(owner) == []
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])


async def test_another_zone_is_another_build(shop: Shop, keeper: Worker, owner: asyncpg.Connection) -> None:
    await shop.buy(purchase("one", 1000, "ann", on=3))
    await keeper.build()
    assert await waiting(owner, [keeper.program_id]) == []
    await owner.execute("UPDATE program SET timezone = 'Asia/Tokyo'")
    assert await reading(owner, shop) is None
    assert await waiting(owner, [keeper.program_id]) == [keeper.program_id]
    async with Bench(shop.database).workers(*all_jobs()):
        await until(lambda: reading(owner, shop))
    assert await owner.fetchval("SELECT timezone FROM kpi_rollup") == "Asia/Tokyo"


async def test_a_build_that_was_overtaken_gives_up(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.buy(purchase("one", 1000, "ann", on=3), purchase("two", 1000, "ann", on=40))
    plan = queries_of_days.plan_for_reading

    async def overtaken(connection: Connection) -> None:
        """Begin a month, with another who has just begun to build."""
        await owner.execute("UPDATE kpi_rollup SET build_id = gen_random_uuid()")
        await plan(connection)

    monkeypatch.setattr(queries_of_days, "plan_for_reading", overtaken)
    with pytest.raises(RuntimeError, match="given up"):
        await work.rebuild(shop.database, keeper.program_id)


async def test_a_day_is_counted_with_what_those_did_who_turned_out_to_be_the_same_person(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    """However the months come, and though no day has met the one who was merged yet."""
    await keeper.build()
    await shop.buy(purchase("later", 1000, "ann", on=40))
    await shop.buy(purchase("first", 1000, "bob", on=3))
    await shop.merge("bob", "ann")
    await keeper.hand_over()
    await owner.execute("UPDATE kpi_dirty SET mark_id = DEFAULT WHERE local_day < '2025-04-01'")
    assert await keeper.work_off() == 3, "April before March, and the day of the merge"
    april = Days(date(2025, 4, 1), date(2025, 5, 1))
    assert await facts_by_days(owner, shop, [MARCH, april]) == await facts_by_rows(owner, shop, [MARCH, april])
    counted = await keeper.stored()
    await keeper.build()
    assert await keeper.stored() == counted


async def test_what_was_unpacked_once_is_not_read_again(shop: Shop, keeper: Worker, owner: asyncpg.Connection) -> None:
    await shop.buy(*(purchase(f"order {n}", 1000, f"customer {n}", on=3) for n in range(20)))
    await keeper.build()
    await reading(owner, shop)
    held = CACHE.held_bytes
    assert held > 0
    await owner.execute("UPDATE kpi_span_set SET customers = ''")
    found = await reading(owner, shop)
    assert found is not None
    assert len(found.facts_of(MARCH).bought) == 20
    assert CACHE.held_bytes == held


async def test_the_worker_builds_marks_and_works_off(shop: Shop, keeper: Worker, owner: asyncpg.Connection) -> None:
    async def orders() -> int:
        found = await reading(owner, shop)
        return 0 if found is None else found.facts_of(MARCH).everybody.orders

    async def said(number: int) -> bool:
        return await orders() == number

    await shop.buy(purchase("before", 1000, "ann", on=3))
    async with Bench(shop.database).workers(*all_jobs()):
        await until(lambda: said(1))
        await shop.buy(purchase("after", 1000, "ann", on=5))
        await until(lambda: said(2))
        async with shop.database.writer() as connection:
            await outbox.build_again(connection, keeper.program_id, "kpi")
        await until(lambda: said(2))
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])
