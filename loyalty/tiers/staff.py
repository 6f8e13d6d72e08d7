"""What staff see and do with tiers, each as one edge: the page, a new version, and a floor under a member's tier."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

from msgspec import Struct

from loyalty.customers.queries import aliases_of
from loyalty.database import Database, Tx, one, write
from loyalty.errors import Conflict, InUse, Invalid, NotFound
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.staff import as_read
from loyalty.tiers.actions import NewFloor, hold_at_least, publish_scheme
from loyalty.tiers.climbs import Climbs
from loyalty.tiers.facts import Floor
from loyalty.tiers.foreseeing import Moves, Uncounted, foresee
from loyalty.tiers.queries import members_by_tier, scheme_of
from loyalty.tiers.rules import Progress, progress
from loyalty.tiers.scheme import Scheme, StoredScheme, checked


class TiersSeen(Struct, frozen=True):
    """The tiers in force, and how many members hold each now; under None: none of them."""

    scheme: StoredScheme | None
    members: dict[str | None, int]


class PersonTier(Struct, frozen=True):
    """Where somebody stands: the tiers there are, how far it is, and the floor with its reason."""

    scheme: Scheme
    progress: Progress
    floor: Floor | None


class FloorByStaff(Struct, frozen=True):
    """A floor that somebody of the staff asks for; no `tier`: hold no more."""

    user_id: UUID
    request_id: str
    customer_id: UUID
    tier: str | None
    until: date | None = None
    reason: str = ""


class Published(Struct, frozen=True):
    """What came of publishing: the lasting code of a refusal, "" if there was none.

    Where a tier that is left out is still named: which one, and what names it, as `InUse` has it.
    """

    code: str = ""
    tier: str = ""
    users: list[tuple[str, str]] = []


class StaffTiers:
    """The verbs behind the panel's pages. A refusal is told by its lasting code; "" is none."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Take the pools when they are needed: they are opened after the panel is made."""
        self._database = database

    async def seen(self, program: ProgramFacts, *, counted: bool = True) -> TiersSeen:
        """Read the tiers, and how many members hold each; uncounted for who needs the tiers only."""
        async with self._database().reader() as connection:
            scheme = await scheme_of(connection, program.program_id)
            return TiersSeen(scheme, await members_by_tier(connection, program.program_id) if counted else {})

    async def foreseen(self, program: ProgramFacts, scheme: Scheme) -> Moves | Uncounted:
        """Tell who would move under other tiers, or why that is not counted. `Invalid` as the verb refuses it."""
        scheme = checked(scheme)
        async with self._database().reader() as connection:
            stored = await scheme_of(connection, program.program_id)
            return await foresee(connection, program, stored.scheme, scheme) if stored else "unpublished"

    async def publish(
        self, program: ProgramFacts, scheme: Scheme, user_id: UUID, version: int | None = None
    ) -> Published:
        """Publish the next version after `version`; the same form sent twice is one version."""

        async def verb(tx: Tx, _: object) -> list[StoredScheme]:
            newest = await scheme_of(tx.connection, program.program_id)
            check = as_read(None if newest and newest.scheme == scheme else version)
            return [await publish_scheme(tx.connection, program, scheme, f"user:{user_id}", check)]

        try:
            await write(self._database(), verb, [None], whole=True)
        except InUse as refusal:
            return Published(refusal.code, refusal.key, refusal.users)
        except (Conflict, Invalid) as refusal:
            return Published(refusal.code)
        return Published()

    async def hold(self, program: ProgramFacts, asked: FloorByStaff) -> str:
        """Hold a member at a tier at least, or no more."""

        async def verb(tx: Tx) -> None:
            aliases = await aliases_of(tx.connection, program.program_id, [asked.customer_id])
            if not aliases:
                msg = "There is no such customer, or the person was erased."
                raise NotFound(msg)
            namespace, external_id = aliases[0]
            source = Source(program, None, namespace, f"user:{asked.user_id}", asked.request_id)
            await hold_at_least(tx, source, NewFloor(external_id, asked.tier, asked.until, asked.reason))

        return await _refused(one(self._database(), verb))


async def _refused(doing: Awaitable[object]) -> str:
    try:
        await doing
    except (Conflict, NotFound, Invalid) as refusal:
        return refusal.code
    return ""


def person_tier(climbs: Climbs, customer_id: UUID) -> PersonTier | None:
    """Tell where somebody stands; None where the programme has no tiers."""
    if climbs.scheme is None or not climbs.scheme.scheme.tiers:
        return None
    scheme, climb = climbs.scheme.scheme, climbs.climb(customer_id)
    return PersonTier(scheme, progress(scheme, climb.days, climb.standing, climbs.today), climb.standing.floor)
