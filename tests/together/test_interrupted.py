"""Whoever hangs up, and whatever breaks: a write is there whole or not at all, and telling it again converges."""

import asyncio
from collections.abc import Sequence
from random import Random

import asyncpg

from loyalty.database import Tx, write
from loyalty.errors import LoyaltyError, Unavailable
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.facts import NewPurchase
from tests.stories import Shop, joining, purchase, recorded, refund
from tests.together.meeting import MeetingRules

ORDERS = 80
# What a lost connection looks like to a client of asyncpg; `web` makes 503 of it.
BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, Unavailable)


async def all_is_quiet() -> None:
    """Wait for what nobody waits for any more."""
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


async def converges(shop: Shop) -> None:
    """Tell all orders again, with a refund each: each must be there once, whole."""
    before = await shop.value("SELECT count(*) FROM purchase")
    orders = [purchase(f"o{n}", 1000, f"customer {n % 7}") for n in range(ORDERS)]
    outcomes = [recorded(outcome) for outcome in await shop.buy(*orders)]
    assert sum(outcome.replayed for outcome in outcomes) == before
    assert all(outcome.awards[0].given == 10 for outcome in outcomes)
    for outcome in await shop.take_back(*(refund(f"o{n}", "r", 500) for n in range(ORDERS))):
        recorded(outcome)
    assert await shop.value("SELECT sum(available) FROM account") == ORDERS * 5
    await shop.verified()


async def test_a_caller_that_hangs_up_does_not_stop_what_is_being_written(shop: Shop) -> None:
    barrier = asyncio.Barrier(2)
    rules = MeetingRules(shop.rules, barrier)

    async def verb(tx: Tx, batch: Sequence[NewPurchase]) -> list[Recorded | LoyaltyError]:
        return await record_purchases(tx, shop.source, rules, batch)

    caller = asyncio.create_task(write(shop.database, verb, [purchase("o", 1000, "ann")]))
    while not barrier.n_waiting:  # noqa: ASYNC110 - a barrier sets no event
        await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert await shop.value("SELECT count(*) FROM purchase") == 0
    await barrier.wait()
    await all_is_quiet()
    assert (
        await shop.value("SELECT count(*) FROM event JOIN award USING (award_id) JOIN purchase USING (purchase_id)")
        == 1
    )


async def test_callers_that_hang_up_at_any_moment_leave_nothing_half(shop: Shop) -> None:
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    await shop.join(*(joining(f"customer {n}") for n in range(7)))

    async def hang_up(n: int) -> bool:
        caller = asyncio.create_task(shop.buy(purchase(f"o{n}", 1000, f"customer {n % 7}")))
        await asyncio.sleep(random.random() * 0.02)
        return caller.cancel()

    hung_up = await asyncio.gather(*(hang_up(n) for n in range(ORDERS)))
    assert any(hung_up)
    await all_is_quiet()
    await converges(shop)


async def test_connections_that_break_at_any_moment_leave_nothing_half(shop: Shop, owner: asyncpg.Connection) -> None:
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    await shop.join(*(joining(f"customer {n}") for n in range(7)))

    async def buy(n: int) -> bool:
        await asyncio.sleep(random.random())
        try:
            recorded((await shop.buy(purchase(f"o{n}", 1000, f"customer {n % 7}")))[0])
        except BROKEN:
            return False
        return True

    async def break_connections() -> None:
        while True:
            await asyncio.sleep(random.random() * 0.02)
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state = 'active' AND query LIKE 'WITH %' LIMIT 1"
            )

    breaking = asyncio.create_task(break_connections())
    answered = await asyncio.gather(*(buy(n) for n in range(ORDERS)))
    breaking.cancel()
    await all_is_quiet()
    assert not all(answered)
    # Whoever was answered finds it there.
    there = await shop.value("SELECT coalesce(array_agg(order_id), '{}') FROM purchase")
    assert {f"o{n}" for n in range(ORDERS) if answered[n]} <= set(there)
    await converges(shop)


async def test_a_connection_lost_while_waiting_for_a_lock_leaves_nothing(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.join(joining("ann"))
    async with owner.transaction():
        await owner.execute("SELECT 1 FROM account FOR UPDATE")
        waiting = asyncio.create_task(shop.buy(purchase("o", 1000, "ann"), purchase("of nobody", 1000)))
        found = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        while not await owner.fetchval(found):  # noqa: ASYNC110 - the database cannot set an event of ours
            await asyncio.sleep(0.005)
        try:
            await waiting
        except BROKEN:
            pass
        else:
            raise AssertionError
    assert await shop.value("SELECT count(*) FROM purchase") == 0
    for outcome in await shop.buy(purchase("o", 1000, "ann"), purchase("of nobody", 1000)):
        assert not recorded(outcome).replayed
    assert await shop.balance("ann") == (10, 0)
