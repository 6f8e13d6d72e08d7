"""Points, margins, rewards and returns, held against a recount in plain loops over a shop that is remembered here."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kpi.actions import answer
from kpi.periods import instant
from tests.kpi.shop import Shop
from tests.kpi.till import MOVES, Till
from tests.seeds import seeds

PERIODS = [(date(2026, 3, 1), date(2026, 4, 1)), (date(2026, 3, 10), date(2026, 4, 7))]
Segments = dict[str, tuple[int, int]]
HALF = Fraction(1, 2)
NEED_COSTS = {"profit_per_customer", "reward_cost_ratio"}


@dataclass
class Sale:
    """A purchase with its lines, and what was taken back: when, when recorded, goods, units by line or None."""

    customer: UUID | None
    at: datetime
    goods: int
    reward: int
    lines: list[dict[str, Any]]
    back: list[tuple[datetime, datetime, int, dict[str, int] | None]] = field(default_factory=list)


@dataclass
class Handed:
    """A reward handed over: what it is said to be worth, or of which article; its movements in order of knowledge."""

    customer: UUID
    redemption: UUID
    worth: int | None
    sku: str | None
    price: int
    # How many points, when, and when that was recorded.
    moves: list[tuple[int, datetime, datetime]]


@dataclass
class Memory:
    """Everything that happened."""

    handed: list[Handed] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    moves: list[tuple[UUID, str, int, datetime, datetime]] = field(default_factory=list)
    members: dict[UUID, datetime] = field(default_factory=dict)
    costs: dict[tuple[str, date], int] = field(default_factory=dict)

    def member(self, sale: Sale) -> bool:
        return sale.customer in self.members and self.members[sale.customer] <= sale.at

    def kept(self, sale: Sale, known: datetime) -> int:
        return max(0, sale.goods - sum(goods for _, told, goods, _ in sale.back if told <= known))

    def net(self, sale: Sale, known: datetime) -> int:
        kept = self.kept(sale, known)
        return floor(kept - Fraction(sale.reward * kept, sale.goods) + HALF)

    def cost(self, sale: Sale, shop: Shop, known: datetime) -> tuple[int, int]:
        """Give what the kept goods cost, and how much of the net has a cost."""
        day = sale.at.astimezone(shop.program.zone).date()
        cost = covered = 0
        for line in sale.lines:
            if line["kind"] not in {"goods", "service"}:
                continue
            unit = line.get("unit_cost_minor")
            if unit is None:
                unit = self.unit_cost(line["sku"], day)
            if unit is not None:
                cost += unit * line["quantity"]
                covered += line["amount_minor"]
        kept = self.kept(sale, known)
        share = Fraction(self.net(sale, known) * covered, sale.goods)
        return floor(Fraction(cost * kept, sale.goods) + HALF), floor(share + HALF)

    def unit_cost(self, sku: str, day: date) -> int | None:
        days = [start for name, start in self.costs if name == sku and start <= day]
        return self.costs[sku, max(days)] if days else None

    def handed_over(self, shop: Shop, known: datetime, start: datetime, end: datetime) -> int | None:
        """Give what rewards cost that no purchase tells of, less what came back; None where that is not known."""
        total = 0
        for one in self.handed:
            out = before = 0
            for points, at, recorded in one.moves:
                if recorded > known:
                    break
                unit = one.worth
                if one.sku:
                    unit = self.unit_cost(one.sku, one.moves[0][1].astimezone(shop.program.zone).date())
                    unit = one.worth if unit is None else unit
                if unit is None and start <= at < end:
                    return None
                out += points
                cost = floor(Fraction((unit or 0) * out, one.price))
                total += cost - before if start <= at < end else 0
                before = cost
        return total

    def units(self, sale: Sale, known: datetime) -> tuple[int, int]:
        """Give the units of goods sold and returned."""
        sold = {line["line_id"]: line["quantity"] for line in sale.lines if line["kind"] == "goods"}
        if not self.kept(sale, known):
            return sum(sold.values()), sum(sold.values())
        returned = dict.fromkeys(sold, 0)
        for _, told, _, lines in sale.back:
            for name, quantity in (lines or {}).items() if told <= known else ():
                if name in sold:
                    returned[name] += quantity
        return sum(sold.values()), sum(min(sold[name], n) for name, n in returned.items())


def recounted(memory: Memory, shop: Shop, known: datetime, start: datetime, end: datetime) -> dict[str, Segments]:
    """Count the measures over [start, end); money only where it is covered."""
    inside = [sale for sale in memory.sales if start <= sale.at < end]
    told: dict[str, Segments] = {"product_return_rate": {}, "prr_flow": {}, "profit_per_customer": {}}
    covered = net = 0
    for name, sides in (("all", (True, False)), ("member", (True,)), ("non_member", (False,))):
        chosen = [sale for sale in inside if memory.member(sale) in sides]
        units = [memory.units(sale, known) for sale in chosen]
        sold = sum(n for n, _ in units)
        told["product_return_rate"][name] = (sum(n for _, n in units), sold) if sold else (0, 0)
        told["prr_flow"][name] = (_flow(memory, sides, known, start, end), sold) if sold else (0, 0)
        bought = [sale for sale in chosen if sale.customer and memory.kept(sale, known)]
        costs = [memory.cost(sale, shop, known) for sale in bought]
        profit = sum(memory.net(sale, known) for sale in bought) - sum(cost for cost, _ in costs)
        told["profit_per_customer"][name] = (profit, len({sale.customer for sale in bought}))
        if name == "all":
            net, covered = sum(memory.net(sale, known) for sale in bought), sum(part for _, part in costs)
    if covered * 5 < net * 4:
        told["profit_per_customer"] = dict.fromkeys(told["profit_per_customer"], (0, 0))
    ours = [sale for sale in inside if memory.member(sale) and memory.kept(sale, known)]
    paid = sum(memory.net(sale, known) for sale in ours)
    rewards = sum(memory.kept(sale, known) for sale in ours) - paid
    over = memory.handed_over(shop, known, start, end)
    told["reward_cost_ratio"] = {"all": (rewards + over, paid) if paid and over is not None else (0, 0)}
    return told | {key: {"all": pair} for key, pair in _points(memory, known, start, end, {s.customer for s in ours})}


def _flow(memory: Memory, sides: tuple[bool, ...], known: datetime, start: datetime, end: datetime) -> int:
    total = 0
    for sale in memory.sales:
        sold = {line["line_id"]: line["quantity"] for line in sale.lines if line["kind"] == "goods"}
        for at, told, goods, lines in sale.back if memory.member(sale) in sides else ():
            if told <= known and start <= at < end:
                if lines is not None:
                    total += sum(min(sold[name], n) for name, n in lines.items() if name in sold)
                elif goods >= sale.goods:
                    total += sum(sold.values())
    return total


def _points(
    memory: Memory, known: datetime, start: datetime, end: datetime, buyers: set[UUID | None]
) -> list[tuple[str, tuple[int, int | None]]]:
    seen = [move for move in memory.moves if move[4] <= known and move[3] < end]
    flow = {kind: sum(points for _, name, points, at, _ in seen if name == kind and at >= start) for kind in MOVES}
    held = {"available", "pending", "held"}
    stock = sum(points * ((MOVES[kind][1] in held) - (MOVES[kind][0] in held)) for _, kind, points, _, _ in seen)
    issued, redeemed = flow["issue"] + flow["wait"], flow["capture"]
    redeemers = {who for who, kind, _, at, _ in seen if kind == "capture" and at >= start}
    return [
        ("points_issued", (issued, None)),
        ("points_redeemed", (redeemed, None)),
        ("points_expired", (flow["expire"] + flow["forfeit"], None)),
        ("points_outstanding", (stock, None)),
        ("points_redemption_rate", (redeemed, issued) if issued else (0, 0)),
        ("redeemer_share", (len(redeemers & buyers), len(buyers))),
    ]


@dataclass
class Teller:
    """Lets things happen at random, in the shop and in memory."""

    till: Till
    memory: Memory
    random: random.Random

    def at(self, first: int = 50, last: int = 110) -> datetime:
        """Give some instant of that many days after New Year, at a midnight now and then."""
        minutes = self.random.choice([0, 0, self.random.randrange(1440)])
        local = datetime(2026, 1, 1) + timedelta(days=self.random.randint(first, last), minutes=minutes)  # noqa: DTZ001
        return self.till.shop.at(local.isoformat())

    async def sells(self, customer: UUID | None) -> None:
        pick, lines, goods = self.random, [], 0
        for n in range(pick.randint(1, 3)):
            line = {"line_id": str(n), "kind": pick.choice(["goods", "goods", "service", "gift_card"]), "sku": "tea"}
            line |= {"quantity": pick.randint(1, 4), "amount_minor": pick.randint(1, 5000)}
            if pick.random() < 0.5:
                line["unit_cost_minor"] = pick.randint(0, 900)
            lines.append(line)
            goods += line["amount_minor"] if line["kind"] in {"goods", "service"} else 0
        if not goods:
            return
        sale = Sale(customer, self.at(), goods, pick.choice([0, goods // 3]), lines)
        purchase = await self.till.shop.buys(customer, sale.at.isoformat(), goods, reward=sale.reward)
        await self.till.lines(purchase, *lines)
        for _ in range(pick.choice([0, 0, 1, 2])):
            at, recorded = sale.at + timedelta(days=pick.randint(-10, 20)), self.at(100, 130)
            part = pick.choice([goods, goods // 2, goods // 4])
            back = None if pick.random() < 0.5 else {line["line_id"]: pick.randint(0, 3) for line in lines[:2]}
            kinds = {line["line_id"]: line["kind"] for line in lines}
            told = [{"line_id": name, "kind": kinds[name], "quantity": n} for name, n in (back or {}).items()]
            await self.till.takes_back(purchase, part, at.isoformat(), *told, recorded=recorded.isoformat())
            sale.back.append((at, recorded, part, back))
        self.memory.sales.append(sale)

    async def hands_over(self, customer: UUID) -> None:
        """Have a reward redeemed, wholly or in part; some of it comes back, in one or two goes."""
        pick, price = self.random, self.random.randint(2, 300)
        kind, worth = pick.choice(["gift", "voucher_code", "free_product", "fixed_discount"]), pick.randint(1, 5000)
        settings: dict[str, Any] = {"sku": "tea"} if kind == "free_product" else {}
        # Nobody said what articles are worth; without a cost of them nothing is known.
        settings |= {"worth_minor": worth} if kind != "free_product" or pick.random() < 0.5 else {}
        reward = await self.till.offers(kind, price, **settings)
        told = pick.randint(1, price)
        at, recorded = self.at(), self.at(100, 115)
        days = {"recorded": recorded.isoformat()}
        redemption = await self.till.hands_over(customer, reward, at.isoformat(), captured=told, **days)
        one = Handed(
            customer, redemption, settings.get("worth_minor"), settings.get("sku"), price, [(told, at, recorded)]
        )
        self.memory.moves.append((customer, "capture", told, at, recorded))
        for _ in range(pick.choice([0, 0, 1, 2])):
            back = pick.randint(0, told)
            if back:
                told -= back
                at, recorded = at + timedelta(days=pick.randint(0, 20)), recorded + timedelta(days=pick.randint(1, 9))
                refund, days = pick.random() < 0.5, {"recorded": recorded.isoformat()}
                await self.till.takes_reward_back(customer, redemption, back, at.isoformat(), refund=refund, **days)
                one.moves.append((-back, at, recorded))
                self.memory.moves.append((customer, "reverse", back, at, recorded))
        if kind != "fixed_discount":
            self.memory.handed.append(one)

    async def moves(self, customer: UUID) -> None:
        kind, points = self.random.choice([*sorted(MOVES), *["capture"] * 4]), self.random.randint(1, 500)
        at, recorded = self.at(), self.at(100, 130)
        await self.till.moves(customer, kind, points, at.isoformat(), recorded=recorded.isoformat())
        self.memory.moves.append((customer, kind, points, at, recorded))


@pytest.mark.parametrize("seed", seeds(3, range(6)))
async def test_points_and_money_are_those_of_an_independent_recount(owner: asyncpg.Connection, seed: int) -> None:
    shop = await Shop.open(owner)
    teller = Teller(Till(shop), Memory(), random.Random(seed))  # noqa: S311 - a test's world
    people = await shop.customers(6)
    for person in people[:4]:
        teller.memory.members[person] = teller.at(20, 80)
        await shop.joins(person, teller.memory.members[person].isoformat())
    for day, minor in ((date(2026, 1, 1), 300), (date(2026, 3, 20), 700)):
        if seed:
            teller.memory.costs["tea", day] = minor
            await teller.till.costs("tea", day.isoformat(), minor)
    for _ in range(60):
        await teller.sells(teller.random.choice([*people, None]))
        if teller.random.random() < 0.5:
            await teller.hands_over(teller.random.choice(people))
        for _ in range(4):
            await teller.moves(teller.random.choice(people))
    seen: dict[str, int] = {}
    for days in PERIODS:
        start, end = (instant(day, shop.program.zone) for day in days)
        for as_of in (None, shop.at("2026-04-25"), shop.at("2026-05-03")):
            known = as_of or shop.at("2030-01-01")
            for key, segments in recounted(teller.memory, shop, known, start, end).items():
                told = (await answer(owner, shop.program, key, *days, as_of=as_of)).figures
                assert {name: (r.num, r.den) for name, r in told.segments.items()} == segments, (key, days, as_of)
                seen[key] = seen.get(key, 0) + segments["all"][0]
    assert [key for key, total in seen.items() if not total and (seed or key not in NEED_COSTS)] == []
