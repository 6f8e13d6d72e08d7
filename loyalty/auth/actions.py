"""The verbs of coming in: make a key, make a sign-in link, sign in, stay signed in, sign out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.auth.refusals import KeysEnough
from loyalty.auth.rules import csrf_token, digest, key_text, new_secret
from loyalty.auth.scopes import EVERY, checked_scopes
from loyalty.auth.tables import ApiKey, SignInLink, User
from loyalty.clock import utc_now
from loyalty.database import Connection
from loyalty.errors import Invalid
from loyalty.ids import new_id

KEY_NAME = "default"
MOST_LIVE = 2
LINK_LIVES = timedelta(hours=24)
SESSION_LIVES = timedelta(days=14)
SESSION_IDLES = timedelta(days=2)
_LONGEST_EMAIL = 254
_LONGEST_NAME = 64
_LONGEST_AGENT = 256

# Who makes a key for a storefront waits for others who do.
_LOCK = text("SELECT 1 FROM storefront WHERE program_id = :program_id AND storefront_id = :storefront_id FOR UPDATE")
_USE_LINK = """
UPDATE sign_in_link SET used_at = now() FROM "user" u
WHERE sha256 = $1 AND used_at IS NULL AND expires_at > now() AND u.user_id = sign_in_link.user_id AND u.ended_at IS NULL
RETURNING u.user_id
"""
_OPEN = "INSERT INTO session (sha256, user_id, expires_at, agent) VALUES ($1, $2, $3, $4)"
# Seen at most once a minute: a page view should not cost a write.
_SEEN = """
WITH found AS (
  SELECT s.sha256, s.seen_at, u.user_id, u.email, u.role FROM session s JOIN "user" u USING (user_id)
  WHERE s.sha256 = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND s.seen_at > now() - $2::interval
    AND u.ended_at IS NULL),
seen AS (
  UPDATE session s SET seen_at = now() FROM found f
  WHERE s.sha256 = f.sha256 AND f.seen_at < now() - interval '1 minute')
SELECT user_id, email, role FROM found
"""
_STAFF = """SELECT 'user:' || user_id AS actor, email FROM "user" """
_CLOSE = "UPDATE session SET revoked_at = now() WHERE sha256 = $1 AND revoked_at IS NULL"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just opened. `secret` goes into the cookie and nowhere else."""

    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who looks at the panel."""

    user_id: UUID
    email: str
    role: str
    csrf: str


async def create_key(
    session: AsyncSession,
    *,
    program_id: int,
    mode: str,
    storefront_id: int,
    name: str = KEY_NAME,
    scopes: Sequence[str] = (EVERY,),
    expires_at: datetime | None = None,
) -> str:
    """Make a storefront's key. It is told here, once; only its hash is kept.

    `KeysEnough` when two of that name are live already. `expires_at` None: it lives until it is revoked.
    """
    _check(name, expires_at)
    granted = checked_scopes(list(scopes))
    await (await session.connection()).execute(_LOCK, {"program_id": program_id, "storefront_id": storefront_id})
    live = (
        col(ApiKey.program_id) == program_id,
        col(ApiKey.storefront_id) == storefront_id,
        col(ApiKey.name) == name,
        col(ApiKey.revoked_at).is_(None),
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > utc_now()),
    )
    counting = select(func.count()).select_from(ApiKey).where(*live)
    if (await session.exec(counting)).one() >= MOST_LIVE:
        msg = f"Two keys named {name!r} are live. Revoke one of them, or give the new one another name."
        raise KeysEnough(msg)
    key = key_text(mode, program_id, new_secret())
    session.add(
        ApiKey(
            program_id=program_id,
            storefront_id=storefront_id,
            key_id=new_id(),
            sha256=digest(key),
            last4=key[-4:],
            scopes=granted,
            created_at=utc_now(),
            name=name,
            expires_at=expires_at,
        )
    )
    await session.flush()
    return key


def _check(name: str, expires_at: datetime | None) -> None:
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        msg = "A key's name has 1 to 64 printable characters."
        raise Invalid(msg, pointer="/name")
    if expires_at is not None and expires_at <= utc_now():
        msg = "A key expires at an instant to come."
        raise Invalid(msg, pointer="/expires_at")


async def sign_in_link(session: AsyncSession, public_url: str, email: str | None = None) -> str:
    """Make a link that signs in once, within 24 hours; without an email, for the first owner, made if need be."""
    user = await _user(session, email)
    token = new_secret()
    session.add(
        SignInLink(sha256=digest(token), user_id=user.user_id, created_at=utc_now(), expires_at=utc_now() + LINK_LIVES)
    )
    await session.flush()
    return f"{public_url.rstrip('/')}/admin/sign-in/{token}"


async def first_link(session: AsyncSession, public_url: str) -> str | None:
    """Make the first owner, and the link that lets that one in; None where anybody was let into the panel before."""
    anybody = (await session.exec(select(User.user_id).limit(1))).first()
    return await sign_in_link(session, public_url) if anybody is None else None


async def _user(session: AsyncSession, email: str | None) -> User:
    if email is not None and ("@" not in email or not email.isprintable() or len(email) > _LONGEST_EMAIL):
        msg = f"{email!r} is not an e-mail address."
        raise Invalid(msg, pointer="/email")
    asked = select(User).order_by(col(User.created_at)).limit(1)
    if email is not None:
        asked = asked.where(col(User.email) == email.lower())
    else:
        asked = asked.where(col(User.ended_at).is_(None), col(User.role) == "owner")
    user = (await session.exec(asked)).first()
    if user is not None and user.ended_at is not None:
        # Whoever may run commands on the machine may let anybody in, also again.
        user.ended_at = None
        session.add(user)
    if user is None:
        user = User(user_id=new_id(), email=(email or "owner@localhost").lower(), role="owner", created_at=utc_now())
        session.add(user)
        await session.flush()
    return user


async def sign_in(connection: Connection, token: str, agent: str = "") -> NewSession | None:
    """Use a link up and open a session; None when it is unknown, used or expired, or its person was let go."""
    async with connection.transaction():
        user_id = await connection.fetchval(_USE_LINK, digest(token))
        return None if user_id is None else await open_session(connection, user_id, agent)


async def open_session(connection: Connection, user_id: UUID, agent: str = "") -> NewSession:
    """Open a session under a secret of its own, never under one that a browser brought. `agent`: which browser."""
    opened = NewSession(new_secret(), utc_now() + SESSION_LIVES)
    told = "".join(letter for letter in agent if letter.isprintable())[:_LONGEST_AGENT]
    await connection.execute(_OPEN, digest(opened.secret), user_id, opened.expires_at, told or None)
    return opened


async def session_of(connection: Connection, secret: str) -> SignedIn | None:
    """Tell who has a session, and note that it was seen; None when it has ended."""
    row = await connection.fetchrow(_SEEN, digest(secret), SESSION_IDLES)
    return None if row is None else SignedIn(row["user_id"], row["email"], row["role"], csrf_token(secret))


async def sign_out(connection: Connection, secret: str) -> None:
    """End a session."""
    await connection.execute(_CLOSE, digest(secret))


async def staff_names(connection: Connection) -> dict[str, str]:
    """Tell who the actors are that the ledger and the rules name."""
    return {row["actor"]: row["email"] for row in await connection.fetch(_STAFF)}
