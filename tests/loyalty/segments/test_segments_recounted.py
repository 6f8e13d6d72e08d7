"""Who meets conditions, counted once more in plain Python over random worlds; it shares no line with the service."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loyalty.customers.facts import Profile
from tests.loyalty.segments.conftest import TODAY, Town
from tests.seeds import seeds
from tests.stories import cancellation, day, joining, purchase, refund

PARIS = ZoneInfo("Europe/Paris")
CUSTOMERS = [f"c{number}" for number in range(14)]
Condition = dict[str, Any]


@dataclass
class Order:
    """What the shop knows of an order. `kept`: in cents."""

    customer: str | None
    at: datetime
    kept: int
    skus: set[str]
    test: bool


@dataclass
class World:
    """What was told, as plain data. `merged`: into whom; `numbers`: the order of the service's ids."""

    orders: dict[str, Order] = field(default_factory=dict)
    members: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def person(self, customer: str) -> str:
        """Follow merges to their end."""
        while customer in self.merged:
            customer = self.merged[customer]
        return customer

    def people(self) -> set[str]:
        """Give everybody who is still somebody."""
        return {one for one in self.known if one not in self.merged and one not in self.erased}

    def bought(self, since: datetime | None) -> dict[str, list[Order]]:
        """Give what each person bought and kept since then."""
        found: dict[str, list[Order]] = defaultdict(list)
        for order in self.orders.values():
            if order.customer is None or order.test or order.kept <= 0 or (since and order.at < since):
                continue
            person = self.person(order.customer)
            if person not in self.erased:
                found[person].append(order)
        return found

    def fifths(self, score: Callable[[list[Order]], Any]) -> dict[str, int]:
        """Give each buyer of a year a score of 1 to 5: of n, the first n mod 5 fifths have one more."""
        buyers = self.bought(midnight(365))
        ranked = sorted(buyers, key=lambda one: (score(buyers[one]), self.numbers[one]))
        size, more = divmod(len(ranked), 5)
        scores: dict[str, int] = {}
        for fifth in range(1, 6):
            for one in ranked[len(scores) : len(scores) + size + (fifth <= more)]:
                scores[one] = fifth
        return scores


def midnight(days: int) -> datetime:
    """Give the local midnight so many days before today."""
    today = day(TODAY).astimezone(PARIS).date()
    return datetime.combine(today - timedelta(days=days), time(), PARIS).astimezone(UTC)


def holds(world: World, asked: Condition) -> set[str]:  # noqa: PLR0911 - one a kind
    """Tell for whom a condition holds."""
    kind, days = asked["kind"], asked.get("days")
    people, since = world.people(), midnight(days) if days else None
    ever, lately = world.bought(None), world.bought(since)
    if kind == "orders":
        return {p for p in people if _within(len(lately.get(p, [])), asked.get("at_least"), asked.get("at_most"))}
    if kind == "spent":
        sums = {p: sum(order.kept for order in lately.get(p, [])) for p in people}
        return {p for p in people if _within(sums[p], asked.get("at_least_minor"), asked.get("at_most_minor"))}
    if kind == "last_purchase_within":
        return set(lately)
    if kind == "last_purchase_before":
        return set(ever) - set(lately)
    if kind == "first_purchase_within":
        return {p for p in ever if all(since and order.at >= since for order in ever[p])}
    if kind == "bought_articles":
        return {p for p in lately if any(order.skus & set(asked["skus"]) for order in lately[p])}
    if kind == "rfm":
        r, f = world.fifths(lambda orders: max(o.at for o in orders)), world.fifths(len)
        m = world.fifths(lambda orders: sum(o.kept for o in orders))
        return {
            p
            for p in r
            if asked["recency_from"] <= r[p] and f[p] <= asked["frequency_to"] and asked["money_from"] <= m[p]
        }
    return {p for p in people if _known(world, p, asked, since)}


def _known(world: World, person: str, asked: Condition, since: datetime | None) -> bool:
    now, profile = day(TODAY), world.profiles.get(person, Profile())
    joined_at, left_at = world.members.get(person, (None, None))
    inside = joined_at is not None and joined_at <= now and (left_at is None or now < left_at)
    if asked["kind"] == "member":
        return inside is asked["is_member"]
    if asked["kind"] == "joined_within":
        return inside and joined_at is not None and since is not None and joined_at >= since
    if asked["kind"] == "consent":
        return (profile.consent or {}).get(asked["purpose"]) is True
    if asked["kind"] == "language":
        return (profile.language or "").split("-")[0] == asked["language"]
    assert asked["kind"] == "birthday_month"
    return profile.birthday_on is not None and profile.birthday_on.month == asked["month"]


