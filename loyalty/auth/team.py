"""What an owner does with the team, each as one edge: let somebody in, change a role, let somebody go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.auth.actions import LINK_LIVES, SESSION_IDLES
from loyalty.auth.rules import digest, new_secret
from loyalty.clock import utc_now
from loyalty.database import Connection, Database
from loyalty.ids import new_id

ROLES = ("owner", "manager", "analyst", "support")
_LONGEST_EMAIL = 254

# Whoever changes the team waits for others who do: what is counted of owners stays so.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('the team'))"
_TEAM = """
SELECT u.user_id, u.email, u.role, u.password IS NOT NULL AS has_password, u.totp_secret IS NOT NULL AS has_codes,
  u.created_at, (SELECT max(seen_at) FROM session s WHERE s.user_id = u.user_id) AS seen_at,
  (SELECT count(*) FROM session s WHERE s.user_id = u.user_id AND s.revoked_at IS NULL AND s.expires_at > now()
     AND s.seen_at > now() - $1::interval)::int AS sessions
FROM "user" u WHERE u.ended_at IS NULL ORDER BY u.email
"""
_INVITE = """
INSERT INTO "user" AS u (user_id, email, role) VALUES ($1, $2, $3)
ON CONFLICT (email) DO UPDATE SET role = $3, ended_at = NULL WHERE u.ended_at IS NOT NULL RETURNING user_id
"""
_LINK = "INSERT INTO sign_in_link (sha256, user_id, expires_at) VALUES ($1, $2, $3)"
_ROLE = """UPDATE "user" SET role = $2 WHERE user_id = $1 AND role <> $2 AND ended_at IS NULL"""
_GO = """
UPDATE "user" SET ended_at = now(), password = NULL, totp_secret = NULL, totp_offered = NULL, totp_step = NULL
WHERE user_id = $1 AND ended_at IS NULL
"""
_OTHER_OWNERS = """SELECT count(*) FROM "user" WHERE role = 'owner' AND ended_at IS NULL AND user_id <> $1"""
_THERE = """SELECT 1 FROM "user" WHERE user_id = $1 AND ended_at IS NULL"""
_END_SESSIONS = "UPDATE session SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL"
END_LINKS = "DELETE FROM sign_in_link WHERE user_id = $1 AND used_at IS NULL"


class Colleague(Struct, frozen=True):
    """Somebody of the team. `sessions`: how many are open now; `seen_at` is kept for some days after the last."""

    user_id: UUID
    email: str
    role: str
    has_password: bool
    has_codes: bool
    created_at: datetime
    seen_at: datetime | None
    sessions: int


class Invited(Struct, frozen=True):
    """What came of letting somebody in: the path of a link that signs in once, or why there is none."""

    path: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class StaffTeam:
    """The verbs behind the page of the team. A refusal is told by its lasting code; "" is none."""

    database: Callable[[], Database]

    async def seen(self) -> list[Colleague]:
        """List who may come in."""
        async with self.database().reader() as connection:
            return [Colleague(**dict(row)) for row in await connection.fetch(_TEAM, SESSION_IDLES)]

    async def invite(self, email: str, role: str) -> Invited:
        """Let somebody in, or in again; they have a link then."""
        email = email.strip().lower()
        if role not in ROLES:
            return Invited("", "no_such_role")
        if "@" not in email or not email.isprintable() or len(email) > _LONGEST_EMAIL or " " in email:
            return Invited("", "bad_email")
        async with self.database().writer() as connection, connection.transaction():
            user_id = await connection.fetchval(_INVITE, new_id(), email, role)
            return Invited("", "already_in") if user_id is None else Invited(await _link(connection, user_id))

    async def link(self, user_id: UUID) -> Invited:
        """Make another link for somebody; those not used yet are good no more."""
        async with self.database().writer() as connection, connection.transaction():
            if await connection.fetchval(_THERE, user_id) is None:
                return Invited("", "not_found")
            await connection.execute(END_LINKS, user_id)
            return Invited(await _link(connection, user_id))

    async def set_role(self, user_id: UUID, role: str) -> str:
        """Change what somebody may do. Their sessions end: none lives on that was opened for another role."""
        if role not in ROLES:
            return "no_such_role"
        async with self.database().writer() as connection, connection.transaction():
            refusal = await self._guard(connection, user_id, keeps_owner=role == "owner")
            if not refusal and await connection.execute(_ROLE, user_id, role) == "UPDATE 1":
                await connection.execute(_END_SESSIONS, user_id)
            return refusal

    async def let_go(self, user_id: UUID) -> str:
        """End somebody's way in, at once; what they did stays theirs."""
        async with self.database().writer() as connection, connection.transaction():
            refusal = await self._guard(connection, user_id, keeps_owner=False)
            if not refusal:
                await connection.execute(_GO, user_id)
                await connection.execute(_END_SESSIONS, user_id)
                await connection.execute(END_LINKS, user_id)
            return refusal

    async def _guard(self, connection: Connection, user_id: UUID, *, keeps_owner: bool) -> str:
        await connection.execute(_LOCK)
        if await connection.fetchval(_THERE, user_id) is None:
            return "not_found"
        if not keeps_owner and not await connection.fetchval(_OTHER_OWNERS, user_id):
            return "last_owner"
        return ""


async def _link(connection: Connection, user_id: UUID) -> str:
    token = new_secret()
    await connection.execute(_LINK, digest(token), user_id, utc_now() + LINK_LIVES)
    return f"/admin/sign-in/{token}"
