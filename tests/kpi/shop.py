"""A small shop told by hand: customers, memberships, purchases and refunds, written into the tables as the ledger does.

Instants are written as local time of the shop's zone ("2026-03-14 10:00"); money is in minor units.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@dataclass
class Shop:
    """A programme in one zone, written with all rights. `recorded`: when it became known; by default, before all."""

    owner: asyncpg.Connection
    program: ProgramFacts
    _orders: Any = field(default_factory=lambda: count(1))

    @classmethod
    async def open(cls, owner: asyncpg.Connection, timezone: str = "Europe/Paris") -> "Shop":
        """Open a shop with a programme of its own."""
        name = uuid4().hex
        number = await owner.fetchval(
            "INSERT INTO program (name, mode, currency, timezone) VALUES ($1, 'test', 'EUR', $2) RETURNING program_id",
            name,
            timezone,
        )
        await owner.execute(
            "INSERT INTO storefront (program_id, storefront_id, name) OVERRIDING SYSTEM VALUE VALUES ($1, 1, 'till')",
            number,
        )
        facts = ProgramFacts(number, name, "test", "EUR", timezone, timedelta(), None, None, Policies(), LONG_AGO)
        return cls(owner, facts)

    def at(self, local: str) -> datetime:
        """Read local time; an offset in the text wins."""
        told = datetime.fromisoformat(local)
        return (told if told.tzinfo else told.replace(tzinfo=self.program.zone)).astimezone(UTC)

    async def customers(self, number: int) -> list[UUID]:
        """Let this many customers be known."""
        ids = [uuid4() for _ in range(number)]
        rows = [(self.program.program_id, customer, LONG_AGO) for customer in ids]
        await self.owner.executemany(
            "INSERT INTO customer (program_id, customer_id, recorded_at) VALUES ($1, $2, $3)", rows
        )
        return ids

    async def customer(self) -> UUID:
        """Let one customer be known."""
        return (await self.customers(1))[0]

    async def joins(self, customer: UUID, at: str, *, left: str | None = None, recorded: str | None = None) -> UUID:
        """Add a membership; open, or ended at once."""
        membership = uuid4()
        await self.owner.execute(
            "INSERT INTO membership (program_id, membership_id, customer_id, joined_at, left_at, fingerprint,"
            " request_id, recorded_at) VALUES ($1, $2, $3, $4, $5, '', '', $6)",
            self.program.program_id,
            membership,
            customer,
            self.at(at),
            self.at(left) if left else None,
            self._known(recorded),
        )
        await self._refresh_flags()
        return membership

    async def leaves(self, customer: UUID, at: str, *, recorded: str) -> None:
        """End the open membership: a closed row takes the place of the open one."""
        open_one = await self.owner.fetchrow(
            "UPDATE membership SET superseded_at = $3 WHERE program_id = $1 AND customer_id = $2 AND left_at IS NULL"
            " AND superseded_at IS NULL RETURNING joined_at",
            self.program.program_id,
            customer,
            self.at(recorded),
        )
        assert open_one is not None, "nobody leaves who is not a member"
        await self.joins(customer, open_one["joined_at"].isoformat(), left=at, recorded=recorded)

    async def buys(
        self,
        customer: UUID | None,
        at: str,
        goods: int = 1000,
        *,
        reward: int = 0,
        test: bool = False,
        recorded: str | None = None,
    ) -> UUID:
        """Record a purchase; without a customer it is anonymous."""
        purchase = uuid4()
        await self.owner.execute(
            "INSERT INTO purchase (program_id, purchase_id, state, version, fingerprint, request_id, origin,"
            " storefront_id, order_id, customer_id, placed_at, currency, goods_minor, discount_minor, tax_minor,"
            " shipping_minor, reward_discount_minor, test, member, recorded_at)"
            " VALUES ($1, $2, 'recorded', 1, '', '', 'live', 1, $3, $4, $5, 'EUR', $6, 0, 0, 0, $7, $8, false, $9)",
            self.program.program_id,
            purchase,
            str(next(self._orders)),
            customer,
            self.at(at),
            goods,
            reward,
            test,
            self._known(recorded),
        )
        await self._refresh_flags()
        return purchase

    async def imports(self, purchases: int, *, refunds: int, at: str) -> None:
        """Record many purchases of 10.00 of one customer at once, and refunds of 4.00 of some of them."""
        customer = await self.customer()
        await self.owner.execute(
            "INSERT INTO purchase (program_id, purchase_id, state, version, fingerprint, request_id, origin,"
            " storefront_id, order_id, customer_id, placed_at, currency, goods_minor, discount_minor, tax_minor,"
            " shipping_minor, reward_discount_minor, test, member, recorded_at)"
            " SELECT $1, gen_random_uuid(), 'recorded', 1, '', '', 'import', 1, n::text, $2, $3, 'EUR', 1000, 0, 0,"
            " 0, 0, false, false, $4 FROM generate_series(1, $5) n",
            self.program.program_id,
            customer,
            self.at(at),
            LONG_AGO,
            purchases,
        )
        await self.owner.execute(
            "INSERT INTO refund (program_id, purchase_id, kind, refund_id, refunded_at, goods_minor, fingerprint,"
            " request_id, recorded_at) SELECT $1, purchase_id, 'refund', 'r', $2, 400, '', '', $2 FROM purchase"
            " WHERE program_id = $1 LIMIT $3",
            self.program.program_id,
            LONG_AGO,
            refunds,
        )

    async def edits(self, purchase: UUID, *, recorded: str, **columns: object) -> None:
        """Change a purchase; what was known of it goes to `purchase_former`."""
        shared = (
            "storefront_id, order_id, customer_id, placed_at, currency, goods_minor, discount_minor, tax_minor,"
            " shipping_minor, reward_discount_minor, test, member, recorded_at"
        )
        await self.owner.execute(
            f"INSERT INTO purchase_former (program_id, purchase_id, version, {shared}, superseded_at)"
            f" SELECT program_id, purchase_id, version, {shared}, $3 FROM purchase"
            " WHERE program_id = $1 AND purchase_id = $2",
            self.program.program_id,
            purchase,
            self.at(recorded),
        )
        for column, value in {**columns, "recorded_at": self.at(recorded)}.items():
            await self.owner.execute(
                f"UPDATE purchase SET {column} = $3, version = version + 1 WHERE program_id = $1 AND purchase_id = $2",
                self.program.program_id,
                purchase,
                value,
            )
        await self._refresh_flags()

    async def refunds(self, purchase: UUID, goods: int, *, recorded: str | None = None) -> None:
        """Take back goods of a purchase."""
        await self._take_back(purchase, "refund", str(next(self._orders)), goods, recorded)

    async def cancels(self, purchase: UUID, *, recorded: str | None = None) -> None:
        """Cancel a purchase."""
        await self._take_back(purchase, "cancellation", "", None, recorded)

    async def awaits(self, order: str) -> UUID:
        """Keep a purchase of which only a refund has come yet."""
        purchase = uuid4()
        await self.owner.execute(
            "INSERT INTO purchase (program_id, purchase_id, state, version, storefront_id, order_id, test, member,"
            " origin, recorded_at) VALUES ($1, $2, 'awaited', 1, 1, $3, false, false, 'live', $4)",
            self.program.program_id,
            purchase,
            order,
            LONG_AGO,
        )
        return purchase

    async def merges(self, customer: UUID, into: UUID, *, at: str) -> None:
        """Find that two customers are one person."""
        await self.owner.execute(
            "UPDATE customer SET merged_into = $3, merged_at = $4 WHERE program_id = $1 AND customer_id = $2",
            self.program.program_id,
            customer,
            into,
            self.at(at),
        )
        await self._refresh_flags()

    async def _take_back(self, purchase: UUID, kind: str, name: str, goods: int | None, recorded: str | None) -> None:
        await self.owner.execute(
            "INSERT INTO refund (program_id, purchase_id, kind, refund_id, refunded_at, goods_minor, fingerprint,"
            " request_id, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, '', '', $5)",
            self.program.program_id,
            purchase,
            kind,
            name,
            self._known(recorded),
            goods,
        )

    async def _refresh_flags(self) -> None:
        """Rebuild the stored status of every purchase, as the ledger does in the commit of each membership."""
        await self.owner.execute(
            """
            UPDATE purchase p SET member = EXISTS (
              SELECT FROM membership m
              LEFT JOIN customer o ON o.program_id = m.program_id AND o.customer_id = m.customer_id
              LEFT JOIN customer b ON b.program_id = p.program_id AND b.customer_id = p.customer_id
              WHERE m.program_id = p.program_id AND m.superseded_at IS NULL
                AND coalesce(o.merged_into, o.customer_id) = coalesce(b.merged_into, b.customer_id)
                AND m.joined_at <= p.placed_at AND (m.left_at IS NULL OR p.placed_at < m.left_at)
            ) WHERE p.program_id = $1
            """,
            self.program.program_id,
        )

    def _known(self, recorded: str | None) -> datetime:
        return self.at(recorded) if recorded else LONG_AGO
