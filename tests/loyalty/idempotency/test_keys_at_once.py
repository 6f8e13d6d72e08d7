"""The same key at once, from several processes, over connections that break: one effect, one answer."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from time import monotonic

import asyncpg
import pytest

from loyalty.database import Database, Tx, connect
from loyalty.errors import Conflict, InFlight, Unavailable
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Answered, Once
from loyalty.idempotency.queries import pin_alone
from loyalty.idempotency.refusals import KeyReused
from loyalty.settings import Settings
from tests.loyalty.idempotency.gifts import Gifts, Giver
from tests.stories import Shop, joining

# What a lost connection looks like to a client of asyncpg; `web` makes 503 of it. Its caller sends again.
BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, Unavailable, InFlight)


@asynccontextmanager
async def replicas(url: str, size: int = 8) -> AsyncIterator[list[Database]]:
    """Give the pools of two processes."""
    async with connect(Settings(pool_size=size), url) as one, connect(Settings(pool_size=size), url) as other:
        yield [one, other]


async def given(shop: Shop) -> int:
    """Count the gifts."""
    return int(await shop.value("SELECT count(*) FROM event WHERE type = 'gift.given'"))


async def test_the_same_key_at_once_is_done_once_and_answered_alike(
    shop: Shop, giver: Giver, database_url: str
) -> None:
    async with replicas(database_url) as both:
        barrier = asyncio.Barrier(8)

        async def meet(tx: Tx, once: Once) -> tuple[int, bytes]:
            # All have looked for the key, and none has found it.
            if not tx.locked:
                await barrier.wait()
            return await Gifts()(tx, once)

        for n in range(30):
            sends = [write_once(both[i % 2], giver.once(f"k{n}"), meet) for i in range(8)]
            answers = await asyncio.gather(*sends)

            assert len({answer.pinned.body for answer in answers}) == 1
            assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert await given(shop) == 30


async def test_a_success_and_a_refusal_under_one_key_are_never_both_answered(shop: Shop, giver: Giver) -> None:
    for n in range(30):
        have = await shop.value("SELECT version FROM account")
        # One of the two sends finds that nothing is left; whoever is first decides for both.
        answers = await asyncio.gather(giver.give(f"k{n}"), giver.give(f"k{n}", Gifts(most=have)))
        assert answers[0].pinned == answers[1].pinned
        assert await shop.value("SELECT version FROM account") == have + (answers[0].pinned.status == 201)


async def test_of_two_requests_under_one_key_at_once_one_is_refused(shop: Shop, giver: Giver) -> None:
    asked = ("a gift", "a bigger gift")
    for n in range(30):
        answers = await asyncio.gather(*(giver.give(f"k{n}", asked=this) for this in asked), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Answered, KeyReused}
    assert await given(shop) == 30


async def stuck(giver: Giver, key: str) -> tuple[asyncio.Task[Answered], asyncio.Event]:
    """Send a request whose process takes its time between writing and committing; it goes on at the event."""
    gifts = Gifts(after_write=asyncio.Event())
    sent = asyncio.create_task(giver.give(key, gifts, whole=True))
    await gifts.written.wait()
    assert gifts.after_write
    return sent, gifts.after_write


async def test_a_retry_waits_for_the_first_request_and_gets_its_answer(giver: Giver) -> None:
    first, go_on = await stuck(giver, "k")
    asyncio.get_running_loop().call_later(0.5, go_on.set)
    began = monotonic()

    retry = await giver.give("k")

    assert 0.4 < monotonic() - began < 1.9
    assert (retry.replayed, retry.pinned) == (True, (await first).pinned)


async def test_a_retry_waits_two_seconds_at_most_and_finds_the_answer_later(shop: Shop, giver: Giver) -> None:
    first, go_on = await stuck(giver, "k")
    began = monotonic()

    with pytest.raises(InFlight, match="again in a second"):
        await giver.give("k")

    assert 1.8 < monotonic() - began < 2.8
    go_on.set()
    done = await first
    later = await giver.give("k")
    assert (done.replayed, later.replayed, later.pinned) == (False, True, done.pinned)
    assert await given(shop) == 1


async def test_a_retry_that_would_be_refused_waits_for_the_first_all_the_same(giver: Giver) -> None:
    first, go_on = await stuck(giver, "k")

    # A refusal needs no account; what it waits for is the key itself.
    with pytest.raises(InFlight):
        await giver.give("k", Gifts("nobody"))

    go_on.set()
    await first
    assert (await giver.give("k", Gifts("nobody"))).pinned == (await first).pinned


async def test_what_is_done_without_an_account_waits_for_the_key(giver: Giver) -> None:
    go_on, written = asyncio.Event(), asyncio.Event()

    async def configure(tx: Tx, once: Once) -> tuple[int, bytes]:
        await pin_alone(tx.connection, once, 200, once.request_id.encode(), None)
        written.set()
        await go_on.wait()
        return 200, once.request_id.encode()

    first = asyncio.create_task(write_once(giver.database, giver.once("k"), configure, whole=True))
    await written.wait()
    asyncio.get_running_loop().call_later(0.3, go_on.set)
    retry = await write_once(giver.database, giver.once("k"), configure, whole=True)

    assert (retry.replayed, retry.pinned) == (True, (await first).pinned)


async def test_in_flight_is_itself_never_pinned(shop: Shop, giver: Giver) -> None:
    async def verb(_tx: Tx, _once: Once) -> tuple[int, bytes]:
        msg = "somebody else is at it"
        raise InFlight(msg)

    with pytest.raises(Conflict):
        await write_once(giver.database, giver.once("k"), verb)

    assert await shop.value("SELECT count(*) FROM idempotency") == 0
    assert not (await giver.give("k")).replayed


async def test_the_shorter_wait_is_gone_when_the_connection_is_back(database_url: str, giver: Giver) -> None:
    async with connect(Settings(pool_size=1), database_url) as single:
        async with single.writer() as connection:
            usual = await connection.fetchval("SHOW lock_timeout")
        seen: list[str] = []

        async def verb(tx: Tx, once: Once) -> tuple[int, bytes]:
            seen.append(await tx.connection.fetchval("SHOW lock_timeout"))
            return await Gifts()(tx, once)

        await write_once(single, giver.once("k"), verb)
        async with single.writer() as connection:
            assert await connection.fetchval("SHOW lock_timeout") == usual != seen[0]


async def test_a_caller_that_hangs_up_finds_the_answer_when_it_sends_again(shop: Shop, giver: Giver) -> None:
    gifts = Gifts(before_write=asyncio.Event())
    sent = asyncio.create_task(giver.give("k", gifts))
    while not gifts.calls:  # noqa: ASYNC110 - the verb sets no event there
        await asyncio.sleep(0)
    sent.cancel()
    await asyncio.wait([sent])
    assert gifts.before_write
    gifts.before_write.set()
    await asyncio.wait_for(gifts.written.wait(), 5)
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    assert (await giver.give("k")).replayed
    assert await given(shop) == 1


async def insist(send: Callable[[], Awaitable[Answered]]) -> tuple[Answered, int]:
    """Send until there is an answer, as a good client does; tells how often it had to."""
    for sent in range(1, 200):
        try:
            return await send(), sent
        except BROKEN:
            await asyncio.sleep(0.01)
    raise AssertionError


@pytest.mark.parametrize(("keys", "times"), [(60, 10), pytest.param(500, 20, marks=pytest.mark.long)])
async def test_storms_of_repeats_over_connections_that_break_do_each_thing_once(
    shop: Shop, giver: Giver, owner: asyncpg.Connection, database_url: str, keys: int, times: int
) -> None:
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    customers = [f"customer {n}" for n in range(7)]
    await shop.join(*(joining(customer) for customer in customers))
    before = await shop.value("SELECT sum(version) FROM account")
    # The repeats of a key come close to each other, so that many meet.
    sends = sorted((n for n in range(keys) for _ in range(times)), key=lambda n: n + random.random() * 4)
    answers: dict[int, set[tuple[int, bytes]]] = defaultdict(set)
    fresh = repeated = 0
    busy = asyncio.Semaphore(24)

    async with replicas(database_url) as both:

        async def send(n: int) -> None:
            nonlocal fresh, repeated
            async with busy:
                # Every third key asks for what is not there: its refusal is repeated like a success.
                gifts = Gifts(customers[n % 7] if n % 3 else "nobody")
                answer, sent = await insist(lambda: write_once(random.choice(both), giver.once(f"k{n}"), gifts))
            answers[n].add((answer.pinned.status, answer.pinned.body))
            fresh, repeated = fresh + (not answer.replayed), repeated + sent - 1

        async def break_connections() -> None:
            while True:
                await asyncio.sleep(random.random() * 0.05)
                await owner.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND application_name = 'loyalty' AND state = 'active' LIMIT 1"
                )

        breaking = asyncio.create_task(break_connections())
        await asyncio.gather(*(send(n) for n in sends))
        breaking.cancel()
        await asyncio.wait([breaking])

    effects = sum(1 for n in range(keys) if n % 3)
    assert repeated > 0
    assert all(len(said) == 1 for said in answers.values())
    assert [next(iter(answers[n]))[0] for n in range(keys)] == [201 if n % 3 else 404 for n in range(keys)]
    assert fresh <= keys
    assert await given(shop) == effects
    assert await shop.value("SELECT sum(version) FROM account") == before + effects
    assert await shop.value("SELECT count(*) FROM idempotency") == keys
