"""Events reach their consumers: each at least once, in order, in the commit of what they write, whoever else fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from loyalty.database import Database, Tx
from loyalty.earning.actions import start_program
from loyalty.jobs.job import Desk
from loyalty.outbox import queries, register_consumer
from loyalty.outbox.consumer import registered
from loyalty.outbox.facts import Event
from loyalty.outbox.tasks import drain, drain_of
from tests.loyalty.jobs.workers import QUICK, Bench, row_of, until
from tests.stories import Shop, purchase

SEEN = "CREATE TABLE seen (n bigint GENERATED ALWAYS AS IDENTITY, consumer text, event_id uuid)"


@pytest.fixture
async def seen(owner: asyncpg.Connection) -> asyncpg.Connection:
    """Give a table in which consumers note what they were told."""
    await owner.execute(f"{SEEN}; GRANT ALL ON seen TO loyalty_app")
    return owner


class Noting:
    """A consumer that notes events in `seen`; it fails at those that it cannot bear."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cannot_bear: set[UUID] = set()
        self.sizes: list[int] = []
        self.at_work = 0
        self.most_at_work = 0
        self.rebuilt: list[int] = []
        register_consumer(name, self.handle, self.rebuild)

    async def rebuild(self, database: Database, program_id: int) -> None:
        async with database.writer() as connection:
            await connection.execute("INSERT INTO seen (consumer) VALUES ($1)", f"{self.name}, rebuilt")
        self.rebuilt.append(program_id)

    async def handle(self, tx: Tx, _: int, events: Sequence[Event]) -> None:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            self.sizes.append(len(events))
            for event in events:
                await tx.connection.execute(
                    "INSERT INTO seen (consumer, event_id) VALUES ($1, $2)", self.name, event.event_id
                )
            await asyncio.sleep(0.01)
            for event in events:
                if event.event_id in self.cannot_bear:
                    msg = f"cannot bear {event.event_id}"
                    raise RuntimeError(msg)
        finally:
            self.at_work -= 1


async def told(owner: asyncpg.Connection, name: str) -> list[UUID]:
    rows = await owner.fetch("SELECT event_id FROM seen WHERE consumer = $1 ORDER BY n", name)
    return [row["event_id"] for row in rows]


async def all_events(owner: asyncpg.Connection) -> list[UUID]:
    return [row["event_id"] for row in await owner.fetch("SELECT event_id FROM event ORDER BY event_id")]


def desk(database: Database, program_id: int, attempt: int = 1) -> Desk:
    return Desk(database, program_id, uuid4(), attempt, datetime(2026, 1, 1, tzinfo=UTC))


async def buy(shop: Shop, orders: int, first: int = 0) -> None:
    await shop.buy(*(purchase(f"o{n}", 1000) for n in range(first, first + orders)))


async def test_every_event_is_handed_over_once_and_in_order_by_many_workers(
    bench: Bench, shop: Shop, seen: asyncpg.Connection
) -> None:
    consumers = [Noting("test.mail"), Noting("test.kpi")]

    async def all_told() -> bool:
        return await seen.fetchval("SELECT count(*) FROM outbox") == 0

    async with bench.workers(*map(drain_of, registered()), count=3):
        for n in range(20):
            await buy(shop, 50, 50 * n)
        await until(all_told)
    events = await all_events(seen)
    assert len(events) == 1000
    for consumer in consumers:
        assert await told(seen, consumer.name) == events
        assert consumer.most_at_work == 1


async def test_what_a_consumer_that_fails_has_written_is_undone_with_it(shop: Shop, seen: asyncpg.Connection) -> None:
    consumer = Noting("test.mail")
    await buy(shop, 10)
    events = await all_events(seen)
    consumer.cannot_bear = {events[6]}
    here = desk(shop.database, shop.source.program.program_id)
    with pytest.raises(RuntimeError, match=f"cannot bear {events[6]}"):
        await drain(registered()[0], here)
    assert await told(seen, "test.mail") == []
    assert await seen.fetchval("SELECT count(*) FROM outbox") == 10


async def test_after_failures_the_events_before_the_bad_one_get_through(shop: Shop, seen: asyncpg.Connection) -> None:
    consumer = Noting("test.mail")
    await buy(shop, 10)
    events = await all_events(seen)
    consumer.cannot_bear = {events[6]}
    for attempt in range(1, 12):
        with pytest.raises(RuntimeError):
            await drain(registered()[0], desk(shop.database, shop.source.program.program_id, attempt))
    assert consumer.sizes[0] == 10
    assert consumer.sizes[-1] == 1
    assert await told(seen, "test.mail") == events[:6]
    consumer.cannot_bear = set()
    await drain(registered()[0], desk(shop.database, shop.source.program.program_id, 12))
    assert await told(seen, "test.mail") == events


