"""What staff see of the earning rules and do with them, each as one edge: drafts, a try on a basket, publishing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from loyalty.auth.actions import staff_names
from loyalty.customers.queries import aliases_of
from loyalty.database import Connection, Database, Tx, write
from loyalty.earning import drafts, queries
from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.earning.queries import RulesCache
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.purchases.calculating import CalculationIn, CalculationOut, calculate
from loyalty.segments.queries import segments
from loyalty.tiers.queries import scheme_of
from loyalty.tiers.scheme import Scheme

R = TypeVar("R")


class RulesSeen(Struct, frozen=True):
    """Every version, newest first, and every draft, of one moment; and what their settings name.

    `segments`: names by key; `tiers`: names by key and language. `staff`: who an actor is.
    """

    versions: list[VersionFacts]
    drafts: list[DraftFacts]
    segments: dict[str, str]
    tiers: dict[str, dict[str, str]]
    staff: dict[str, str]
    now: datetime


class RuleStaff(Struct, frozen=True):
    """Who does something, in which request."""

    user_id: UUID
    request_id: str


@dataclass(frozen=True, slots=True)
class StaffRules:
    """The verbs behind the panel's pages about rules. What cannot be is refused as everywhere (`LoyaltyError`)."""

    database: Callable[[], Database]
    cache: Callable[[], RulesCache]

    async def seen(self, program: ProgramFacts) -> RulesSeen:
        """Read everything that the pages show."""
        async with (
            self.database().reader() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            program_id = program.program_id
            stored = await scheme_of(connection, program_id)
            return RulesSeen(
                versions=await queries.published(connection, program_id),
                drafts=await queries.drafts(connection, program_id),
                segments={one.key: one.name for one in await segments(connection, program_id)},
                tiers=_named(stored.scheme) if stored else {},
                staff=await staff_names(connection),
                now=await queries.now(connection, program_id),
            )

    async def create(self, program: ProgramFacts, staff: RuleStaff, told: DraftTold) -> DraftFacts:
        """Write a draft."""
        source = _source(program, staff)
        return await self._commit(lambda connection: drafts.create_draft(connection, source, told))

    async def edit(
        self, program: ProgramFacts, staff: RuleStaff, draft_id: UUID, told: DraftTold, version: int
    ) -> DraftFacts:
        """Write a draft anew, seen as of its edit `version`; `DraftEdited` where somebody was faster."""
        source = _source(program, staff)
        return await self._commit(lambda connection: drafts.edit_draft(connection, source, draft_id, told, version))

    async def delete(self, program: ProgramFacts, draft_id: UUID) -> None:
        """Throw a draft away; one that is gone is gone."""
        try:
            await self._commit(lambda connection: drafts.delete_draft(connection, program.program_id, draft_id))
        except NotFound:
            return

    async def publish(
        self,
        program: ProgramFacts,
        staff: RuleStaff,
        draft_id: UUID,
        *,
        version: int,
        begins: datetime | None,
        allow_empty: bool,
    ) -> VersionFacts:
        """Publish a draft, seen as of its edit `version`; from now where `begins` says nothing."""
        source = _source(program, staff)
        return await self._commit(
            lambda connection: drafts.publish_draft(
                connection, source, draft_id, version=version, in_force_from=begins, allow_empty=allow_empty
            )
        )

    async def withdraw(self, program: ProgramFacts, staff: RuleStaff, number: int) -> VersionFacts:
        """Withdraw a version that has not begun: what is in force now is published again, from now."""
        source = _source(program, staff)

        async def verb(connection: Connection) -> VersionFacts:
            await queries.lock_drafts(connection, program.program_id)
            found = await queries.published(connection, program.program_id)
            if not any(one.version == number and one.state == "scheduled" for one in found):
                msg = f"Version {number} has begun, or there is none."
                raise NotFound(msg)
            current = next(one for one in found if one.state == "in_force")
            told = DraftTold(current.name or f"v{current.version}", current.rules, based_on=current.version)
            draft = await drafts.create_draft(connection, source, told)
            return await drafts.publish_draft(connection, source, draft.draft_id, version=1, allow_empty=True)

        return await self._commit(verb)

    async def tried(
        self, program: ProgramFacts, basket: CalculationIn, customer_id: UUID | None = None
    ) -> CalculationOut:
        """Decide on a basket of somebody, or of a new member; nothing is written."""
        async with self.database().reader() as connection:
            namespace, external_id = "", None
            if customer_id is not None:
                aliases = await aliases_of(connection, program.program_id, [customer_id])
                if not aliases:
                    msg = "There is no such customer, or the person was erased."
                    raise NotFound(msg)
                namespace, external_id = aliases[0]
            source = Source(program, None, namespace, "", "")
            return await calculate(connection, source, self.cache(), replace(basket, customer_id=external_id))

    async def _commit(self, verb: Callable[[Connection], Awaitable[R]]) -> R:
        async def whole(tx: Tx, _: object) -> list[R]:
            return [await verb(tx.connection)]

        [done] = await write(self.database(), whole, [None], whole=True)
        return done


def _source(program: ProgramFacts, staff: RuleStaff) -> Source:
    return Source(program, None, "", f"user:{staff.user_id}", staff.request_id)


def _named(scheme: Scheme) -> dict[str, dict[str, str]]:
    return {tier.key: {str(tongue): name for tongue, name in tier.name.items()} for tier in scheme.tiers}
