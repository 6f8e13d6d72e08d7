"""Random small shops, told to the database and to an independent recount: both must know the same at every time."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import asyncpg
import pytest

from kpi.actions import answer
from kpi.periods import instant, previous
from kpi.periods import period as days
from loyalty.clock import utc_now
from tests.kpi.recount import Bought, Joined, Version, World, basket_gap, recounted
from tests.kpi.shop import Shop
from tests.seeds import seeds

if TYPE_CHECKING:
    from uuid import UUID

ZONE = "America/New_York"
PERIODS = [
    days(date(2026, 3, 1), date(2026, 4, 1)),
    days(date(2026, 3, 8), date(2026, 3, 9)),
    days(date(2026, 2, 23), date(2026, 3, 2)),
    days(date(2026, 1, 1), date(2026, 4, 1)),
    days(date(2026, 2, 10), date(2026, 3, 15)),
]


class Teller:
    """Tells what happens to the shop and to the world alike, in the order in which it becomes known."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.world = World()
        self.random = Random(seed)  # noqa: S311 - a shop, not a secret
        self.clock = datetime(2026, 1, 2, tzinfo=UTC)
        self._stored: list[UUID] = []
        self._free: list[UUID] = []

    async def tell(self, happenings: int) -> None:
        """Let things happen."""
        self.customers = await self.shop.customers(9)
        self._free = list(self.customers)
        tellings = [self.purchase] * 9 + [self.membership] * 4 + [self.leaving] * 2
        tellings += [self.refund] * 3 + [self.edit] * 3 + [self.cancellation, self.merge]
        for _ in range(happenings):
            self.clock += timedelta(hours=self.random.randint(1, 40))
            await self.random.choice(tellings)()

    def some_time(self) -> datetime:
        """Give a moment, often one at which a period begins."""
        if self.random.random() < 0.25:
            piece = self.random.choice(PERIODS)
            return instant(self.random.choice(piece), self.shop.program.zone)
        return datetime(2025, 12, 15, tzinfo=UTC) + timedelta(minutes=self.random.randrange(110 * 24 * 60))

    async def purchase(self) -> None:
        customer = self.random.choice([*self.customers, None])
        goods = self.random.choice([0, 1, 3, 999, 1000, 12_345])
        reward = self.random.choice([0, 0, goods, goods // 3])
        facts = Version(self.clock, customer, self.some_time(), goods, reward, self.random.random() < 0.05)
        told = await self.shop.buys(
            customer,
            facts.placed.isoformat(),
            goods,
            reward=reward,
            test=facts.test,
            recorded=self.clock.isoformat(),
        )
        self._stored.append(told)
        self.world.purchases.append(Bought([facts]))

    async def refund(self) -> None:
        if self.world.purchases:
            number = self.random.randrange(len(self._stored))
            goods = self.random.choice([1, 2, 400, 1000])
            await self.shop.refunds(self._stored[number], goods, recorded=self.clock.isoformat())
            self.world.purchases[number].taken_back.append((self.clock, goods))

    async def cancellation(self) -> None:
        number = self.random.randrange(max(1, len(self._stored)))
        if self._stored and all(goods is not None for _, goods in self.world.purchases[number].taken_back):
            await self.shop.cancels(self._stored[number], recorded=self.clock.isoformat())
            self.world.purchases[number].taken_back.append((self.clock, None))

    async def edit(self) -> None:
        if not self._stored:
            return
        number = self.random.randrange(len(self._stored))
        old = self.world.purchases[number].versions[-1]
        customer = old.customer or self.random.choice(self.customers)
        goods = old.goods + self.random.choice([0, 5])
        new = Version(self.clock, customer, self.some_time(), goods, old.reward, old.test)
        await self.shop.edits(
            self._stored[number],
            recorded=self.clock.isoformat(),
            customer_id=customer,
            goods_minor=goods,
            placed_at=new.placed,
        )
        self.world.purchases[number].versions.append(new)

    async def membership(self) -> None:
        """Let somebody join who is no member at any time yet or again after the last leaving."""
        customer = self.random.choice(self.customers)
        past = [m for m in self.world.memberships if m.customer == customer and m.superseded is None]
        joined = self.some_time()
        if any(m.left is None or m.left > joined for m in past):
            return
        left = joined + timedelta(days=self.random.randint(1, 40)) if self.random.random() < 0.4 else None
        await self.shop.joins(
            customer,
            joined.isoformat(),
            left=left.isoformat() if left else None,
            recorded=self.clock.isoformat(),
        )
        self.world.memberships.append(Joined(customer, joined, left, self.clock))

    async def leaving(self) -> None:
        open_ones = [m for m in self.world.memberships if m.left is None and m.superseded is None]
        if open_ones:
            gone = self.random.choice(open_ones)
            left = max(self.some_time(), gone.joined + timedelta(microseconds=1))
            await self.shop.leaves(gone.customer, left.isoformat(), recorded=self.clock.isoformat())
            gone.superseded = self.clock
            self.world.memberships.append(Joined(gone.customer, gone.joined, left, self.clock))

    async def merge(self) -> None:
        """Merge one who was never merged into another such: a chain of two would need the ledger's own verb."""
        if len(self._free) >= 4:
            old, new = (self._free.pop(self.random.randrange(len(self._free))) for _ in range(2))
            await self.shop.merges(old, new, at=self.clock.isoformat())
            self.world.merges.append((old, new, self.clock))


@pytest.mark.parametrize("seed", seeds(4, range(12)))
async def test_the_answers_are_those_of_an_independent_recount(owner: asyncpg.Connection, seed: int) -> None:
    shop = await Shop.open(owner, ZONE)
    teller = Teller(shop, seed)
    await teller.tell(70)
    seen = 0
    for piece in PERIODS:
        bounds = [instant(day, shop.program.zone) for day in (previous(piece).start, *piece)]
        for as_of in (teller.clock - timedelta(days=40), teller.clock - timedelta(days=15), teller.clock, None):
            known = as_of or utc_now()
            expected = recounted(teller.world, known, *bounds)
            orders = [order for order in teller.world.orders(known) if bounds[1] <= order.placed < bounds[2]]
            for key, segments in expected.items():
                told = (await answer(owner, shop.program, key, *piece, as_of=as_of)).figures
                assert {name: (r.num, r.den) for name, r in told.segments.items()} == segments, (key, piece, as_of)
                seen += sum(den for _, den in segments.values())
                if key == "aov":
                    assert told.difference.ci95 == _near(basket_gap(orders))
    assert seen > 200, "a shop in which nothing happens proves nothing"


def _near(interval: tuple[float, float] | None) -> object:
    return interval if interval is None else pytest.approx(interval, rel=1e-9, abs=1e-6)
