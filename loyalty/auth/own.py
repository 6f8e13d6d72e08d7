"""What somebody of the staff does with their own way in, each as one edge: the password, the codes, the sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from loyalty.auth.actions import SESSION_IDLES, NewSession, open_session
from loyalty.auth.codes import new_secret_of_codes, step_of_code
from loyalty.auth.passwords import check_password, hashed, is_password, refuse_a_flood
from loyalty.auth.rules import digest
from loyalty.auth.team import END_LINKS
from loyalty.auth.tries import count_try, forget_tries
from loyalty.clock import utc_now
from loyalty.database import Connection, Database
from loyalty.errors import Invalid, NotFound

# Who holds a session that somebody left open cannot make it theirs for good.
FIRST_PASSWORD_WITHIN = timedelta(hours=1)

_WAY_IN = """
SELECT u.email, u.password, u.totp_secret, u.totp_offered, u.totp_step,
  (SELECT created_at FROM session WHERE sha256 = $2) AS since FROM "user" u WHERE user_id = $1
"""
_SESSIONS = """
SELECT session_id, created_at, seen_at, agent, sha256 = $2 AS mine FROM session
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now() AND seen_at > now() - $3::interval
ORDER BY seen_at DESC, session_id
"""
_PUT = """UPDATE "user" SET password = $2 WHERE user_id = $1 AND password IS NOT DISTINCT FROM $3"""
_END_OTHERS = "UPDATE session SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL AND sha256 <> $2"
_END = "UPDATE session SET revoked_at = now() WHERE user_id = $1 AND session_id = $2 AND revoked_at IS NULL"
_END_MINE = "UPDATE session SET revoked_at = now() WHERE user_id = $1 AND sha256 = $2 RETURNING agent"
_OFFER = """UPDATE "user" SET totp_offered = $2 WHERE user_id = $1 AND totp_secret IS NULL"""
_ASK = """
UPDATE "user" SET totp_secret = totp_offered, totp_offered = NULL, totp_step = $3
WHERE user_id = $1 AND totp_offered = $2 AND totp_secret IS NULL
"""
_ASK_NO_MORE = """
UPDATE "user" SET totp_secret = NULL, totp_step = NULL WHERE user_id = $1 AND totp_secret = $2
"""


class OwnSession(Struct, frozen=True):
    """A browser that is in. `mine`: the one that asks."""

    session_id: UUID
    created_at: datetime
    seen_at: datetime
    agent: str | None
    mine: bool


class OwnWayIn(Struct, frozen=True):
    """How somebody comes in. `offered`: a secret of codes that is to be entered into an app."""

    email: str
    has_password: bool
    has_codes: bool
    offered: str | None
    sessions: list[OwnSession]


class Changed(Struct, frozen=True):
    """What came of changing a password: the session that goes on in the place of this one, or why not."""

    session: NewSession | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class StaffOwn:
    """The verbs behind one's own page. `secret` is the session's. A refusal is told by its lasting code; "" is none."""

    database: Callable[[], Database]

    async def seen(self, user_id: UUID, secret: str) -> OwnWayIn:
        """Read how somebody comes in, and where they are in."""
        async with self.database().reader() as connection:
            who = await _way_in(connection, user_id, secret)
            rows = await connection.fetch(_SESSIONS, user_id, digest(secret), SESSION_IDLES)
        sessions = [OwnSession(**dict(row)) for row in rows]
        codes = who["totp_secret"] is not None
        return OwnWayIn(who["email"], who["password"] is not None, codes, who["totp_offered"], sessions)

    async def set_password(self, user_id: UUID, secret: str, current: str, new: str) -> Changed:
        """Set a password, or change it. Every session ends; this one goes on under a new secret."""
        refusal, who = await self._doubted(user_id, secret, current)
        if refusal:
            return Changed(None, refusal)
        email, kept = who["email"], who["password"]
        try:
            check_password(new, email)
        except Invalid:
            return Changed(None, "bad_password")
        made = await hashed(new)
        async with self.database().writer() as connection, connection.transaction():
            if await connection.execute(_PUT, user_id, made, kept) != "UPDATE 1":
                return Changed(None, "wrong_password")
            # Whoever holds a link that was not used yet would be in beside the new password.
            await connection.execute(END_LINKS, user_id)
            return Changed(await _anew(connection, user_id, secret))

    async def offer_codes(self, user_id: UUID) -> None:
        """Make a secret for an app; nothing asks for its codes yet."""
        async with self.database().writer() as connection:
            await connection.execute(_OFFER, user_id, new_secret_of_codes())

    async def ask_codes(self, user_id: UUID, secret: str, current: str, code: str) -> str:
        """Ask for codes from now on, since one of the app came, and the password: an open session alone cannot."""
        refusal, _ = await self._doubted(user_id, secret, current)
        if refusal:
            return refusal
        async with self.database().writer() as connection:
            who = await _way_in(connection, user_id)
            offered = who["totp_offered"]
            step = None if offered is None else step_of_code(offered, code, utc_now(), None)
            if step is None or await connection.execute(_ASK, user_id, offered, step) != "UPDATE 1":
                return "wrong_code"
        return ""

    async def ask_no_codes(self, user_id: UUID, code: str) -> str:
        """Ask for codes no more; with one of them, so that an open session alone cannot."""
        counted = _counted("codes", user_id)
        async with self.database().writer() as connection:
            if await count_try(connection, counted):
                return "wait"
            who = await _way_in(connection, user_id)
            kept = who["totp_secret"]
            if kept is None or step_of_code(kept, code, utc_now(), who["totp_step"]) is None:
                return "wrong_code"
            await connection.execute(_ASK_NO_MORE, user_id, kept)
            await forget_tries(connection, counted)
        return ""

    async def end_session(self, user_id: UUID, session_id: UUID) -> str:
        """End one of one's own sessions."""
        async with self.database().writer() as connection:
            ended = await connection.execute(_END, user_id, session_id)
        return "" if ended == "UPDATE 1" else "not_found"

    async def end_others(self, user_id: UUID, secret: str) -> None:
        """End all of one's sessions but this."""
        async with self.database().writer() as connection:
            await connection.execute(_END_OTHERS, user_id, digest(secret))

    async def _doubted(self, user_id: UUID, secret: str, current: str) -> tuple[str, asyncpg.Record]:
        """Doubt that it is the person, and not who found the session open: gives why, and the person's row.

        Of who has no password yet, the session has to be young.
        """
        async with self.database().reader() as connection:
            who = await _way_in(connection, user_id, secret)
        kept: str | None = who["password"]
        if kept is None:
            is_old = who["since"] is None or utc_now() - who["since"] > FIRST_PASSWORD_WITHIN
            return ("come_in_anew" if is_old else ""), who
        refuse_a_flood()
        counted = _counted("password", user_id)
        async with self.database().writer() as connection:
            if await count_try(connection, counted):
                return "wait", who
        if not await is_password(kept, current):
            return "wrong_password", who
        async with self.database().writer() as connection:
            await forget_tries(connection, counted)
        return "", who


def _counted(what: str, user_id: UUID) -> bytes:
    """Count the tries of somebody who is in apart from those at the door, which anybody can use up."""
    return digest(f"{what}:{user_id}")


async def _way_in(connection: Connection, user_id: UUID, secret: str = "") -> asyncpg.Record:
    """Read somebody's own row; whoever asks has a session, so there is one."""
    found = await connection.fetchrow(_WAY_IN, user_id, digest(secret))
    if found is None:
        msg = "You are not of the team any more."
        raise NotFound(msg)
    return found


async def _anew(connection: Connection, user_id: UUID, secret: str) -> NewSession:
    """End every session, and open one more in the browser of this one."""
    agent: str | None = await connection.fetchval(_END_MINE, user_id, digest(secret))
    await connection.execute(_END_OTHERS, user_id, digest(secret))
    return await open_session(connection, user_id, agent or "")