def _within(number: int, low: int | None, high: int | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


async def a_world(town: Town, random: Random) -> World:
    """Tell a random story to the service, and write it down here."""
    world, shop = World(), town.shop
    for customer in CUSTOMERS[:9]:
        joined, left = random.uniform(20, TODAY - 1), random.choice([None, None, TODAY - 0.5])
        birthday = date(1980, random.randrange(1, 13), 3)
        profile = Profile(
            language=random.choice([None, "fr", "fr-CH", "de"]),
            birthday_on=random.choice([None, birthday]),
            consent=random.choice([None, {"email": True}, {"email": False}]),
        )
        await shop.join(joining(customer, on=joined, left=left, profile=profile))
        world.members[customer] = (day(joined), None if left is None else day(left))
        world.profiles[customer] = profile
        world.known.add(customer)
    for number in range(60):
        await _an_order(town, world, random, f"o{number}")
    # Of those merged nothing but purchases, so that memberships and profiles need no uniting here.
    plain = [one for one in CUSTOMERS[9:] if one in world.known]
    for gone, kept in pairwise(plain[:3]):
        await shop.merge(gone, kept)
        world.merged[gone] = kept
    for customer in random.sample(sorted(world.people()), 2):
        await shop.erase(customer)
        world.erased.add(customer)
    rows = await shop.rows("SELECT customer_id FROM customer ORDER BY customer_id")
    order = {row[0]: number for number, row in enumerate(rows)}
    ids = dict(await shop.rows("SELECT external_id, customer_id FROM customer_alias"))
    world.numbers = {customer: order[ids[customer]] for customer in world.people()}
    return world


async def _an_order(town: Town, world: World, random: Random, order_id: str) -> None:
    customer, goods = random.choice([*CUSTOMERS, None]), random.choice([1000, 2500, 9900])
    on = random.choice([TODAY - random.randrange(0, 190), random.uniform(5, TODAY)])
    sku = random.choice(["tea", "jam", "cake"])
    line = {"line_id": "1", "sku": sku, "category": None, "kind": "goods", "quantity": 1, "amount_minor": goods}
    test, lined = random.random() < 0.1, random.random() < 0.7
    more = {"lines": [line]} if lined else {}
    told = purchase(order_id, goods, customer, on=on, test=test, **more)
    kept = goods
    steps = [town.shop.buy(told)]
    if random.random() < 0.35:
        back = random.choice([400, goods, goods + 500])
        steps.append(town.shop.take_back(refund(order_id, "r", back, on=TODAY - 0.1)))
        kept -= back
    if random.random() < 0.1:
        steps.append(town.shop.take_back(cancellation(order_id, on=TODAY - 0.1)))
        kept = 0
    random.shuffle(steps)  # a refund may come before its order
    for step in steps:
        await step
    world.orders[order_id] = Order(customer, told.placed_at, kept, {sku} if lined else set(), test)
    if customer:
        world.known.add(customer)


def a_condition(random: Random) -> Condition:
    """Ask for something."""
    days = {"days": random.choice([1, 7, 30, 90, 150])}
    low, high = random.randrange(4), random.randrange(3, 7)
    return random.choice(
        [
            {"kind": "orders", "at_least": low} | random.choice([{}, days]),
            {"kind": "orders", "at_least": low, "at_most": high} | random.choice([{}, days]),
            {"kind": "spent", "at_least_minor": low * 2500} | random.choice([{}, days]),
            {"kind": "spent", "at_most_minor": high * 3000} | random.choice([{}, days]),
            {"kind": "last_purchase_within"} | days,
            {"kind": "last_purchase_before"} | days,
            {"kind": "first_purchase_within"} | days,
            {"kind": "bought_articles", "skus": ["tea", "jam"]} | random.choice([{}, days]),
            {"kind": "member", "is_member": random.random() < 0.5},
            {"kind": "joined_within"} | days,
            {"kind": "consent", "purpose": "email"},
            {"kind": "language", "language": "fr"},
            {"kind": "birthday_month", "month": random.randrange(1, 13)},
            {
                "kind": "rfm",
                "recency_from": random.randrange(1, 5),
                "frequency_to": random.randrange(3, 6),
                "money_from": random.randrange(1, 4),
            },
        ]
    )


@pytest.mark.parametrize("seed", seeds(1, range(3)))
async def test_a_recount_in_plain_python_finds_the_same_people(town: Town, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a story, not a secret
    world = await a_world(town, random)
    somebody = 0
    for _ in range(60):
        asked = [a_condition(random) for _ in range(random.choice([1, 1, 2, 3]))]
        expected = set.intersection(*(holds(world, condition) for condition in asked))
        # Who was merged answers to both names.
        names = expected | {one for one in world.merged if world.person(one) in expected}
        assert await town.who(*asked) == names, asked
        somebody += bool(expected)
    assert somebody > 20
