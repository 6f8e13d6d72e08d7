"""Whatever may happen in a shop, through the real verbs, while the programme's clock is moved on."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from loyalty.database import Database, Tx, write
from loyalty.deeds.actions import record_actions
from loyalty.deeds.decisions import NewAction
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.members.actions import Leaving, adjust_points, erase, merge, record_memberships
from loyalty.members.adjustments import NewAdjustment
from loyalty.points.actions import accounts_due, settle_accounts
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.programs.policies import policies_from
from loyalty.purchases.actions import edit_purchases
from loyalty.purchases.facts import NewPurchase
from loyalty.rewards.actions import end_redemption, offer_reward, redeem_reward
from loyalty.rewards.codes import add_codes
from loyalty.rewards.decisions import NewRedemption, capture_held, release_held, reverse_captured
from loyalty.rewards.terms import Terms
from tests.stories import Shop, cancellation, day, joining, purchase, refund

T = TypeVar("T")
NOBODY = UUID(int=0)


@dataclass
class Town:
    """A shop whose clock can be moved, with two rewards to redeem."""

    shop: Shop
    owner: asyncpg.Connection
    rewards: list[UUID]
    today: float
    redeemed: dict[str, list[UUID]] = field(default_factory=dict)

    async def do(self, verb: Callable[[Tx], Awaitable[T]]) -> T | LoyaltyError:
        """Do one thing in a commit of its own; a refusal is an answer too."""

        async def one(tx: Tx, _: Sequence[None]) -> list[T]:
            return [await verb(tx)]

        try:
            return (await write(self.shop.database, one, [None]))[0]
        except LoyaltyError as refused:
            return refused

    async def edit(self, *items: NewPurchase) -> object:
        """Tell anew of purchases."""
        return await self.do(lambda tx: edit_purchases(tx, self.shop.source, self.shop.rules, items))

    async def leave(self, customer: str, at: datetime | None = None) -> object:
        """Leave the programme."""
        items = [Leaving(customer, at)]
        return await self.do(lambda tx: record_memberships(tx, self.shop.source, self.shop.rules, items))

    async def redeem(self, customer: str, reward: int = 0, *, at_once: bool = False) -> UUID | None:
        """Redeem a reward; gives the redemption's id."""
        new = NewRedemption(customer, self.rewards[reward], at_once=at_once)
        done = await self.do(lambda tx: redeem_reward(tx, self.shop.source, new))
        if isinstance(done, LoyaltyError):
            return None
        self.redeemed.setdefault(customer, []).append(done[0].hold.hold_id)
        return done[0].hold.hold_id

    async def capture(self, redemption_id: UUID, points: int | None = None) -> object:
        """Spend what is held, or some of it."""
        return await self._end(redemption_id, lambda book: capture_held(book, redemption_id, points))

    async def release(self, redemption_id: UUID) -> object:
        """Let go of what is held."""
        return await self._end(redemption_id, lambda book: release_held(book, redemption_id))

    async def reverse(self, redemption_id: UUID) -> object:
        """Take a capture back."""
        return await self._end(redemption_id, lambda book: reverse_captured(book, redemption_id))

    async def _end(self, redemption_id: UUID, decide: Callable[[Any], Any]) -> object:
        return await self.do(lambda tx: end_redemption(tx, self.shop.source, redemption_id, decide))

    async def adjust(self, customer: str, points: int) -> object:
        """Give or take points."""
        new = NewAdjustment(customer, points, "for being so kind")
        return await self.do(lambda tx: adjust_points(tx, self.shop.source, new))

    async def merge(self, gone: str, kept: str) -> object:
        """Merge one customer into another."""
        return await self.do(lambda tx: merge(tx, self.shop.source, self.shop.rules, gone, kept))

    async def erase(self, customer: str) -> object:
        """Forget a customer."""
        done = await self.do(lambda tx: erase(tx, self.shop.source, self.shop.rules, customer))
        # No room registers yet how to forget these.
        await self.owner.execute(
            "UPDATE adjustment SET reason = NULL WHERE customer_id IN"
            " (SELECT customer_id FROM customer WHERE erased_at IS NOT NULL)"
        )
        return done

    async def settle(self) -> object:
        """Settle all accounts in which something fell due."""
        async with self.shop.database.reader() as connection:
            due = await accounts_due(connection, self.shop.source.program.program_id, timedelta(), NOBODY, 100)
        return await self.do(lambda tx: settle_accounts(tx, self.shop.source, due)) if due else None

    async def act(self, customer: str, action: str, action_id: str, at: datetime) -> object:
        """Tell an action."""
        new = [NewAction(customer, action, action_id, at)]
        return await self.do(lambda tx: record_actions(tx, self.shop.source, self.shop.rules, new))

    async def rule(self, rules: list[dict[str, Any]]) -> None:
        """Have been born with other rules."""
        told = msgspec.json.encode(rules).decode()
        program_id = self.shop.source.program.program_id
        await self.owner.execute("UPDATE earning_rules SET rules = $1 WHERE program_id = $2", told, program_id)

    async def wait(self, **time: float) -> None:
        """Let time go by."""
        self.today += timedelta(**time) / timedelta(days=1)
        await self.owner.execute("UPDATE program SET clock_offset = clock_offset + $1::interval", timedelta(**time))