async def test_a_write_over_http_is_handed_over_at_once(
    bench: Bench, app: Litestar, api: httpx.AsyncClient, seen: asyncpg.Connection, redis_url: str
) -> None:
    """Nobody would look before an hour is over, but for the bell."""
    Noting("test.mail")
    assert app.state.doorbell is not None

    async def has(count: int) -> bool:
        return len(await told(seen, "test.mail")) == count

    async def looked() -> bool:
        return await seen.fetchval("SELECT count(*) FROM consumer_built") == len(registered())

    rarely = replace(bench, redis_url=redis_url, pace=replace(QUICK, poll=3600.0))
    async with rarely.workers(*map(drain_of, registered())):
        await until(looked)
        for n in range(3):
            order = {"order_id": f"{n}", "placed_at": "2026-03-01T10:00:00Z", "currency": "EUR", "goods": "10.00"}
            assert (await api.post("/v1/purchases", json=order)).status_code == 201
            await until(lambda n=n: has(n + 1))


async def test_a_consumer_that_fails_waits_by_itself_and_its_error_is_seen(
    bench: Bench, shop: Shop, seen: asyncpg.Connection
) -> None:
    bad = Noting("test.bad")
    Noting("test.good")
    await buy(shop, 3)
    first, *_ = await all_events(seen)
    bad.cannot_bear = {first}

    async def good_has(count: int) -> bool:
        return len(await told(seen, "test.good")) == count

    async with bench.workers(*map(drain_of, registered())):
        await until(lambda: good_has(3))
        await buy(shop, 3, 3)
        await until(lambda: good_has(6))
    assert await told(seen, "test.bad") == []
    assert len(bad.sizes) == 1
    row = await row_of(seen, "outbox.test.bad")
    assert (row["attempts"], row["last_error"]) == (1, f"RuntimeError: cannot bear {first}")
    assert (await row_of(seen, "outbox.test.good"))["attempts"] == 0


async def test_two_that_drain_at_the_same_moment_hand_nothing_over_twice(shop: Shop, seen: asyncpg.Connection) -> None:
    """As when the first one's lease ran out while it was still at work."""
    consumer = Noting("test.mail")
    await buy(shop, 600)
    here = desk(shop.database, shop.source.program.program_id)
    await asyncio.gather(*(drain(registered()[0], here) for _ in range(3)))
    await drain(registered()[0], here)
    assert await told(seen, "test.mail") == await all_events(seen)
    assert consumer.most_at_work == 1


async def test_a_commit_that_is_lost_hands_the_same_events_over_again(shop: Shop, seen: asyncpg.Connection) -> None:
    consumer = Noting("test.mail")
    await buy(shop, 5)
    handle = consumer.handle

    async def and_lose_the_connection(tx: Tx, program_id: int, events: Sequence[Event]) -> None:
        await handle(tx, program_id, events)
        await seen.execute("SELECT pg_terminate_backend($1)", tx.connection.get_server_pid())

    [registered_one] = registered()
    object.__setattr__(registered_one, "handle", and_lose_the_connection)
    here = desk(shop.database, shop.source.program.program_id)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)):
        await drain(registered_one, here)
    assert await told(seen, "test.mail") == []
    object.__setattr__(registered_one, "handle", handle)
    await drain(registered_one, here)
    assert await told(seen, "test.mail") == await all_events(seen)
    assert consumer.sizes == [5, 5]


async def test_a_new_consumer_is_rebuilt_before_its_first_event_once_per_programme(
    bench: Bench, shop: Shop, seen: asyncpg.Connection
) -> None:
    await buy(shop, 2)
    consumer = Noting("test.kpi")
    await buy(shop, 1, 2)
    async with bench.database.session() as session:
        other = await start_program(session, "Other", timezone="Europe/Paris", currency="EUR")

    async def built(times: int) -> bool:
        return len(consumer.rebuilt) == times and await seen.fetchval("SELECT count(*) FROM outbox") == 0

    program = shop.source.program.program_id
    async with bench.workers(*map(drain_of, registered())):
        await until(lambda: built(2))
        assert set(consumer.rebuilt) == {program, other.program_id}
        order = await seen.fetch("SELECT consumer FROM seen ORDER BY n")
        assert [row["consumer"] for row in order if row["consumer"] == "test.kpi"] == ["test.kpi"]
        await buy(shop, 1, 3)
        await until(lambda: built(2))
        async with bench.database.writer() as connection:
            await queries.build_again(connection, program, "test.kpi")
        await until(lambda: built(3))
    assert consumer.rebuilt[-1] == program


@pytest.mark.usefixtures("seen")
async def test_a_rebuild_that_fails_is_begun_again_and_no_event_comes_before_it(shop: Shop) -> None:
    consumer = Noting("test.kpi")
    await buy(shop, 1)
    rebuild, [one] = consumer.rebuild, registered()

    async def fail(database: Database, program_id: int) -> None:
        await rebuild(database, program_id)
        msg = "half-way"
        raise RuntimeError(msg)

    object.__setattr__(one, "rebuild", fail)
    here = desk(shop.database, shop.source.program.program_id)
    with pytest.raises(RuntimeError, match="half-way"):
        await drain(one, here)
    assert consumer.sizes == []
    object.__setattr__(one, "rebuild", rebuild)
    await drain(one, here)
    assert (len(consumer.rebuilt), consumer.sizes) == (2, [1])


def test_a_name_cannot_be_two_consumers() -> None:
    first = Noting("test.mail")
    register_consumer("test.mail", first.handle, first.rebuild)
    with pytest.raises(ValueError, match="registered twice"):
        Noting("test.mail")
