"""The append: all or nothing behind its guards, never late, never more than adding."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from loyalty.database import Connection, Database, MissedGuard, Tx, write
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.earning.rules import RulesVersion
from loyalty.errors import LoyaltyError
from loyalty.outbox import consumer
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.facts import NewPurchase, Read
from loyalty.purchases.reading import read
from tests.stories import Shop, joining, purchase, recorded, refund

APPEND_ONLY = ["award", "entry", "event", "lot_use", "purchase_former", "refund", "earning_rules"]


class Interrupted(RulesCache):
    """The rules, which a verb asks for between reading and writing; there something else happens, once."""

    def __init__(self, happen: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._happen: Callable[[], Awaitable[object]] | None = happen
        self.reads = 0

    async def versions(self, connection: Connection, program_id: int, newest: int) -> list[RulesVersion]:
        self.reads += 1
        happen, self._happen = self._happen, None
        if happen:
            await happen()
        return await super().versions(connection, program_id, newest)


async def buy(shop: Shop, rules: RulesCache, *items: NewPurchase) -> list[Recorded | LoyaltyError]:
    """Record purchases with these rules."""

    async def verb(tx: Tx, batch: Sequence[NewPurchase]) -> list[Recorded | LoyaltyError]:
        return await record_purchases(tx, shop.source, rules, batch)

    return await write(shop.database, verb, items)


@pytest.mark.parametrize(("seconds", "reads"), [(4.0, 1), (10.0, 2)])
async def test_an_append_that_is_over_five_seconds_late_is_refused_and_read_again(
    database: Database, owner: asyncpg.Connection, seconds: float, reads: int
) -> None:
    async with database.session() as session:
        program = await start_program(session, "Test", timezone="UTC", currency="EUR", mode="test")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    assert storefront.storefront_id is not None
    shop = Shop(database, Source(program, storefront.storefront_id, "default", "key/1", "req"), RulesCache())

    async def time_passes() -> None:
        # The clock of a test programme can be moved; nobody has to wait.
        await owner.execute("UPDATE program SET clock_offset = $1", timedelta(seconds=seconds))

    rules = Interrupted(time_passes)
    before = await shop.value("SELECT clock_timestamp()")
    [outcome] = await buy(shop, rules, purchase("o", 100, "ann"))
    assert rules.reads == reads
    # What was read again is also dated anew.
    [award] = recorded(outcome).awards
    assert (award.recorded_at > before + timedelta(seconds=seconds)) == (reads == 2)
    assert await shop.value("SELECT count(*) FROM award") == 1


async def test_what_was_overtaken_is_read_again_and_sees_who_was_faster(shop: Shop) -> None:
    await shop.join(joining("ann"))
    rules = Interrupted(lambda: shop.buy(purchase("faster", 1000, "ann")))
    [outcome] = await buy(shop, rules, purchase("slower", 1000, "ann"))
    assert rules.reads == 2
    [award] = recorded(outcome).awards
    assert (award.account_version, award.available_after) == (3, 20)


async def test_a_missed_guard_leaves_nothing_of_the_whole_batch(shop: Shop) -> None:
    await shop.buy(purchase("before", 100, "ann"))
    overtaken = Interrupted(lambda: shop.buy(purchase("faster", 100, "ann")))
    items = [purchase("slow", 100, "ann"), purchase("of bob", 100, "bob"), purchase("of nobody", 100)]
    async with shop.database.writer() as connection:
        with pytest.raises(MissedGuard):
            await record_purchases(Tx(connection), shop.source, overtaken, items)
    assert await shop.value("SELECT array_agg(order_id ORDER BY recorded_at) FROM purchase") == ["before", "faster"]
    assert await shop.value("SELECT count(*) FROM customer") == 1
    await shop.verified()


class _Overtaken:
    """A connection that is overtaken by a new customer's purchase between its locks and its read."""

    def __init__(self, connection: Connection, shop: Shop) -> None:
        self.fetch, self._connection, self._shop = connection.fetch, connection, shop

    async def fetchval(self, sql: str, *args: object) -> object:
        await self._shop.buy(purchase("new", 100, "ann"))
        return await self._connection.fetchval(sql, *args)


async def test_whoever_locked_reads_again_when_a_customer_came_between(shop: Shop) -> None:
    """Its account would else be locked after the purchases, out of order, and two such batches deadlock."""
    await shop.buy(purchase("o", 100))

    async def asked(connection: Connection | _Overtaken) -> Read:
        tx = Tx(connection, locked=True)  # type: ignore[arg-type]
        return await read(tx, shop.source, orders=["o", "new"], customers=["ann"])

    async with shop.database.writer() as connection, connection.transaction():
        assert len((await asked(connection)).purchases) == 1
        with pytest.raises(MissedGuard):
            await asked(_Overtaken(connection, shop))


