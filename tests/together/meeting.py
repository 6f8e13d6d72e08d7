"""Writers that meet: each on a connection of its own, let go together, so that every round is a race.

Two places to meet. `at_start`: before anything, as it comes in real life. `after_read`: when all have read the same
state and none has written, so that all but one must be refused by a guard.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from loyalty.database import Connection, Tx, write
from loyalty.earning.queries import RulesCache
from loyalty.earning.rules import Needs, RulesVersion
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import NewMembership
from loyalty.purchases.actions import record_purchases, record_refunds
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.stories import Outcome, Shop

ROUNDS = 100
Item = NewPurchase | NewRefund | NewMembership
VERBS: dict[type, Callable[..., Coroutine[Any, Any, list[Any]]]] = {
    NewPurchase: record_purchases,
    NewRefund: record_refunds,
    NewMembership: record_memberships,
}


class MeetingRules(RulesCache):
    """The rules, which a verb asks for when it has read: the first time, it waits there for the others."""

    def __init__(self, known: RulesCache, barrier: asyncio.Barrier) -> None:
        super().__init__()
        self._cache = known
        self._barrier: asyncio.Barrier | None = barrier

    async def versions(self, connection: Connection, program_id: int, newest: int) -> list[RulesVersion]:
        barrier, self._barrier = self._barrier, None
        if barrier:
            await barrier.wait()
        return await self._cache.versions(connection, program_id, newest)

    def needs(self, program_id: int) -> Needs:
        return self._cache.needs(program_id)


@dataclass
class Meeting:
    """Races of one kind, and what the database refused on the way, by the name of the error."""

    shop: Shop
    refused: Counter[str] = field(default_factory=Counter)

    async def race(self, *batches: Sequence[Item], after_read: bool) -> list[list[Outcome]]:
        """Write batches at once; gives the outcomes of each."""
        barrier = asyncio.Barrier(len(batches))
        return await asyncio.gather(*(self._write(batch, barrier, after_read=after_read) for batch in batches))

    async def _write(self, items: Sequence[Item], barrier: asyncio.Barrier, *, after_read: bool) -> list[Outcome]:
        rules = MeetingRules(self.shop.rules, barrier) if after_read else self.shop.rules
        verb = VERBS[type(items[0])]

        async def watched(tx: Tx, some: Sequence[Item]) -> list[Outcome]:
            try:
                return await verb(tx, self.shop.source, rules, some)
            except Exception as refusal:
                self.refused[type(refusal).__name__] += 1
                raise

        if not after_read:
            await barrier.wait()
        return await write(self.shop.database, watched, items)
