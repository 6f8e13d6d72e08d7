"""A slice of the sample, recorded under one set of rules and tried under another: as if it had been recorded so."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from msgspec.structs import replace

from loyalty.backtests.facts import Result, Sum
from loyalty.database import Database
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.members.decisions import NewMembership
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.programs.policies import policies_from
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.kpi.complete_journey import CURRENCY, TIMEZONE, instant, read_members, read_orders
from tests.loyalty.backtests.bench import really, tried
from tests.stories import Shop

CUSTOMERS = 30
BATCH = 250
OTHER = [{"kind": "points_per_amount", "points_per_step": 3, "step_minor": 200}]
TRIED: list[dict[str, Any]] = [
    {"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step_minor": 100},
    {"kind": "multiplier", "id": "weekend", "factor": "2", "weekdays": [6, 7]},
    {"kind": "multiplier", "id": "evening", "factor": "1.25", "from_time": "18:00:00"},
    {"kind": "fixed_bonus", "id": "large", "points": 15, "minimum_minor": 8000},
    {"kind": "first_purchase", "id": "first", "points": 100},
    {"kind": "cap", "id": "basket", "points": 180, "per": "purchase"},
    {"kind": "cap", "id": "week", "points": 90, "per": "week"},
    {"kind": "cap", "id": "weekends", "points": 60, "per": "month", "rules": ["weekend"]},
]
ZONE = ZoneInfo(TIMEZONE)
# By order: whose, when, and how many points.
Orders = dict[str, tuple[str, datetime, int]]
Told = list[NewPurchase] | list[NewRefund] | list[NewMembership]


def story() -> list[Told]:
    """Tell of thirty customers in the order of time: purchases in batches, and between them joinings and refunds.

    Joinings come a batch late, so they are back-dated; of every fifth order something comes back, of some all; of every
    eleventh it comes before the order itself.
    """
    members = read_members()
    orders = read_orders()
    seen = Counter(order["customer_id"] for order in orders)
    chosen = {customer for customer, _ in islice(sorted(seen.items()), CUSTOMERS)}
    bought = sorted((o for o in orders if o["customer_id"] in chosen), key=lambda o: (o["placed_at"], o["order_id"]))
    joinings = sorted((members[customer], customer) for customer in chosen if customer in members)
    told: list[Told] = []
    for start in range(0, len(bought), BATCH):
        batch = bought[start : start + BATCH]
        refunds = [refund(order, n) for n, order in enumerate(batch) if n % 5 == 0]
        early = [r for n, r in enumerate(refunds) if n % 11 == 0]
        last = instant(batch[-1]["placed_at"])
        told += [early, [purchase(order) for order in batch], [r for r in refunds if r not in early]]
        told.append([NewMembership(customer, at) for at, customer in joinings if at <= last])
        joinings = [(at, customer) for at, customer in joinings if at > last]
    return [some for some in told if some]


def purchase(order: dict[str, str]) -> NewPurchase:
    return NewPurchase(
        order_id=order["order_id"],
        placed_at=instant(order["placed_at"]),
        currency=CURRENCY,
        goods_minor=int(order["net_cents"]),
        external_id=order["customer_id"],
    )


def refund(order: dict[str, str], number: int) -> NewRefund:
    at = instant(order["placed_at"]) + timedelta(days=3)
    goods = int(order["net_cents"]) // (2 + number % 3)
    return (
        NewRefund(order["order_id"], "", at, None) if number % 4 == 0 else NewRefund(order["order_id"], "r", at, goods)
    )


async def opened(database: Database, owner: asyncpg.Connection, name: str, rules: list[dict[str, Any]]) -> Shop:
    """Open a programme that was born with such rules, and lets guests' purchases of a month earn."""
    async with database.session() as session:
        program = await start_program(session, name, timezone=TIMEZONE, currency=CURRENCY)
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    policies = {"guest_window": "month"}
    update = "UPDATE earning_rules SET rules = $1 WHERE program_id = $2"
    await owner.execute(update, msgspec.json.encode(rules).decode(), program.program_id)
    update = "UPDATE program SET policies = $1 WHERE program_id = $2"
    await owner.execute(update, msgspec.json.encode(policies).decode(), program.program_id)
    program = replace(program, policies=policies_from(policies))
    return Shop(database, Source(program, storefront.storefront_id, "default", "key/1", "req"), RulesCache())


async def record(shop: Shop, told: list[Told]) -> None:
    """Record what is told by the real verbs."""
    for some in told:
        if isinstance(some[0], NewPurchase):
            answers: list[Any] = await shop.buy(*some)  # type: ignore[arg-type]
        elif isinstance(some[0], NewRefund):
            answers = await shop.take_back(*some)  # type: ignore[arg-type]
        else:
            answers = await shop.join(*some)  # type: ignore[arg-type]
        assert not [answer for answer in answers if isinstance(answer, Exception)]


async def by_order(database: Database, shop: Shop, points: dict[Any, int]) -> Orders:
    """Name purchases by their orders: whose, when, and what each has."""
    query = """SELECT p.purchase_id, p.order_id, a.external_id, p.placed_at FROM purchase p
      JOIN customer_alias a USING (program_id, customer_id) WHERE program_id = $1"""
    async with database.reader() as connection:
        rows = await connection.fetch(query, shop.source.program.program_id)
    return {row[1]: (row[2], row[3].astimezone(ZONE), points.get(row[0], 0)) for row in rows}


async def test_rules_tried_on_the_sample_give_what_recording_it_under_them_gives(
    database: Database, owner: asyncpg.Connection
) -> None:
    told = story()
    under_them = await opened(database, owner, "Recorded so", TRIED)
    under_others = await opened(database, owner, "Recorded otherwise", OTHER)
    await record(under_them, told)
    await record(under_others, told)
    expected = await by_order(database, under_them, await really(database, under_them.source.program))
    before = await by_order(database, under_others, await really(database, under_others.source.program))
    assert len(expected) > 2_000
    # The whole year, and some weeks: what was before fills caps, and tells who bought first.
    for days in ((date(2017, 1, 1), date(2018, 12, 31)), (date(2017, 7, 12), date(2017, 8, 20))):
        result, points = await tried(database, under_others.source.program, TRIED, days, size=500)
        assert await by_order(database, under_others, points) == expected
        sums_are_right(result, days, expected, before)


def sums_are_right(result: Result, days: tuple[date, date], expected: Orders, before: Orders) -> None:
    """Add up by hand what each order of some days has under the rules tried, and had under the others."""
    inside = [order for order, (_, at, _) in expected.items() if days[0] <= at.date() <= days[1]]
    assert result.total == Sum(len(inside), *(sum(of[order][2] for order in inside) for of in (expected, before)))
    assert result.total.tried > 0
    months = Counter[str]()
    customers = Counter[str]()
    for order in inside:
        customer, at, had = expected[order]
        months[f"{at:%Y-%m}"] += had
        customers[customer] += had - before[order][2]
    assert {month.month: month.sum.tried for month in result.months} == dict(months)
    changes = sorted(customers.values())
    assert result.gain == sum(change > 0 for change in changes) > 0
    assert result.lose == sum(change < 0 for change in changes) > 0
    assert [mover.sum.difference for mover in result.lost_most] == [change for change in changes if change < 0][:10]
    assert [mover.sum.difference for mover in result.gained_most] == [c for c in reversed(changes) if c > 0][:10]
