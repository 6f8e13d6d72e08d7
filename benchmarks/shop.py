"""A programme whose members buy, redeem and give back; and what its verbs send to the database."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import asyncpg

from benchmarks.pgbench import Call, Unit
from benchmarks.serving import Request
from loyalty.auth.actions import create_key
from loyalty.database import Database, Tx, write
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import NewMembership
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases, record_refunds
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.rewards.actions import end_redemption, offer_reward, redeem_reward
from loyalty.rewards.decisions import NewRedemption, capture_held
from loyalty.rewards.kind import RewardFacts
from loyalty.web.bounds import decimal_text

START = datetime(2026, 1, 1, tzinfo=UTC)
CLIENTS = 8
MEMBERS = 2_000
HOT = "hot"
_BATCH = 1_000
_PRICE_POINTS = 10

Verb = Callable[[Tx, Sequence[Any]], Awaitable[list[Any]]]


def member(client: int, number: int) -> str:
    """Name a member. Each client has its own, so that what one does never misses a guard of another."""
    return f"c{number * CLIENTS % MEMBERS + client}"


def purchase(order_id: str, external_id: str, number: int) -> NewPurchase:
    """Make up a purchase."""
    return NewPurchase(
        order_id=order_id,
        placed_at=START + timedelta(seconds=number),
        currency="EUR",
        goods_minor=2_000 + number * 37 % 20_000,
        external_id=external_id,
    )


def as_told(new: NewPurchase) -> dict[str, str | None]:
    """Write a purchase as a shop sends it."""
    return {
        "order_id": new.order_id,
        "placed_at": new.placed_at.isoformat(),
        "currency": new.currency,
        "goods": decimal_text(new.goods_minor, 2),
        "customer_id": new.external_id,
    }


@dataclass
class Shop:
    """A storefront of a database, and the verbs that it uses."""

    database: Database
    source: Source
    reward: RewardFacts
    key: str
    rules: RulesCache = field(default_factory=RulesCache)

    async def purchases(self, items: Sequence[NewPurchase], source: Source | None = None) -> Unit:
        """Record purchases; tells what was sent to the database."""
        return await self._done(lambda tx, some: record_purchases(tx, source or self.source, self.rules, some), items)

    async def refund(self, new: NewRefund) -> Unit:
        """Take goods back."""
        return await self._done(lambda tx, some: record_refunds(tx, self.source, self.rules, some), [new])

    async def redeem(self, external_id: str) -> Unit:
        """Spend points at once."""
        new = NewRedemption(external_id, self.reward.reward_id, at_once=True)
        return await self._done(self._redeem, [new])

    async def hold_and_capture(self, external_id: str) -> Unit:
        """Hold points, then spend them: two commits."""
        held: list[Any] = []

        async def hold(tx: Tx, items: Sequence[NewRedemption]) -> list[Any]:
            held[:] = await self._redeem(tx, items)
            return held

        async def capture(tx: Tx, _: Sequence[Any]) -> list[Any]:
            hold_id = held[0][0].hold.hold_id
            return [await end_redemption(tx, self.source, hold_id, lambda book: capture_held(book, hold_id, None))]

        first = await self._done(hold, [NewRedemption(external_id, self.reward.reward_id)])
        return first + await self._done(capture, [None])

    async def _redeem(self, tx: Tx, items: Sequence[NewRedemption]) -> list[Any]:
        return [await redeem_reward(tx, self.source, new) for new in items]

    async def _done(self, verb: Verb, items: Sequence[Any]) -> Unit:
        sent: Unit = []

        async def logged(tx: Tx, some: Sequence[Any]) -> list[Any]:
            with tx.connection.query_logger(lambda said: sent.append(Call(said.query, said.args))):
                results = await verb(tx, some)
                await asyncio.sleep(0)  # what was sent is told by callbacks
            return results

        results = await write(self.database, logged, items)
        refused = [result for result in results if isinstance(result, LoyaltyError)]
        if refused:
            raise refused[0]
        # `$1` is the programme in all of ours; asyncpg asks for types of its own accord.
        return [call for call in sent if call.args[:1] == (self.source.program.program_id,)]


async def opened(database: Database) -> Shop:
    """Start the programme, its storefront and its reward; enrol everybody."""
    async with database.session() as session:
        program = await start_program(session, "Bench", timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
        number = storefront.storefront_id or 0
        key = await create_key(session, program_id=program.program_id, mode="live", storefront_id=number)
    async with database.writer() as connection:
        reward = await offer_reward(
            connection,
            program.program_id,
            kind="fixed_discount",
            name="One off",
            price_points=_PRICE_POINTS,
            settings={"amount_minor": 100},
        )
    source = Source(program, number, storefront.namespace, "bench", "bench")
    shop = Shop(database, source, reward, key)
    everybody = iter([NewMembership(f"c{n}", START - timedelta(days=1)) for n in range(MEMBERS)])
    for some in [[NewMembership(HOT, START - timedelta(days=1))], *iter(lambda: list(islice(everybody, 500)), [])]:
        await write(database, lambda tx, it: record_memberships(tx, source, shop.rules, it), some)
    return shop


async def fill(shop: Shop, batches: int, first: int = 0) -> None:
    """Let everybody buy, in batches of 1,000; the orders are numbered `o…`, from that of the first batch on."""
    for batch in range(first, first + batches):
        numbers = range(batch * _BATCH, (batch + 1) * _BATCH)
        await shop.purchases([purchase(f"o{n}", f"c{n % MEMBERS}", n) for n in numbers])
    await shop.purchases([purchase("hot", HOT, 0)])


async def money_settings(database: Database) -> dict[str, str]:
    """Tell what the money pool asks of the server: the peer asks for the same."""
    async with database.writer() as connection:
        told = await connection.fetch("SELECT name, setting FROM pg_settings WHERE source = 'client'")
        role = await connection.fetchval("SHOW role")
    return {row["name"]: row["setting"] for row in told if row["name"] != "client_encoding"} | {"role": role}


async def copy(owner: asyncpg.Connection, template: str, names: Sequence[str]) -> None:
    """Copy a database that nobody uses at the moment."""
    for name in names:
        await owner.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def post(new: NewPurchase) -> Request:
    """Make the request that records a purchase."""
    return "/v1/purchases", as_told(new)
