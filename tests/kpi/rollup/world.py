"""A small shop that lives through anything, told by the real verbs, and a worker that comes by whenever it likes."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from kpi import periods
from kpi.facts import NOBODY, Customers, PeriodFacts
from kpi.inputs.actions import tell_unit_costs, withdraw
from kpi.inputs.facts import NewUnitCost
from kpi.inputs.queries import UNIT_COSTS
from kpi.knowledge import knowledge
from kpi.parts.first_days import FirstDays
from kpi.parts.money import Margins, Units
from kpi.parts.points import FirstRedemptions, Points
from kpi.periods import Days
from kpi.rollup import work
from kpi.rollup.marks import mark_days
from kpi.rollup.reading import RollupReading
from kpi.rows import queries
from kpi.rows.part import Asked, read_parts
from kpi.rows.reading import RowsReading
from loyalty.background import register_consumers
from loyalty.clock import utc_now
from loyalty.database import Tx
from loyalty.errors import LoyaltyError
from loyalty.members.decisions import NewMembership
from loyalty.outbox import queries as outbox
from loyalty.outbox.facts import Event
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.stories import Shop

# Over the end of winter time and of a year; each zone's clocks go on in it.
FIRST, LAST = date(2024, 12, 20), date(2025, 4, 20)
Told = dict[str, object]
# The first tells its cost itself; the other's is entered, or not.
GOODS = [
    {"line_id": "1", "kind": "goods", "quantity": 3, "unit_cost_minor": 100},
    {"line_id": "2", "kind": "goods", "quantity": 2, "sku": "tea"},
]
# What day sets tell of parts.
PARTS = frozenset({"gaps", "first_days", "rewards", "margins", "first_margins", "units", "points", "first_redemptions"})


@dataclass
class World:
    """Customers a to h. Every happening is one verb; what it refuses is part of life. `lined`: orders tell lines."""

    shop: Shop
    random: Random
    orders: list[NewPurchase] = field(default_factory=list)
    spent: list[UUID] = field(default_factory=list)
    priced: list[date] = field(default_factory=list)
    told: int = 0
    lined: bool = False

    async def live(self) -> None:
        """Let one thing happen."""
        happenings = [self.buy] * 12 + [self.join] * 4 + [self.leave] * 2 + [self.edit] * 3 + [self.take_back] * 3
        happenings += [self.spend] * 3 + [self.cancel, self.merge, self.erase, self.adjust, self.take_points_back]
        if self.lined:
            happenings += [self.price] * 2
        self.told += 1
        with suppress(LoyaltyError):
            await self.random.choice(happenings)()

    def some_time(self) -> datetime:
        """Give a moment, often the very one at which a day or a month begins, or the one before."""
        day = FIRST + timedelta(days=self.random.randrange((LAST - FIRST).days))
        if self.random.random() < 0.3:
            day = day.replace(day=1)
        at = periods.instant(day, self.shop.source.program.zone)
        return at + self.random.choice(
            [timedelta(), timedelta(microseconds=-1), timedelta(minutes=self.random.randrange(24 * 60))]
        )

    def somebody(self) -> str:
        return self.random.choice("abcdefgh")

    async def buy(self) -> None:
        goods = self.random.choice([0, 999, 1000, 12_345, 12_345])
        new = NewPurchase(
            order_id=f"order {len(self.orders)}",
            placed_at=self.some_time(),
            currency="EUR",
            goods_minor=goods,
            external_id=self.random.choice([self.somebody(), self.somebody(), None]),
            reward_discount_minor=self.random.choice([0, 0, goods, goods // 3]),
            test=self.random.random() < 0.05,
            source_updated_at=utc_now(),
            lines=self._lines(goods) if self.lined and goods else None,
        )
        self.orders.append(new)
        # Sometimes the order itself comes later, or never: a refund of it waits.
        if self.random.random() < 0.9:
            await self.shop.buy(new)

    async def edit(self) -> None:
        """Tell an order anew: another moment, another sum, or whose it was; one that is not known is recorded so."""
        if self.orders:
            number = self.random.randrange(len(self.orders))
            old = self.orders[number]
            new = replace(
                old,
                placed_at=self.some_time(),
                goods_minor=old.goods_minor + self.random.choice([0, 5]),
                external_id=old.external_id or self.random.choice([None, self.somebody()]),
                test=old.test != (self.random.random() < 0.1),
                source_updated_at=utc_now(),
            )
            self.orders[number] = new
            await self.shop.edit(new)

    async def take_back(self) -> None:
        if self.orders:
            goods = self.random.choice([1, 400, 1000])
            order = self.random.choice(self.orders)
            line = {"line_id": "1", "kind": "goods", "quantity": self.random.randint(1, 4), "amount_minor": goods}
            lines = [line] if order.lines and self.random.random() < 0.5 else None
            await self.shop.take_back(
                NewRefund(order.order_id, f"refund {self.told}", self.some_time(), goods, lines=lines)
            )

    async def cancel(self) -> None:
        if self.orders:
            await self.shop.take_back(NewRefund(self.random.choice(self.orders).order_id, "", self.some_time(), None))

    def _lines(self, goods: int) -> list[dict[str, Any]] | None:
        """Tell one line, or two, or none."""
        first = self.random.choice([goods, goods // 2])
        amounts = self.random.choice([[goods], [first, goods - first], []])
        return [line | {"amount_minor": amount} for line, amount in zip(GOODS, amounts, strict=False)] or None

    async def spend(self) -> None:
        """Spend points, or only set them aside."""
        rows = await self.shop.rows(
            "SELECT min(a.external_id) FROM account c JOIN customer_alias a USING (program_id, customer_id)"
            " JOIN membership m USING (program_id, customer_id)"
            " WHERE c.available > 9 AND m.left_at IS NULL AND m.superseded_at IS NULL GROUP BY customer_id ORDER BY 1"
        )
        who = self.random.choice(rows)[0] if rows else self.somebody()
        if self.random.random() < 0.7:
            self.spent.append(await self.shop.spend(who, self.random.randint(1, 9)))
        else:
            await self.shop.redeem(who, await self.shop.offer(self.random.randint(1, 9)))

    async def take_points_back(self) -> None:
        if self.spent:
            await self.shop.reverse(self.random.choice(self.spent))

    async def adjust(self) -> None:
        await self.shop.adjust(self.somebody(), self.random.choice([50, 7, -3]))

    async def price(self) -> None:
        """Enter what an article costs from some day on, or that it does not."""
        source, day = self.shop.source, self.some_time().date()
        if self.random.random() < 0.8:
            costs = [NewUnitCost("tea", day, self.random.randint(1, 500))]
            await self.shop.do(lambda tx: tell_unit_costs(tx, source, costs))
            self.priced.append(day)
        elif self.priced:
            key = ("tea", self.random.choice(self.priced))
            await self.shop.do(lambda tx: withdraw(tx, source, UNIT_COSTS, key))

    async def join(self) -> None:
        joined = self.some_time()
        left = self.random.choice([None, joined + timedelta(days=self.random.randint(1, 40)), self.some_time()])
        await self.shop.join(NewMembership(self.somebody(), joined, left))

    async def leave(self) -> None:
        """End whichever membership is open."""
        rows = await self.shop.rows(
            "SELECT a.external_id, m.joined_at FROM membership m JOIN customer_alias a USING (program_id, customer_id)"
            " WHERE m.left_at IS NULL AND m.superseded_at IS NULL ORDER BY 1, 2"
        )
        if rows:
            who, joined = self.random.choice(rows)
            left = max(self.some_time(), joined + timedelta(microseconds=1))
            await self.shop.join(NewMembership(who, joined, left))

    async def merge(self) -> None:
        await self.shop.merge(self.somebody(), self.somebody())

    async def erase(self) -> None:
        if self.random.random() < 0.3:
            await self.shop.erase(self.somebody())


@dataclass
class Worker:
    """Hands events over by hand: some of them, in any order, in batches of any size."""

    shop: Shop
    owner: asyncpg.Connection
    random: Random

    @property
    def program_id(self) -> int:
        return self.shop.source.program.program_id

    async def build(self) -> None:
        """Build everything from the rows, as before the first event."""
        register_consumers()
        await work.rebuild(self.shop.database, self.program_id)
        async with self.shop.database.writer() as connection:
            await outbox.built(connection, self.program_id, "kpi")

    async def hand_over(self, share: float = 1.0) -> None:
        """Hand over this share of what waits."""
        async with self.shop.database.writer() as connection, connection.transaction():
            events = await outbox.next_events(connection, self.program_id, "kpi", 10_000)
            self.random.shuffle(events)
            events = events[: round(share * len(events))]
            while events:
                batch, events = events[:5], events[5:]
                await self._tell(connection, batch)

    async def _tell(self, connection: asyncpg.Connection, batch: Sequence[Event]) -> None:
        await mark_days(Tx(connection, locked=True), self.program_id, batch)
        await outbox.had(connection, self.program_id, "kpi", batch)

    async def work_off(self) -> int:
        """Count the dirty days anew; tells how many commits that took."""
        commits = 0
        while True:
            async with self.shop.database.writer() as connection, connection.transaction(isolation="repeatable_read"):
                if not await work.work_off(connection, self.shop.source.program):
                    return commits
                commits += 1

    async def forget(self) -> None:
        """Have no build any more: everything is answered from the rows."""
        async with self.shop.database.writer() as connection:
            await outbox.build_again(connection, self.program_id, "kpi")

    async def stored(self) -> dict[tuple[str, date], tuple[object, ...]]:
        """Give all days and months that are not empty: sums, and who is in each set."""
        numbers = "SELECT number, customer_id FROM kpi_customer WHERE program_id = $1 AND survives"
        names = dict(await self.owner.fetch(numbers, self.program_id))
        found = {}
        for row in await self.owner.fetch(
            "SELECT s.*, (SELECT array_agg((kind, customers) ORDER BY kind) FROM kpi_span_set t WHERE"
            " (t.program_id, t.grain, t.first_on) = (s.program_id, s.grain, s.first_on)) AS sets"
            " FROM kpi_span s WHERE program_id = $1",
            self.program_id,
        ):
            sums = tuple(row.values())[4:-1]
            sets = tuple((kind, frozenset(names[n] for n in Customers.deserialize(b))) for kind, b in row["sets"] or ())
            if any(sums) or sets:
                found[row["grain"], row["first_on"]] = (*sums, *sets)
        for row in await self.owner.fetch(
            "SELECT local_day, array_agg((kind, debit_code, credit_code, points)) AS flows"
            " FROM kpi_points_flow WHERE program_id = $1 GROUP BY local_day",
            self.program_id,
        ):
            found["points", row["local_day"]] = tuple(sorted(map(tuple, row["flows"])))
        return found


def some_periods(random: Random) -> list[Days]:
    """Give periods of every kind within the world's months and around them."""
    # Points are spent today, whenever they were earned.
    today = utc_now().date()
    found = [
        Days(date(2025, 3, 1), date(2025, 4, 1)),
        Days(date(2025, 1, 1), date(2025, 4, 1)),
        Days(date(2025, 2, 5), today + timedelta(days=2)),
        Days(today - timedelta(days=1), today + timedelta(days=2)),
    ]
    for _ in range(5):
        one, two = (FIRST + timedelta(days=random.randrange(-40, (LAST - FIRST).days + 40)) for _ in range(2))
        start, end = min(one, two), max(one, two) + timedelta(days=1)
        found += [
            Days(start, end),
            periods.month_of(one),
            Days(start, start + timedelta(days=7)),
            Days(one, one + timedelta(days=1)),
        ]
    return list(dict.fromkeys(found))


