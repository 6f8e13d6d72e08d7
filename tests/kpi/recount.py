"""An independent recount: the definitions in plain sets and loops, over a shop that is remembered in Python."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import floor, sqrt
from uuid import UUID, uuid4

Segments = dict[str, tuple[int, int]]
Z95 = 1.959963984540054


@dataclass
class Version:
    """The facts of a purchase, from when they were recorded."""

    recorded: datetime
    customer: UUID | None
    placed: datetime
    goods: int
    reward: int
    test: bool


@dataclass
class Bought:
    """A purchase with all its versions, oldest first, and what was taken back: goods, or None for a cancellation."""

    versions: list[Version]
    taken_back: list[tuple[datetime, int | None]] = field(default_factory=list)


@dataclass
class Joined:
    """A membership as it was recorded, until other facts took its place."""

    customer: UUID
    joined: datetime
    left: datetime | None
    recorded: datetime
    superseded: datetime | None = None


@dataclass
class Order:
    """A qualifying purchase. An anonymous one has a cluster of its own."""

    customer: UUID | None
    cluster: UUID
    placed: datetime
    net: int
    member: bool


@dataclass
class World:
    """Everything that happened."""

    purchases: list[Bought] = field(default_factory=list)
    memberships: list[Joined] = field(default_factory=list)
    merges: list[tuple[UUID, UUID, datetime]] = field(default_factory=list)

    def person(self, customer: UUID, known: datetime) -> UUID:
        """Follow the merges known by then."""
        for old, new, at in self.merges:
            if old == customer and at <= known:
                return self.person(new, known)
        return customer

    def intervals(self, known: datetime) -> list[tuple[UUID, datetime, datetime | None]]:
        """Give who was a member from when to when, as known then."""
        return [
            (self.person(m.customer, known), m.joined, m.left)
            for m in self.memberships
            if m.recorded <= known and (m.superseded is None or m.superseded > known)
        ]

    def orders(self, known: datetime) -> list[Order]:
        """Give the qualifying purchases, as known then."""
        told = []
        for purchase in self.purchases:
            versions = [version for version in purchase.versions if version.recorded <= known]
            if not versions or versions[-1].test:
                continue
            facts, kept = versions[-1], versions[-1].goods
            for at, goods in purchase.taken_back:
                if at <= known:
                    kept = 0 if goods is None else kept - goods
                    if goods is None:
                        break
            if kept <= 0:
                continue
            net = floor(kept - Fraction(facts.reward * kept, facts.goods) + Fraction(1, 2))
            customer = self.person(facts.customer, known) if facts.customer else None
            member = any(
                who == customer and joined <= facts.placed and (left is None or facts.placed < left)
                for who, joined, left in self.intervals(known)
            )
            told.append(Order(customer, customer or uuid4(), facts.placed, net, member))
        return told


def recounted(world: World, known: datetime, before: datetime, start: datetime, end: datetime) -> dict[str, Segments]:
    """Count the four measures over [start, end), with [before, start) as the period before."""
    orders = world.orders(known)
    inside = [order for order in orders if start <= order.placed < end]
    bought = {order.customer for order in inside if order.customer}
    had_bought = {order.customer for order in orders if order.customer and before <= order.placed < start}
    history = {order.customer for order in orders if order.customer and order.placed < start}
    members = {
        who for who, joined, left in world.intervals(known) if joined < start and (left is None or left >= start)
    }
    retention, conversion = {}, {}
    for name, group in (("all", had_bought), ("member", had_bought & members), ("non_member", had_bought - members)):
        retention[name] = (len(group & bought), len(group))
    for name, group in (("all", history | members), ("member", members), ("non_member", history - members)):
        conversion[name] = (len(group & bought), len(group))
    basket, frequency = {}, {}
    for name, chosen in sides(inside).items():
        basket[name] = (sum(order.net for order in chosen), len(chosen))
        identified = [order.customer for order in chosen if order.customer]
        frequency[name] = (len(identified), len(set(identified)))
    return {"aov": basket, "loyal_conversion": conversion, "orders_per_active": frequency, "retention_rate": retention}


def sides(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Part the orders by their own status."""
    told = list(orders)
    return {"all": told, "member": [o for o in told if o.member], "non_member": [o for o in told if not o.member]}


def basket_gap(orders: list[Order]) -> tuple[float, float] | None:
    """Give the interval of the difference of baskets, a term for each cluster on each side."""
    terms: dict[UUID, float] = {}
    means = []
    for sign, name in ((1, "member"), (-1, "non_member")):
        chosen = sides(orders)[name]
        clusters = {order.cluster for order in chosen}
        if len(clusters) < 2:
            return None
        mean = sum(order.net for order in chosen) / len(chosen)
        means.append(mean)
        scale = sign * sqrt(len(clusters) / (len(clusters) - 1)) / len(chosen)
        for order in chosen:
            terms[order.cluster] = terms.get(order.cluster, 0.0) + scale * (order.net - mean)
    margin = Z95 * sqrt(sum(term * term for term in terms.values()))
    return means[0] - means[1] - margin, means[0] - means[1] + margin
