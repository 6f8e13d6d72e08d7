"""Sixteen callers at once, each on a connection of its own: any verb of money, let go together.

As in `meeting.py` there are two places to meet: at the start, or (`after_read`) when all have read the same state and
decided, and none has written.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from loyalty.database import Connection, Tx, write
from loyalty.errors import LoyaltyError
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Once
from loyalty.programs.policies import Policies
from loyalty.rewards.actions import offer_reward
from tests.stories import Shop

CALLERS = 16
APPENDS = "SELECT 1 / (CASE"
Call = Callable[[Tx], Awaitable[Any]]
Answer = tuple[int, bytes]
rounds = pytest.mark.parametrize("rounds", [20, pytest.param(500, marks=pytest.mark.long)])


class Gate:
    """Opens when so many have arrived."""

    def __init__(self, size: int) -> None:
        self._missing = size
        self._open = asyncio.Event()

    def arrive(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._open.set()

    async def wait(self) -> None:
        await self._open.wait()


@dataclass
class Ticket:
    """One caller's way through the gate, once: who is done before he comes there keeps nobody waiting."""

    gate: Gate
    used: bool = False

    def leave(self) -> None:
        if not self.used:
            self.used = True
            self.gate.arrive()

    async def enter(self) -> None:
        if not self.used:
            self.leave()
            await self.gate.wait()


@dataclass
class AtTheGate:
    """A connection whose append waits at the gate."""

    connection: Connection
    ticket: Ticket

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    async def fetchval(self, sql: str, *args: object) -> object:
        if APPENDS in sql:
            await self.ticket.enter()
        return await self.connection.fetchval(sql, *args)


@dataclass(frozen=True)
class Keyed:
    """A verb under a key."""

    once: Once
    verb: Callable[[Tx, Once], Awaitable[Answer]]


@dataclass
class Crowd:
    """A shop, and what the database refused on the way, by the name of the error."""

    shop: Shop
    owner: asyncpg.Connection
    refused: Counter[str] = field(default_factory=Counter)

    async def at_once(self, *callers: Call | Keyed, after_read: bool) -> list[Any]:
        """Let all go at once; gives what each was answered, in their order, refusals too."""
        gate = Gate(len(callers))
        return await asyncio.gather(*(self._send(caller, Ticket(gate), after_read=after_read) for caller in callers))

    async def _send(self, caller: Call | Keyed, ticket: Ticket, *, after_read: bool) -> object:
        async def through(tx: Tx, call: Call) -> object:
            try:
                if not after_read:
                    await ticket.enter()
                    return await call(tx)
                gated = cast("Connection", AtTheGate(tx.connection, ticket))
                return await call(Tx(gated, locked=tx.locked))
            except LoyaltyError:
                raise
            except Exception as refusal:
                self.refused[type(refusal).__name__] += 1
                raise
            finally:
                ticket.leave()

        try:
            if isinstance(caller, Keyed):
                keyed = caller

                async def once(tx: Tx, asked: Once) -> Answer:
                    return cast("Answer", await through(tx, lambda tx: keyed.verb(tx, asked)))

                return await write_once(self.shop.database, keyed.once, once)
            call = caller

            async def verb(tx: Tx, _: Sequence[None]) -> list[object]:
                return [await through(tx, call)]

            [answer] = await write(self.shop.database, verb, [None])
        except LoyaltyError as refusal:
            return refusal
        return answer

    async def do(self, call: Call) -> Any:  # noqa: ANN401 - whatever the verb gives
        """Call one verb, with nobody about."""
        [answer] = await self.at_once(call, after_read=False)
        assert not isinstance(answer, LoyaltyError), answer
        return answer

    async def follow(self, policies: Policies) -> None:
        """Have other policies, and a clock that can be moved."""
        await self.owner.execute("UPDATE program SET mode = 'test', policies = $1::jsonb", json.dumps(policies.told))
        program = replace(self.shop.source.program, mode="test", policies=policies)
        self.shop.source = replace(self.shop.source, program=program)

    async def now(self) -> datetime:
        """Tell the programme's time."""
        found: datetime = await self.owner.fetchval("SELECT clock_timestamp() + clock_offset FROM program")
        return found

    async def be(self, early: timedelta, *, for_the: datetime) -> None:
        """Move the clock so that an instant comes so soon."""
        await self.owner.execute(
            "UPDATE program SET clock_offset = $1::timestamptz - clock_timestamp()", for_the - early
        )

    async def reward(self, points: int) -> UUID:
        """Offer a reward."""
        async with self.shop.database.writer() as connection:
            offered = await offer_reward(
                connection,
                self.shop.source.program.program_id,
                kind="fixed_discount",
                name=f"{points} points",
                price_points=points,
                settings={"amount_minor": points},
            )
        return offered.reward_id

    async def is_sound(self) -> None:
        """Insist that the whole ledger verifies, and that nobody deadlocked."""
        report = await self.shop.verified()
        assert report.checked["customers_have_their_account"] > 0
        assert "DeadlockDetectedError" not in self.refused, self.refused