async def facts_by_rows(owner: asyncpg.Connection, shop: Shop, wanted: Sequence[Days]) -> dict[Days, Told]:
    """Count from the rows."""
    program = shop.source.program
    known = knowledge(await queries.now(owner, program.program_id), None)
    return await _told(Asked(owner, program, wanted, await RowsReading.read(owner, program, wanted, known)))


async def facts_by_days(owner: asyncpg.Connection, shop: Shop, wanted: Sequence[Days]) -> dict[Days, Told]:
    """Count from the day sets."""
    program = shop.source.program
    known = knowledge(await queries.now(owner, program.program_id), None)
    with pytest.MonkeyPatch.context() as patch:
        # However small the shop is.
        patch.setattr("kpi.rollup.reading.FEW_PURCHASES", -1)
        reading = await RollupReading.read(owner, program, wanted, known, PARTS)
    assert reading is not None, "nothing is built"
    return await _told(Asked(owner, program, wanted, reading))


async def _told(asked: Asked) -> dict[Days, Told]:
    """Write facts down with the ids of customers, so that two readings can be held against each other."""

    async def who(customers: Customers) -> frozenset[UUID]:
        ids = [customer_id for customer_id, _ in await asked.reading.named(customers)]
        assert len(ids) == len(customers), "every customer has a name"
        return frozenset(ids)

    told = {}
    for days, facts in (await read_parts(asked, PARTS)).items():
        first: FirstDays = facts.parts["first_days"]
        sides = {"member": facts.member, "other": facts.other, "everybody": facts.everybody}
        sets = {name: getattr(facts, name) for name in _SETS} | {
            f"{name}.{what}": getattr(side, what)
            for name, side in sides.items()
            for what in ("buyers", "twice", "again")
        }
        told[days] = {
            **{name: await who(customers) for name, customers in sets.items()},
            **{name: (side.orders, side.net) for name, side in sides.items()},
            "anonymous": facts.anonymous,
            "left_out": facts.left_out,
            "gaps": [side.sums for side in facts.parts["gaps"].sides],
            "first_days": [await who(one) for one in (first.joined, first.bought, first.immature)],
            "rewards": facts.parts["rewards"],
            "first_margins": facts.parts["first_margins"],
            **_lines(facts),
            **await _points(facts, who),
        }
    return told


def _lines(facts: PeriodFacts) -> Told:
    """Sum what lines say by status."""
    units: Units = facts.parts["units"]
    margins: Margins = facts.parts["margins"]
    sums = {
        f"{name}.{member}": int(getattr(part, name)[part.member == member].sum())
        for part, names in ((units, ("sold", "returned")), (margins, ("net", "cost", "covered")))
        for name in names
        for member in (1, 0)
    }
    return {**sums, "units": (len(units.sold) > 0, units.flow, units.unlined, units.untold, units.immature)}


async def _points(facts: PeriodFacts, who: Callable[[Customers], Awaitable[frozenset[UUID]]]) -> Told:
    """Tell what became of points; who redeemed, of those who bought."""
    points: Points = facts.parts["points"]
    first: FirstRedemptions = facts.parts["first_redemptions"]
    # Who is still watched is watched until now, which is another now each time it is asked.
    redeemed = sorted(first.watched[first.redeemed == 1].tolist())
    return {
        "points": replace_fields(points, redeemers=NOBODY),
        "redeemers": await who(points.redeemers & facts.bought),
        "first_redemptions": (len(first.watched), redeemed),
    }


_SETS = ("member_at_start", "known", "bought_before", "joined", "left")