async def is_free_while_it_waits(owner: asyncpg.Connection, table: str, where: str = "true") -> None:
    """Insist that whoever waits for the owner's locks has not taken these rows yet."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    while not await owner.fetchval(waiting):  # noqa: ASYNC110 - the database cannot set an event of ours
        await asyncio.sleep(0.005)
    await owner.execute(f"SELECT 1 FROM {table} WHERE {where} FOR UPDATE NOWAIT")


async def test_accounts_are_locked_before_purchases(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.buy(purchase("o", 100, "ann"))
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM account FOR UPDATE")
        waiting = asyncio.create_task(shop.take_back(refund("o", "r", 10)))
        await is_free_while_it_waits(owner, "purchase")
    recorded((await waiting)[0])


async def test_known_purchases_are_locked_in_the_order_of_their_ids(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.buy(purchase("z", 100))
    await shop.buy(purchase("a", 100))
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM purchase WHERE order_id = 'z' FOR UPDATE")
        waiting = asyncio.create_task(shop.take_back(refund("a", "r", 10), refund("z", "r", 10)))
        await is_free_while_it_waits(owner, "purchase", "order_id = 'a'")
    for outcome in await waiting:
        recorded(outcome)


async def test_accounts_of_a_batch_are_locked_in_the_order_of_their_ids(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.buy(purchase("1", 100, "z"))
    await shop.buy(purchase("2", 100, "a"))
    first, last = await shop.value("SELECT array_agg(customer_id ORDER BY customer_id) FROM account")
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM account WHERE customer_id = $1 FOR UPDATE", first)
        waiting = asyncio.create_task(shop.buy(purchase("3", 100, "a"), purchase("4", 100, "z")))
        await is_free_while_it_waits(owner, "account", f"customer_id = '{last}'")
    for outcome in await waiting:
        recorded(outcome)


@pytest.mark.parametrize("statement", ["UPDATE {} SET program_id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_service_may_not_change_what_was_decided(shop: Shop, statement: str) -> None:
    async with shop.database.writer() as connection:
        for table in APPEND_ONLY:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=table):
                await connection.execute(statement.format(table))


async def test_the_service_may_not_delete_what_it_may_correct(shop: Shop) -> None:
    async with shop.database.writer() as connection:
        for table in ("account", "customer", "lot", "membership", "program", "purchase"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=table):
                await connection.execute(f"DELETE FROM {table}")


async def test_a_reader_cannot_write(shop: Shop) -> None:
    async with shop.database.reader() as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("INSERT INTO event SELECT * FROM event")


async def test_every_registered_consumer_gets_every_event(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "_consumers", {})
    await shop.buy(purchase("unheard", 100))
    told = {name: consumer.Consumer(name, None) for name in ("mail", "webhooks")}  # type: ignore[arg-type]
    only = consumer.Consumer("joiners", None, wants=lambda kind, _: kind == "member.joined")  # type: ignore[arg-type]
    monkeypatch.setattr(consumer, "_consumers", told | {"joiners": only})
    await shop.join(joining("ann"))
    await shop.buy(purchase("o", 100, "ann"))
    await shop.take_back(refund("o", "r", 10), refund("parked", "r", 10))
    async with shop.database.reader() as connection:
        events = await connection.fetch("SELECT event_id, type FROM event ORDER BY event_id")
        told = await connection.fetch("SELECT consumer, event_id FROM outbox ORDER BY consumer, event_id")
    assert [row["type"] for row in events] == [
        "purchase.recorded",
        "member.joined",
        "purchase.recorded",
        "purchase.refunded",
        "refund.parked",
    ]
    heard = [row["event_id"] for row in events[1:]]
    everything = [(name, key) for name in ("mail", "webhooks") for key in heard]
    assert [tuple(row) for row in told] == [("joiners", heard[0]), *everything]


async def test_events_name_the_award_its_customer_and_its_version(shop: Shop) -> None:
    source = replace(shop.source, origin="import")
    [outcome] = await Shop(shop.database, source, shop.rules).buy(purchase("o", 100, "ann"))
    [award] = recorded(outcome).awards
    async with shop.database.reader() as connection:
        [event] = await connection.fetch("SELECT * FROM event")
    assert (event["award_id"], event["customer_id"], event["account_version"], event["origin"]) == (
        award.award_id,
        award.customer_id,
        1,
        "import",
    )
    assert event["subject"] == f"purchase/{award.purchase_id}"
    assert event["recorded_at"] == award.recorded_at
