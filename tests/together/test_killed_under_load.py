"""`kill -9` of everything in turn, while tills go on selling: nothing that was answered is lost, the rest converges."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from loyalty.verify import verify
from tests.stories import day
from tests.together.installation import Installation
from tests.together.till import Heard, Lost, Till, Wanted, ready

pytestmark = pytest.mark.xdist_group("processes")
TILLS, CUSTOMERS, PRICE = 6, 5, 3
READY_SECONDS = 30
WHEN = day(1).isoformat()
_AGAIN_AFTER_SECONDS, _PAUSE_SECONDS = 0.3, 0.02
WHO = ["api", "answering", "worker", "valkey", "postgres"]


@dataclass
class Sales:
    """What the tills sold: what was answered, and what may or may not have been done."""

    at: Installation
    answered: list[tuple[Wanted, Heard]] = field(default_factory=list)
    unknown: list[Wanted] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def next(self) -> Wanted:
        """Tell of an order, or of a refund of one of the last, or spend points."""
        n = next(self.numbers)
        customer = f"customer-{n % CUSTOMERS}"
        if n % 3 == 1:
            body = {"customer_id": customer, "reward_id": self.at.reward_id, "capture": n % 2 == 0}
            return Wanted("/v1/redemptions", body, f"k{n}")
        if n % 3 == 2:
            refund = {"refund_id": "r", "refunded_at": WHEN, "goods": "1.00"}
            return Wanted(f"/v1/purchases/o{n - n % 30}/refunds", refund | {"refund_id": f"r{n}"})
        order = {"order_id": f"o{n}", "customer_id": customer, "placed_at": WHEN, "currency": "EUR"}
        return Wanted("/v1/purchases", order | {"goods": "100.00"})

    async def sell(self, till: Till) -> Heard | None:
        """Send one thing once; None: nobody knows what became of it."""
        wanted = self.next()
        try:
            heard = await till.send(wanted)
        except Lost:
            self.unknown.append(wanted)
            return None
        self.statuses[heard.status] += 1
        if heard.status == 201:
            self.answered.append((wanted, heard))
            return heard
        self.unknown.append(wanted)
        return None

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Sell at all tills as long as the block runs."""
        over = asyncio.Event()

        async def work(till: Till) -> None:
            while not over.is_set():
                sold = await self.sell(till)
                await asyncio.sleep(_AGAIN_AFTER_SECONDS if sold is None else _PAUSE_SECONDS)
            till.close()

        working = [asyncio.create_task(work(Till(self.at.port, self.at.key))) for _ in range(TILLS)]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*working)

    async def more(self, count: int) -> None:
        """Wait until so many more were answered."""
        enough = len(self.answered) + count
        async with asyncio.timeout(READY_SECONDS):
            while len(self.answered) < enough:  # noqa: ASYNC110 - the tills set no event
                await asyncio.sleep(0.02)


@pytest.fixture
async def sales(tmp_path: Path) -> AsyncIterator[Sales]:
    """Give an installation that sells, to members who have points."""
    at = Installation(tmp_path)
    try:
        await at.start(PRICE)
        till = Till(at.port, at.key)
        for n in range(CUSTOMERS):
            await till.insist(Wanted("/v1/members", {"customer_id": f"customer-{n}", "joined_at": day(0).isoformat()}))
            adjustment = {"points": 10**6, "reason": "to spend"}
            await till.insist(
                Wanted(f"/v1/members/customer-{n}/adjustments", adjustment, f"points {n}".replace(" ", "-"))
            )
        till.close()
        yield Sales(at)
    finally:
        await asyncio.to_thread(at.end)


async def without_valkey(sales: Sales) -> None:
    """Money needs no Redis: everything is answered while there is none."""
    await ready(sales.at.port, "degraded", patience=READY_SECONDS)
    till = Till(sales.at.port, sales.at.key)
    for _ in range(20):
        assert await sales.sell(till) is not None
    till.close()


async def converges(sales: Sales) -> None:
    """Send everything again: what was answered is answered alike, and what was unknown is done once."""
    done: Counter[str] = Counter()
    again = iter([*((wanted, None) for wanted in sales.unknown), *sales.answered])

    async def work(till: Till) -> None:
        for wanted, first in again:
            heard = await till.insist(wanted)
            assert heard.status == 201, (wanted, heard)
            assert first is None or (heard.body, heard.replayed) == (first.body, True), wanted
            done[wanted.path.rpartition("/")[2]] += 1
        till.close()

    await asyncio.gather(*(work(Till(sales.at.port, sales.at.key)) for _ in range(TILLS)))
    owner = await sales.at.look()
    assert done == {
        "purchases": await owner.fetchval("SELECT count(*) FROM purchase WHERE state = 'recorded'"),
        "refunds": await owner.fetchval("SELECT count(*) FROM refund"),
        "redemptions": await owner.fetchval("SELECT count(*) FROM redemption"),
    }
    report = await verify(owner)
    assert not report.faults, report.faults
    await owner.close()


@pytest.mark.parametrize("times", [1, pytest.param(5, marks=pytest.mark.long)])
async def test_nothing_answered_is_lost_whatever_is_killed_under_load(sales: Sales, times: int) -> None:
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    took: dict[str, list[float]] = {who: [] for who in WHO}
    async with sales.going_on():
        for who in WHO * times:
            await sales.more(40)
            await asyncio.sleep(random.random() * 0.5)
            await sales.at.kill(who)
            if who == "valkey":
                await without_valkey(sales)
            began = asyncio.get_running_loop().time()
            await sales.at.revive(who)
            await ready(sales.at.port, "ok", patience=READY_SECONDS)
            took[who].append(asyncio.get_running_loop().time() - began)
    assert all(seconds < READY_SECONDS for all_of_one in took.values() for seconds in all_of_one), took
    assert set(sales.statuses) <= {201, 503}, sales.at.said()
    assert sales.unknown
    await converges(sales)
