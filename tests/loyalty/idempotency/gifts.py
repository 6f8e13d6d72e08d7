"""A small keyed verb over real accounts: each gift is one version of the account, and one event."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from uuid_utils.compat import uuid7

from loyalty.database import Database, Tx
from loyalty.errors import Conflict, NotFound
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Answered, Once
from loyalty.idempotency.queries import pin
from loyalty.idempotency.rules import fingerprint
from loyalty.points.facts import NewEvent, OpenAccount
from loyalty.points.queries import Append, append
from loyalty.programs.facts import Source

_LOCK = "SELECT 1 FROM account WHERE program_id = $1 AND customer_id = $2 FOR UPDATE"
_READ = """
SELECT version, seq, available, pending, held, debt, head_hash, clock_timestamp() AS now FROM account
WHERE program_id = $1 AND customer_id = $2
"""
_WHO = "SELECT customer_id FROM customer_alias WHERE program_id = $1 AND external_id = $2"


class NoGiftsLeft(Conflict):
    """The customer has had them all."""

    code = "no_gifts_left"


@dataclass
class Gifts:
    """Somebody gives gifts to a customer, at most so many. `calls`: how often it came to deciding."""

    customer: str = "ann"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    most: int = 1_000_000
    calls: int = 0
    before_write: asyncio.Event | None = None
    after_write: asyncio.Event | None = None
    written: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, tx: Tx, once: Once) -> tuple[int, bytes]:
        self.calls += 1
        customer_id = await tx.connection.fetchval(_WHO, once.program_id, self.customer)
        if customer_id is None:
            msg = f"There is no customer {self.customer!r}."
            raise NotFound(msg)
        if tx.locked:
            await tx.connection.execute(_LOCK, once.program_id, customer_id)
        return await self._give(tx, once, customer_id)

    async def _give(self, tx: Tx, once: Once, customer_id: UUID) -> tuple[int, bytes]:
        row = dict(await tx.connection.fetchrow(_READ, once.program_id, customer_id))
        seen, now = row.pop("version"), row.pop("now")
        if seen >= self.most:
            msg = f"{self.customer} has had {seen} gifts."
            refused = NoGiftsLeft(msg)
            refused.customer_id = customer_id
            raise refused
        if self.before_write:
            await self.before_write.wait()
        account = OpenAccount(customer_id, seen, seen + 1, self.zone, **row)
        event = NewEvent(uuid7(), "gift.given", f"account/{customer_id}", customer_id, seen + 1, None, "live")
        body = msgspec.json.encode({"gift": seen + 1, "request_id": once.request_id})
        await append(
            tx, Append(once.program_id, now, [account], [], [event], after=[pin(once, 201, body, customer_id, now)])
        )
        self.written.set()
        if self.after_write:
            await self.after_write.wait()
        return 201, body


@dataclass
class Giver:
    """A caller who sends keyed requests for gifts, each under a request id of its own."""

    database: Database
    source: Source
    scope: str = "storefront/1"
    sent: int = 0

    async def give(
        self, key: str, gifts: Gifts | None = None, *, whole: bool = False, asked: str = "a gift"
    ) -> Answered:
        """Send a request; the same `asked` is the same request."""
        return await write_once(self.database, self.once(key, asked), gifts or Gifts(), whole=whole)

    def once(self, key: str, asked: str = "a gift") -> Once:
        """Make a request."""
        self.sent += 1
        print_of = fingerprint("gift/1", asked)
        return Once(self.source.program.program_id, self.scope, key, print_of, f"req_{self.sent}")
