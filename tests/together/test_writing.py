"""The edge that commits: how often it tries, when it locks, when it splits, and when it gives up."""

import asyncio
from collections.abc import Callable, Sequence

import asyncpg
import pytest

from loyalty.database import Database, MissedGuard, Tx, connect, write
from loyalty.errors import Conflict, LoyaltyError, Unavailable
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings
from tests.stories import Shop, purchase, recorded

ATTEMPTS = 8


class Trial:
    """A verb that notes how it was called, and fails as told."""

    def __init__(self, fail: Callable[[int, Sequence[str]], Exception | None]) -> None:
        self.calls: list[tuple[tuple[str, ...], bool, bool]] = []
        self._fail = fail

    async def __call__(self, tx: Tx, items: Sequence[str]) -> list[str]:
        self.calls.append((tuple(items), tx.locked, tx.connection.is_in_transaction()))
        failure = self._fail(len(self.calls), items)
        if failure:
            raise failure
        return [item.upper() for item in items]


async def test_the_first_time_is_without_locks_and_the_second_with_them(database: Database) -> None:
    trial = Trial(lambda call, _: MissedGuard() if call == 1 else None)
    assert await write(database, trial, ["a", "b"]) == ["A", "B"]
    assert trial.calls == [(("a", "b"), False, False), (("a", "b"), True, True)]


@pytest.mark.parametrize("failure", [MissedGuard, asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_whoever_is_always_overtaken_gives_up_in_the_end(database: Database, failure: type[Exception]) -> None:
    trial = Trial(lambda _call, _: failure())
    with pytest.raises(Unavailable, match="send the same request again"):
        await write(database, trial, ["a"])
    assert [locked for _, locked, _ in trial.calls] == [False] + [True] * (ATTEMPTS - 1)


async def test_a_batch_that_cannot_lock_what_is_new_is_split_in_halves(database: Database) -> None:
    trial = Trial(lambda _call, items: asyncpg.UniqueViolationError() if "c" in items and len(items) > 1 else None)
    assert await write(database, trial, ["a", "b", "c", "d", "e"]) == ["A", "B", "C", "D", "E"]
    done = [items for items, _, _ in trial.calls]
    assert done == [
        *[("a", "b", "c", "d", "e")] * 2,
        ("a", "b"),
        *[("c", "d", "e")] * 2,
        ("c",),
        ("d", "e"),
    ]


async def test_a_lone_item_that_was_overtaken_as_new_is_read_again(database: Database) -> None:
    trial = Trial(lambda call, _: asyncpg.UniqueViolationError() if call < 4 else None)
    assert await write(database, trial, ["a"]) == ["A"]
    assert len(trial.calls) == 4


async def test_other_failures_are_not_tried_again(database: Database) -> None:
    trial = Trial(lambda _call, _: asyncpg.CheckViolationError())
    with pytest.raises(asyncpg.CheckViolationError):
        await write(database, trial, ["a"])
    assert len(trial.calls) == 1


async def test_what_is_written_whole_is_undone_whole(shop: Shop) -> None:
    seen: list[tuple[bool, bool]] = []

    async def verb(tx: Tx, orders: Sequence[NewPurchase]) -> list[Recorded | LoyaltyError]:
        seen.append((tx.locked, tx.connection.is_in_transaction()))
        outcomes = await record_purchases(tx, shop.source, shop.rules, orders)
        if len(seen) == 1:
            raise MissedGuard
        return outcomes

    [outcome] = await write(shop.database, verb, [purchase("o", 100, "ann")], whole=True)
    assert seen == [(False, True), (True, True)]
    assert not recorded(outcome).replayed
    assert await shop.value("SELECT count(*) FROM award") == 1


@pytest.mark.parametrize(("whole", "stays"), [(False, 1), (True, 0)])
async def test_what_was_posted_before_a_refusal_stays_unless_it_is_written_whole(
    shop: Shop, *, whole: bool, stays: int
) -> None:
    calls = 0

    async def verb(tx: Tx, orders: Sequence[NewPurchase]) -> list[Recorded | LoyaltyError]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise MissedGuard
        await record_purchases(tx, shop.source, shop.rules, orders)
        msg = "no"
        raise Conflict(msg)

    with pytest.raises(Conflict):
        await write(shop.database, verb, [purchase("o", 100, "ann")], whole=whole)
    assert calls == 2
    assert await shop.value("SELECT count(*) FROM award") == stays


async def test_when_all_connections_are_busy_it_says_so_within_seconds(database_url: str) -> None:
    async with connect(Settings(pool_size=1), database_url) as database:
        hold: asyncio.Event = asyncio.Event()

        async def busy(_tx: Tx, items: Sequence[str]) -> list[str]:
            await hold.wait()
            return list(items)

        first = asyncio.create_task(write(database, busy, ["a"]))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="busy"):
            await write(database, busy, ["b"])
        hold.set()
        assert await first == ["a"]
