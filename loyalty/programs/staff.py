"""What staff see of storefronts and their keys and do with them, each as one edge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.auth.actions import create_key
from loyalty.auth.refusals import KeysEnough
from loyalty.database import Database
from loyalty.errors import Conflict, EditedMeanwhile, NotFound
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.keys import KeyFacts, list_keys, revoke_key, rotate_key
from loyalty.programs.policies import Policies, policies_from
from loyalty.programs.tables import Program, Storefront


class StorefrontFacts(Struct, frozen=True):
    """A web shop or till. `namespace`: whose the ids of its customers are."""

    storefront_id: int
    name: str
    namespace: str


class KeysSeen(Struct, frozen=True):
    """A programme's storefronts by name, and all keys that there ever were."""

    storefronts: list[StorefrontFacts]
    keys: list[KeyFacts]


class NewKey(Struct, frozen=True):
    """A key that somebody asks for. A storefront of a name that there is not yet is made with it."""

    storefront: str
    name: str
    scopes: Sequence[str]
    expires_at: datetime | None


class Made(Struct, frozen=True):
    """What came of asking for a key: the key itself, which nobody can show again, or why there is none."""

    key: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class StaffKeys:
    """The verbs behind the panel's pages about keys. A refusal is told by its lasting code; "" is none."""

    database: Callable[[], Database]

    async def seen(self, program: ProgramFacts) -> KeysSeen:
        """Read the storefronts and the keys."""
        async with self.database().session() as session:
            storefronts = await _storefronts(session, program.program_id)
            return KeysSeen(storefronts, await list_keys(session, program.program_id))

    async def storefronts(self, program: ProgramFacts) -> list[StorefrontFacts]:
        """List the storefronts by name."""
        async with self.database().session() as session:
            return await _storefronts(session, program.program_id)

    async def create(self, program: ProgramFacts, new: NewKey) -> Made:
        """Make a key; where one of that name is live, none: the same form sent twice makes one."""
        try:
            async with self.database().session() as session:
                storefront, _ = await ensure_storefront(session, program.program_id, new.storefront)
                if storefront.storefront_id is None:  # pragma: no cover - it was flushed
                    raise AssertionError
                key = await create_key(
                    session,
                    program_id=program.program_id,
                    mode=program.mode,
                    storefront_id=storefront.storefront_id,
                    name=new.name,
                    scopes=new.scopes,
                    expires_at=new.expires_at,
                )
                # Whoever makes keys of this storefront waits for us: what is counted here stays so.
                alike = [
                    one.name
                    for one in await list_keys(session, program.program_id)
                    if (one.storefront, one.name, one.state) == (new.storefront, new.name, "live")
                ]
                if len(alike) > 1:
                    msg = f"A key named {new.name!r} is live. Rotate it, or give the new one another name."
                    raise KeysEnough(msg)
        except Conflict as refusal:
            return Made("", refusal.code)
        return Made(key)

    async def rotate(self, program: ProgramFacts, key_id: UUID, old_lives: timedelta | None) -> Made:
        """Let a new key take over from one; the old one ends after `old_lives`, or when it is revoked."""
        try:
            async with self.database().session() as session:
                return Made(await rotate_key(session, program, key_id, old_lives=old_lives))
        except (Conflict, NotFound) as refusal:
            return Made("", refusal.code)

    async def revoke(self, program: ProgramFacts, key_id: UUID) -> str:
        """End a key for good."""
        try:
            async with self.database().session() as session:
                await revoke_key(session, program.program_id, key_id)
        except NotFound as refusal:
            return refusal.code
        return ""


@dataclass(frozen=True, slots=True)
class StaffSettings:
    """The verb behind the page of a programme's settings."""

    database: Callable[[], Database]

    async def set_policies(self, program: ProgramFacts, was: Policies, wanted: Policies) -> str:
        """Decide otherwise from now on; nothing where somebody else has since the form was drawn."""
        async with self.database().session() as session:
            row = await session.get_one(Program, program.program_id, with_for_update=True)
            if policies_from(row.policies) != was:
                return "edited_meanwhile"
            row.policies = wanted.told
        return ""


async def _storefronts(session: AsyncSession, program_id: int) -> list[StorefrontFacts]:
    asked = select(Storefront).where(col(Storefront.program_id) == program_id).order_by(col(Storefront.name))
    return [
        StorefrontFacts(one.storefront_id, one.name, one.namespace)
        for one in (await session.exec(asked)).all()
        if one.storefront_id is not None
    ]


def as_read(version: int | None) -> Callable[[int], None]:
    """Refuse to replace another version than the one that a form was drawn from; None: whatever stands."""

    def check(stands: int) -> None:
        if version is not None and version != stands:
            msg = f"Somebody changed it since you read version {version}: it is version {stands} now."
            raise EditedMeanwhile(msg)

    return check
