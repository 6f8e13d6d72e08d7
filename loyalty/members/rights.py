"""What staff do for a person who asks: all that is known given out, held points let go, the person forgotten."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from loyalty.customers.queries import aliases_of
from loyalty.database import Connection, Database, Tx, one
from loyalty.earning.queries import RulesCache
from loyalty.errors import Conflict, NotFound
from loyalty.members.actions import erase
from loyalty.members.queries import export_of
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.rewards.actions import end_redemption
from loyalty.rewards.decisions import release_held


@dataclass(frozen=True, slots=True)
class StaffRights:
    """The verbs behind the page of a member. A refusal is told by its lasting code; "" is none."""

    database: Callable[[], Database]
    rules: Callable[[], RulesCache]

    async def export(self, program: ProgramFacts, customer_id: UUID, user_id: UUID) -> bytes | None:
        """Gather everything that is known of a person, as JSON; None when there is nobody, or nobody any more."""
        async with (
            self.database().reader() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            named = await _named(connection, program, customer_id)
            if named is None:
                return None
            told = await export_of(connection, _source(program, named[0], user_id, ""), named[1])
        return msgspec.json.format(msgspec.json.encode(told), indent=2)

    async def erase(self, program: ProgramFacts, customer_id: UUID, user_id: UUID, request_id: str) -> str:
        """Forget a person for ever; the totals stay."""

        async def verb(tx: Tx) -> None:
            named = await _named(tx.connection, program, customer_id)
            if named is None:
                msg = "There is no such customer, or the person was erased."
                raise NotFound(msg)
            await erase(tx, _source(program, named[0], user_id, request_id), self.rules(), named[1])

        try:
            await one(self.database(), verb)
        except (Conflict, NotFound) as refusal:
            return refusal.code
        return ""

    async def release(self, program: ProgramFacts, hold_id: UUID, user_id: UUID, request_id: str) -> str:
        """Let go of points that are held for a reward: they go back to the lots that they came from."""

        async def verb(tx: Tx) -> None:
            source = _source(program, "default", user_id, request_id)
            await end_redemption(tx, source, hold_id, lambda book: release_held(book, hold_id))

        try:
            await one(self.database(), verb)
        except (Conflict, NotFound) as refusal:
            return refusal.code
        return ""


async def _named(connection: Connection, program: ProgramFacts, customer_id: UUID) -> tuple[str, str] | None:
    """Give an id by which a shop calls the customer, with its namespace."""
    aliases = await aliases_of(connection, program.program_id, [customer_id])
    return aliases[0] if aliases else None


def _source(program: ProgramFacts, namespace: str, user_id: UUID, request_id: str) -> Source:
    return Source(program, None, namespace, f"user:{user_id}", request_id)
