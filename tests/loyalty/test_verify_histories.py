"""Long random histories under every policy are clean: what `loyalty verify` believes is what the verbs write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from loyalty.database import Database, Tx, write
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.programs.policies import policies_from
from loyalty.purchases.actions import edit_purchases
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase
from tests.plain_model import Fact
from tests.stories import Shop, cancellation, day, joining, purchase, refund


@dataclass(frozen=True)
class Edit:
    """What a shop tells anew."""

    purchase: NewPurchase


POLICIES: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "points that wait and end": {"maturity": {"kind": "days", "days": 3}, "expiry": {"kind": "days", "days": 20}},
    "points that slide": {"expiry": {"kind": "inactivity", "days": 9}, "debt": "clamp"},
    "months, and guests": {"expiry": {"kind": "months", "months": 2}, "guest_window": "month"},
    "guests of ever, all counts": {
        "guest_window": "all",
        "basis_includes_tax": True,
        "basis_includes_shipping": True,
        "reward_lowers_basis": False,
    },
    "on delivery": {"maturity": {"kind": "on_delivery", "days": 2}, "expiry": {"kind": "end_of_month", "months": 1}},
    "leaving takes all": {"on_leaving": "forfeit", "restore_grace_days": 5, "spent_points": "full"},
}


async def open_shop(database: Database, owner: asyncpg.Connection, policies: dict[str, Any]) -> Shop:
    """Give a shop with such policies, in a programme whose clock can be moved."""
    async with database.session() as session:
        program = await start_program(session, "Shop", timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    await owner.execute(
        "UPDATE program SET mode = 'test', policies = $1 WHERE program_id = $2",
        msgspec.json.encode(policies).decode(),
        program.program_id,
    )
    program = msgspec.structs.replace(program, mode="test", policies=policies_from(policies))
    assert storefront.storefront_id is not None
    return Shop(database, Source(program, storefront.storefront_id, "default", "key/1", "req"), RulesCache())


async def edit(shop: Shop, *items: NewPurchase) -> list[Edited | Recorded | LoyaltyError]:
    """Tell anew of purchases."""

    async def verb(tx: Tx, batch: Sequence[NewPurchase]) -> list[Edited | Recorded | LoyaltyError]:
        return await edit_purchases(tx, shop.source, shop.rules, batch)

    return await write(shop.database, verb, items)


@pytest.mark.parametrize("policies", POLICIES.values(), ids=POLICIES)
async def test_a_random_history_is_clean(
    database: Database, owner: asyncpg.Connection, policies: dict[str, Any]
) -> None:
    shop = await open_shop(database, owner, policies)
    await tell_at_random(shop, owner, Random(5), steps=150)  # noqa: S311 - to be repeated, not to be secret
    report = await shop.verified()
    assert report.checked["former_facts_join_up"] > 0
    kinds = await shop.value("SELECT array_agg(DISTINCT kind) FROM entry")
    assert {"issue", "claw_back"} <= set(kinds)


async def tell_at_random(shop: Shop, owner: asyncpg.Connection, random: Random, steps: int) -> None:
    """Tell whatever may happen to four customers, while time goes by."""
    today = 30.0
    await owner.execute("UPDATE program SET clock_offset = $1::timestamptz - now()", day(today))
    for number in range(3):
        await shop.join(joining(f"c{number}", on=20))
    for step in range(steps):
        told = something(random, step, today)
        await (edit(shop, told.purchase) if isinstance(told, Edit) else shop.tell(told))
        if random.random() < 0.4:
            hours = random.choice([1, 12, 24, 48])
            today += hours / 24
            await owner.execute("UPDATE program SET clock_offset = clock_offset + $1::interval", timedelta(hours=hours))
        if step % 25 == 0:
            await shop.verified()
    await owner.execute("UPDATE program SET clock_offset = clock_offset + interval '400 days'")
    for number in range(4):
        await shop.buy(purchase(f"last{number}", 900, f"c{number}", on=today))


def something(random: Random, step: int, today: float) -> Fact | Edit:
    """Think of something to tell."""
    number = max(0, step // 4 - random.choice([0, 0, 1, 1, 2, 4]))
    order, customer = f"o{number}", f"c{number % 4}"
    on = today - random.choice([0, 0, 0.5, 2, 12])
    beside = {"tax_minor": 2000, "shipping_minor": 490} if random.random() < 0.5 else {}
    sold = purchase(order, random.randrange(20000), random.choice([customer, customer, None]), on=on, **beside)
    told: list[Fact | Edit] = [
        sold,
        sold,
        Edit(replace(sold, source_updated_at=day(today), delivered_at=random.choice([None, day(today)]))),
        refund(order, f"r{step}", random.randrange(6000), on=today),
        refund(order, f"r{step}", random.randrange(6000), on=today),
        random.choice([cancellation(order, on=today), joining(customer, on=on, left=random.choice([None, on + 2]))]),
    ]
    return random.choice(told)
