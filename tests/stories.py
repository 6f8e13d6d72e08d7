"""Telling the service what happened in a shop, through the real verbs and a real database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from loyalty.customers.facts import Profile
from loyalty.database import Database, Tx, write
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import Joined, NewMembership
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases, record_refunds
from loyalty.purchases.decisions import Parked, Recorded
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.verify import Report, verify

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
