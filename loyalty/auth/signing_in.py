"""Coming in by a password: counted before it is compared, and answered alike whatever was wrong.

The count is kept for the address that was written, known or not; so nobody learns from it who is of the staff, and
guesses sent at once cannot slip by together. A link still lets in whoever is kept waiting by the guesses of others.
"""

from dataclasses import dataclass
from uuid import UUID

from loyalty.auth.actions import NewSession, open_session
from loyalty.auth.codes import step_of_code
from loyalty.auth.passwords import is_password, refuse_a_flood
from loyalty.auth.rules import digest
from loyalty.auth.tries import count_try, forget_tries
from loyalty.clock import utc_now
from loyalty.database import Connection, Database

_WHO = """SELECT user_id, password, totp_secret, totp_step FROM "user" WHERE email = $1 AND ended_at IS NULL"""
# Between looking and letting in, somebody may have changed the password, ended the person, or used the code.
_STILL = """
UPDATE "user" SET totp_step = coalesce($3, totp_step)
WHERE user_id = $1 AND password = $2 AND ended_at IS NULL
  AND ($3::bigint IS NULL) = (totp_secret IS NULL) AND ($3::bigint IS NULL OR totp_step IS NULL OR totp_step < $3)
RETURNING user_id
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of trying: a session, or for how long to wait, or neither: something was wrong."""

    session: NewSession | None = None
    wait_seconds: int = 0


async def sign_in_by_password(database: Database, email: str, password: str, code: str, agent: str) -> Attempt:
    """Try to come in. What is wrong is not told: the address, the password, or the code."""
    refuse_a_flood()
    email = email.strip().lower()
    counted = digest(f"email:{email}")
    async with database.writer() as connection:
        if wait := await count_try(connection, counted):
            return Attempt(wait_seconds=wait)
        # Of what cannot be an address there is nobody, and PostgreSQL takes no NUL.
        who = await connection.fetchrow(_WHO, email) if email.isprintable() else None
    if not await is_password(who["password"] if who else None, password) or who is None:
        return Attempt()
    step = None
    if who["totp_secret"] is not None:
        step = step_of_code(who["totp_secret"], code, utc_now(), who["totp_step"])
        if step is None:
            return Attempt()
    async with database.writer() as connection, connection.transaction():
        return Attempt(await _let_in(connection, who["user_id"], who["password"], step, counted, agent))


async def _let_in(
    connection: Connection, user_id: UUID, password: str, step: int | None, counted: bytes, agent: str
) -> NewSession | None:
    if await connection.fetchval(_STILL, user_id, password, step) is None:
        return None
    await forget_tries(connection, counted)
    return await open_session(connection, user_id, agent)