async def open_town(
    database: Database, owner: asyncpg.Connection, policies: dict[str, Any], name: str = "Shop"
) -> Town:
    """Give a shop with such policies, whose clock stands on the 30th day of the story."""
    async with database.session() as session:
        program = await start_program(session, name, timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    async with database.writer() as connection:
        rewards = [
            await offer_reward(
                connection,
                program.program_id,
                kind="fixed_discount",
                name=f"{price} points",
                price_points=price,
                settings={"amount_minor": price * 5},
            )
            for price in (20, 90)
        ]
        pool = await offer_reward(
            connection,
            program.program_id,
            kind="voucher_code",
            name="A code",
            price_points=5,
            settings={"source": "uploaded"},
            terms=Terms(stock=2),
        )
        await add_codes(connection, program.program_id, pool.reward_id, ["A-1", "A-2", "A-3"])
    told = msgspec.json.encode(policies).decode()
    await owner.execute(
        "UPDATE program SET mode = 'test', policies = $1, clock_offset = $2::timestamptz - now() WHERE program_id = $3",
        told,
        day(30),
        program.program_id,
    )
    program = replace(program, mode="test", policies=policies_from(policies))
    assert storefront.storefront_id is not None
    source = Source(program, storefront.storefront_id, "default", "key/1", "req")
    shop = Shop(database, source, RulesCache())
    return Town(shop, owner, [reward.reward_id for reward in (*rewards, pool)], 30.0)


async def tell_at_random(town: Town, random: Random, steps: int, products: float = 0) -> None:
    """Tell whatever may happen to some customers, while time goes by; `products`: of how many purchases lines are told.

    With products come actions.
    """
    for number in range(4):
        await town.shop.join(joining(f"c{number}", on=20))
    for step in range(steps):
        await something(town, random, step, products)
        if random.random() < 0.4:
            await town.wait(hours=random.choice([0.2, 1, 12, 24, 48]))
        if step % 25 == 0:
            await town.shop.verified()
    await town.wait(days=400)
    await town.settle()
    for number in range(4):
        await town.shop.buy(purchase(f"last{number}", 900, f"c{number}", on=town.today))


async def something(town: Town, random: Random, step: int, products: float = 0) -> None:
    """Let one thing happen, whatever it is."""
    number = max(0, step // 4 - random.choice([0, 0, 1, 1, 2, 4]))
    order, customer = f"o{number}", f"c{number % 5}"
    on = town.today - random.choice([0, 0, 0.5, 2, 12])
    beside: dict[str, Any] = {"tax_minor": 2000, "shipping_minor": 490} if random.random() < 0.5 else {}
    own = town.redeemed.get(customer, [])
    if own and random.random() < 0.5:
        beside["redemption_ids"] = [str(id_) for id_ in own[-2:]]
    buyer = random.choice([customer, customer, None]) if "redemption_ids" not in beside else customer
    sold = purchase(order, random.randrange(20000), buyer, on=on, **beside)
    redeemed = random.choice(own[-3:] or [NOBODY])
    if products and random.random() < products:
        sold = with_lines(sold, random)
    edited = replace(sold, source_updated_at=day(town.today), delivered_at=random.choice([None, day(town.today)]))
    refunded = refund(order, f"r{step}", random.randrange(6000), on=town.today)
    told: list[Callable[[], Awaitable[object]]] = [
        *[lambda: town.shop.buy(sold)] * 4,
        *[lambda: town.shop.take_back(refunded)] * 3,
        *[lambda: town.redeem(customer, random.randrange(2), at_once=random.random() < 0.3)] * 4,
        *[lambda: town.capture(redeemed, random.choice([None, None, 13]))] * 2,
        lambda: town.edit(edited),
        lambda: town.edit(edited),
        lambda: town.release(redeemed),
        lambda: town.reverse(redeemed),
        lambda: town.adjust(customer, random.choice([-15, 40, 200])),
        lambda: town.shop.take_back(cancellation(order, on=town.today)),
        lambda: town.shop.join(joining(customer, on=on, left=random.choice([None, on + 2]))),
        lambda: town.leave(customer),
        town.settle,
    ]
    if products:
        told += [lambda: town.act(customer, random.choice(["review", "visit"]), f"a{number}", day(on))] * 2
    if step in {90, 130}:
        await town.merge(f"c{random.randrange(5)}", f"c{random.randrange(5)}")
    if step in {120, 140}:
        await town.erase(f"c{random.randrange(5)}")
    await random.choice(told)()


def with_lines(sold: NewPurchase, random: Random) -> NewPurchase:
    """Tell a purchase by lines: wine, food, and a gift card beside."""
    wine = random.randrange(sold.goods_minor + 1)
    parts = [("red", "wine", wine), ("bread", "food", sold.goods_minor - wine)]
    lines = [
        {"line_id": sku, "kind": "goods", "quantity": 1, "amount_minor": amount, "sku": sku, "category": category}
        for sku, category, amount in parts
    ]
    card = {
        "line_id": "card",
        "kind": "gift_card",
        "quantity": 1,
        "amount_minor": 5000,
        "sku": None,
        "category": "wine",
    }
    return replace(sold, lines=[*lines, card])
