"""The verbs of keys that are there: list them, let one take over from another, revoke one. `create_key` makes them."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.auth.actions import create_key
from loyalty.auth.tables import ApiKey
from loyalty.clock import utc_now
from loyalty.errors import Conflict, Invalid, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.tables import Storefront


class KeyFacts(Struct, frozen=True):
    """A key, without its secret. `last_used_at` is true to ten minutes."""

    key_id: UUID
    storefront: str
    name: str
    last4: str
    scopes: list[str]
    state: Literal["live", "expired", "revoked"]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


async def list_keys(session: AsyncSession, program_id: int) -> list[KeyFacts]:
    """List a programme's keys by storefront and name, the newest first; revoked ones too."""
    asked = (
        select(ApiKey, Storefront.name)
        .join(
            Storefront,
            (col(Storefront.program_id) == col(ApiKey.program_id))
            & (col(Storefront.storefront_id) == col(ApiKey.storefront_id)),
        )
        .where(col(ApiKey.program_id) == program_id)
        .order_by(col(Storefront.name), col(ApiKey.name), col(ApiKey.created_at).desc(), col(ApiKey.key_id))
    )
    return [_facts(key, storefront) for key, storefront in (await session.exec(asked)).all()]


async def rotate_key(
    session: AsyncSession,
    program: ProgramFacts,
    key_id: UUID,
    *,
    old_lives: timedelta | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Make a key that may do the same, under the same name; both are live until the old one is revoked.

    With `old_lives` the old one ends by itself after that time. `KeysEnough` when another one took over already.
    """
    old = await _live(session, program.program_id, key_id)
    if old_lives is not None and old_lives <= timedelta():
        msg = "The old key goes on for some time; to end it at once, revoke it."
        raise Invalid(msg, pointer="/old_lives")
    key = await create_key(
        session,
        program_id=program.program_id,
        mode=program.mode,
        storefront_id=old.storefront_id,
        name=old.name,
        scopes=old.scopes,
        expires_at=expires_at,
    )
    if old_lives is not None:
        ends_at = utc_now() + old_lives
        old.expires_at = min(old.expires_at, ends_at) if old.expires_at else ends_at
        session.add(old)
        await session.flush()
    return key


async def revoke_key(session: AsyncSession, program_id: int, key_id: UUID) -> None:
    """End a key for good; within five seconds nobody comes in with it. One that is revoked stays so."""
    key = await session.get(ApiKey, (program_id, key_id), with_for_update=True)
    if key is None:
        raise _no_key(str(key_id))
    if key.revoked_at is None:
        key.revoked_at = utc_now()
        session.add(key)
        await session.flush()


async def find_key(session: AsyncSession, program_id: int, told: str) -> UUID:
    """Find a key by its id, or by the last characters of it where no other has these."""
    found = [key for key in await list_keys(session, program_id) if told in {str(key.key_id), key.last4}]
    # Of those that look alike, the ones that still open something.
    found = [key for key in found if key.state != "revoked"] or found
    if not found:
        raise _no_key(told)
    if len(found) > 1:
        msg = f"{len(found)} keys end in {told!r}. Name one by its id: {', '.join(str(key.key_id) for key in found)}."
        raise Invalid(msg)
    return found[0].key_id


async def _live(session: AsyncSession, program_id: int, key_id: UUID) -> ApiKey:
    key = await session.get(ApiKey, (program_id, key_id), with_for_update=True)
    if key is None:
        raise _no_key(str(key_id))
    if _state(key) != "live":
        msg = f"This key is {_state(key)}. `loyalty keys create` makes a new one."
        raise Conflict(msg)
    return key


def _state(key: ApiKey) -> Literal["live", "expired", "revoked"]:
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.expires_at is None or key.expires_at > utc_now() else "expired"


def _facts(key: ApiKey, storefront: str) -> KeyFacts:
    return KeyFacts(
        key.key_id,
        storefront,
        key.name,
        key.last4,
        key.scopes,
        _state(key),
        key.created_at,
        key.expires_at,
        key.last_used_at,
        key.revoked_at,
    )


def _no_key(told: str) -> NotFound:
    return NotFound(f"There is no key {told!r}; `loyalty keys list` shows those there are.")
