"""Answers of keyed verbs: made when the award is decided, and pinned in the commit of its effect."""

from collections.abc import Awaitable, Callable

import msgspec

from loyalty.database import Database, Tx
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Answered, Once
from loyalty.idempotency.queries import pin
from loyalty.points.facts import RecordedAward
from loyalty.statements import Part


class Pinning:
    """Called with the award that a verb has decided, it gives the part that pins the answer."""

    def __init__(self, once: Once, answer: Callable[..., msgspec.Struct]) -> None:
        """Answer a keyed request by a pure function of the award, and of what was decided with it."""
        self._once = once
        self._answer = answer
        self.body = b""

    def __call__(self, award: RecordedAward, *more: object) -> list[Part]:
        """Make the answer."""
        self.body = msgspec.json.encode(self._answer(award, *more))
        return [pin(self._once, 201, self.body, award.customer_id, award.recorded_at)]


async def do_once(
    database: Database,
    once: Once,
    verb: Callable[[Tx, Pinning], Awaitable[object]],
    answer: Callable[..., msgspec.Struct],
) -> Answered:
    """Commit a verb under a key. The verb hangs the parts that the `Pinning` makes on its append."""

    async def keyed(tx: Tx, _: Once) -> tuple[int, bytes]:
        pinning = Pinning(once, answer)
        await verb(tx, pinning)
        return 201, pinning.body

    return await write_once(database, once, keyed)
