"""Telling the service what happened in a shop, through the real verbs and a real database."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from loyalty.customers.facts import Profile
from loyalty.database import Database, Tx, one, write
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.members.actions import adjust_points, erase, merge, record_memberships
from loyalty.members.adjustments import NewAdjustment
from loyalty.members.decisions import Joined, NewMembership
from loyalty.members.merging import Merged
from loyalty.points.book import Book
from loyalty.points.facts import RecordedAward
from loyalty.programs.facts import Source
from loyalty.programs.policies import Policies
from loyalty.purchases.actions import edit_purchases, record_purchases, record_refunds
from loyalty.purchases.decisions import Parked, Recorded
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.rewards.actions import end_redemption, offer_reward, redeem_reward
from loyalty.rewards.decisions import NewRedemption, Redeemed, capture_held, release_held, reverse_captured
from loyalty.rewards.kind import RewardFacts
from loyalty.verify import Report, verify

T = TypeVar("T")

# A day well in the past: everything that is told here has happened.
FIRST_DAY = datetime(2025, 3, 1, 12, tzinfo=UTC)
Outcome = Recorded | Parked | Joined | LoyaltyError


def day(number: float) -> datetime:
    """Give noon of the n-th day of the story."""
    return FIRST_DAY + timedelta(days=number)


def purchase(order_id: str, goods: int, customer: str | None = None, on: float = 0, **more: Any) -> NewPurchase:  # noqa: ANN401
    """Tell of an order of `goods` cents."""
    more = {"currency": "EUR"} | more
    return NewPurchase(order_id=order_id, placed_at=day(on), goods_minor=goods, external_id=customer, **more)


def refund(order_id: str, refund_id: str, goods: int, on: float = 100) -> NewRefund:
    """Tell of `goods` cents taken back."""
    return NewRefund(order_id, refund_id, day(on), goods)


def cancellation(order_id: str, on: float = 100) -> NewRefund:
    """Tell that all of an order is off."""
    return NewRefund(order_id, "", day(on), None)


def joining(customer: str, on: float = 0, left: float | None = None, profile: Profile | None = None) -> NewMembership:
    """Tell that somebody joined, and (`left`) left."""
    return NewMembership(customer, day(on), None if left is None else day(left), profile=profile)


@dataclass
class Shop:
    """A storefront with a programme behind it."""

    database: Database
    source: Source
    rules: RulesCache

    async def buy(self, *items: NewPurchase) -> list[Recorded | LoyaltyError]:
        """Record purchases in one batch."""

        async def verb(tx: Tx, batch: Sequence[NewPurchase]) -> list[Recorded | LoyaltyError]:
            return await record_purchases(tx, self.source, self.rules, batch)

        return await write(self.database, verb, items)

    async def take_back(self, *items: NewRefund) -> list[Recorded | Parked | LoyaltyError]:
        """Record refunds and cancellations in one batch."""

        async def verb(tx: Tx, batch: Sequence[NewRefund]) -> list[Recorded | Parked | LoyaltyError]:
            return await record_refunds(tx, self.source, self.rules, batch)

        return await write(self.database, verb, items)

    async def join(self, *items: NewMembership) -> list[Joined | LoyaltyError]:
        """Record joinings and leavings in one batch."""

        async def verb(tx: Tx, batch: Sequence[NewMembership]) -> list[Joined | LoyaltyError]:
            return await record_memberships(tx, self.source, self.rules, batch)

        return await write(self.database, verb, items)

    async def tell(self, item: NewPurchase | NewRefund | NewMembership) -> Outcome:
        """Record one thing, whatever it is."""
        if isinstance(item, NewPurchase):
            return (await self.buy(item))[0]
        if isinstance(item, NewRefund):
            return (await self.take_back(item))[0]
        return (await self.join(item))[0]

    def follow(self, policies: Policies) -> None:
        """Have other policies from now on."""
        self.source = replace(self.source, program=replace(self.source.program, policies=policies))

    async def do(self, verb: Callable[[Tx], Awaitable[T]]) -> T:
        """Commit any one thing; what is refused is raised."""
        return await one(self.database, verb)

    async def edit(self, *items: NewPurchase) -> list[Any]:
        """Tell purchases anew in one batch."""
        return await self.do(lambda tx: edit_purchases(tx, self.source, self.rules, items))

    async def offer(self, price: int, worth: int | None = None) -> RewardFacts:
        """Offer `worth` cents off (as many as it costs points) for a price."""
        told = {"kind": "fixed_discount", "name": f"Gift for {price}", "price_points": price}
        settings = {"amount_minor": worth or price}
        program_id = self.source.program.program_id
        async with self.database.writer() as connection:
            return await offer_reward(connection, program_id, **told, settings=settings)

    async def redeem(self, customer: str, reward: RewardFacts, **more: Any) -> Redeemed:  # noqa: ANN401
        """Redeem a reward: a hold, or `at_once`."""
        new = NewRedemption(customer, reward.reward_id, **more)
        return (await self.do(lambda tx: redeem_reward(tx, self.source, new)))[0]

    async def spend(self, customer: str, points: int) -> UUID:
        """Spend so many points at once."""
        return (await self.redeem(customer, await self.offer(points), at_once=True)).hold.hold_id

    async def capture(self, redemption_id: UUID, points: int | None = None) -> RecordedAward:
        """Spend what is held, or some of it; gives the award that answers."""
        return await self._end(redemption_id, lambda book: capture_held(book, redemption_id, points))

    async def release(self, redemption_id: UUID) -> RecordedAward:
        """Let go of what is held."""
        return await self._end(redemption_id, lambda book: release_held(book, redemption_id))

    async def reverse(self, redemption_id: UUID) -> RecordedAward:
        """Take a capture back."""
        return await self._end(redemption_id, lambda book: reverse_captured(book, redemption_id))

    async def _end(self, redemption_id: UUID, decide: Callable[[Book], Redeemed]) -> RecordedAward:
        return (await self.do(lambda tx: end_redemption(tx, self.source, redemption_id, decide)))[1]

    async def adjust(self, customer: str, points: int, reason: str = "So kind") -> RecordedAward:
        """Give or take points."""
        return await self.do(lambda tx: adjust_points(tx, self.source, NewAdjustment(customer, points, reason)))

    async def merge(self, gone: str, kept: str) -> Merged:
        """Merge one customer into another."""
        return await self.do(lambda tx: merge(tx, self.source, self.rules, gone, kept))

    async def erase(self, customer: str) -> RecordedAward:
        """Forget a customer."""
        return await self.do(lambda tx: erase(tx, self.source, self.rules, customer))

    async def verified(self) -> Report:
        """Verify everything; a fault fails the test and is named."""
        async with self.database.reader() as connection:
            report = await verify(connection)
        assert not report.faults, report.faults
        return report

    async def value(self, sql: str, *args: object) -> Any:  # noqa: ANN401
        """Read one value."""
        async with self.database.reader() as connection:
            return await connection.fetchval(sql, *args)

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Read rows."""
        async with self.database.reader() as connection:
            return [tuple(row) for row in await connection.fetch(sql, *args)]

    async def balance(self, customer: str) -> tuple[int, int]:
        """Read what a customer has available, and owes."""
        async with self.database.reader() as connection:
            row = await connection.fetchrow(
                "SELECT available, debt FROM account JOIN customer_alias USING (program_id, customer_id)"
                " WHERE external_id = $1",
                customer,
            )
        assert row is not None
        return row["available"], row["debt"]


def recorded(outcome: Outcome) -> Recorded:
    """Insist that it was recorded."""
    assert isinstance(outcome, Recorded), outcome
    return outcome


def joined(outcome: Outcome) -> Joined:
    """Insist that it was a joining or leaving."""
    assert isinstance(outcome, Joined), outcome
    return outcome


async def wait(owner: asyncpg.Connection, **time: float) -> None:
    """Let time go by in every programme: `days`, `minutes`."""
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = clock_offset + $1", timedelta(**time))
