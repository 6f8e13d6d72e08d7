"""Passwords and codes on a real PostgreSQL: who gets in, who waits, and that nobody learns who is of the staff."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import process_time
from uuid import UUID

import asyncpg
import pytest
from pyotp import TOTP

from loyalty.auth import codes, passwords
from loyalty.auth.actions import session_of, sign_in, sign_in_link
from loyalty.auth.own import StaffOwn
from loyalty.auth.signing_in import Attempt, sign_in_by_password
from loyalty.auth.team import StaffTeam
from loyalty.auth.tries import FREE_TRIES, count_try
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.errors import TooManyRequests

MAYA, PASSWORD = "maya@example.com", "correct horse battery"


async def come_in(database: Database, email: str = MAYA) -> str:
    """Come in by a link; gives the session's secret."""
    async with database.session() as session:
        link = await sign_in_link(session, "http://x", email)
    async with database.writer() as connection:
        opened = await sign_in(connection, link.rpartition("/")[2])
    assert opened is not None
    return opened.secret


async def with_password(database: Database, owner: asyncpg.Connection) -> tuple[UUID, str]:
    """Give Maya a password; her number, and the secret of the session that she did it in."""
    secret = await come_in(database)
    user_id: UUID = await owner.fetchval('SELECT user_id FROM "user" WHERE email = $1', MAYA)
    changed = await StaffOwn(lambda: database).set_password(user_id, secret, "", PASSWORD)
    assert changed.session is not None
    return user_id, changed.session.secret


async def try_it(database: Database, email: str = MAYA, password: str = PASSWORD, code: str = "") -> Attempt:
    return await sign_in_by_password(database, email, password, code, "a browser")


async def who(database: Database, secret: str) -> str:
    """Tell whose a session is; "" when it is nobody's."""
    async with database.writer() as connection:
        found = await session_of(connection, secret)
    return found.email if found else ""


async def test_a_password_lets_in_and_is_kept_as_argon2id(database: Database, owner: asyncpg.Connection) -> None:
    await with_password(database, owner)
    kept = await owner.fetchval('SELECT password FROM "user"')
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    tried = await try_it(database, email=f" {MAYA.upper()} ")
    assert tried.session is not None
    assert await who(database, tried.session.secret) == MAYA
    assert (await try_it(database, password=PASSWORD + " ")).session is None


async def test_whoever_is_unknown_is_answered_alike_and_as_slowly(
    database: Database, owner: asyncpg.Connection
) -> None:
    await with_password(database, owner)
    await come_in(database, "links-only@example.com")
    took = {}
    for email in (MAYA, "links-only@example.com", "nobody@example.com", "no\0body"):
        began = process_time()
        assert await try_it(database, email, "a wrong password") == Attempt()
        took[email] = process_time() - began
    # In time of the processor, a hash is nearly all of it; without one there would be a fiftieth.
    assert min(took.values()) > max(took.values()) / 8, took


async def test_guesses_are_kept_waiting_known_or_not_also_when_they_come_at_once(
    database: Database, owner: asyncpg.Connection
) -> None:
    await with_password(database, owner)
    for email in (MAYA, "nobody@example.com"):
        tried = await asyncio.gather(*(try_it(database, email, f"guess {n}") for n in range(FREE_TRIES + 3)))
        assert sorted(one.wait_seconds > 0 for one in tried) == [False] * FREE_TRIES + [True] * 3
    # The right password has to wait as well, or waiting would tell which guess was right.
    await owner.execute("UPDATE sign_in_try SET next_at = now() + interval '1 minute'")
    assert (await try_it(database)).session is None
    await owner.execute("UPDATE sign_in_try SET next_at = now()")
    assert (await try_it(database)).session is not None
    assert await owner.fetchval("SELECT count(*) FROM sign_in_try") == 1  # of nobody
    # And each further guess waits for longer, up to a quarter of an hour.
    await owner.execute("UPDATE sign_in_try SET next_at = now(), tries = 50")
    assert await try_it(database, "nobody@example.com") == Attempt()
    assert 890 < (await try_it(database, "nobody@example.com")).wait_seconds <= 900


async def test_a_code_is_asked_for_once_it_was_shown_and_good_once(
    database: Database, owner: asyncpg.Connection
) -> None:
    user_id, secret = await with_password(database, owner)
    own = StaffOwn(lambda: database)
    await own.offer_codes(user_id)
    offered = (await own.seen(user_id, secret)).offered
    assert offered is not None
    assert (await try_it(database)).session is not None  # not asked for yet
    wrong = "000000" if TOTP(offered).now() != "000000" else "000001"
    assert await own.ask_codes(user_id, secret, PASSWORD, wrong) == "wrong_code"
    # Who finds a session open knows the secret, and not the password.
    assert await own.ask_codes(user_id, secret, "", TOTP(offered).now()) == "wrong_password"
    assert await own.ask_codes(user_id, secret, PASSWORD, TOTP(offered).now()) == ""
    seen = await own.seen(user_id, secret)
    assert (seen.has_codes, seen.offered) == (True, None)
    assert (await try_it(database)).session is None
    # The code that set it up was used.
    assert (await try_it(database, code=TOTP(offered).now())).session is None
    later = TOTP(offered).at(utc_now() + timedelta(seconds=codes.STEP_SECONDS))
    both = await asyncio.gather(*(try_it(database, code=later) for _ in range(2)))
    assert sorted(one.session is not None for one in both) == [False, True]
    await owner.execute('UPDATE "user" SET totp_step = NULL')
    assert await own.ask_no_codes(user_id, TOTP(offered).now()) == ""
    await owner.execute("DELETE FROM sign_in_try")
    assert (await try_it(database)).session is not None


@pytest.mark.parametrize("drift", [-2, -1, 0, 1, 2])
def test_a_code_may_be_one_step_off_and_never_older_than_the_last(drift: int) -> None:
    secret, now = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", datetime(2026, 11, 22, 12, tzinfo=UTC)
    code = TOTP(secret).at(now + timedelta(seconds=drift * codes.STEP_SECONDS))
    step = int(now.timestamp()) // codes.STEP_SECONDS + drift
    assert codes.step_of_code(secret, code, now, None) == (step if abs(drift) <= 1 else None)
    assert codes.step_of_code(secret, code, now, step) is None
    assert codes.step_of_code(secret, "", now, None) is codes.step_of_code(secret, "٣٣٣٣٣٣", now, None) is None


async def test_a_new_password_ends_every_session_and_goes_on_under_a_new_secret(
    database: Database, owner: asyncpg.Connection
) -> None:
    user_id, first = await with_password(database, owner)
    stolen, own = await come_in(database), StaffOwn(lambda: database)
    wrong = await own.set_password(user_id, first, "not it", "another long password")
    assert (wrong.session, wrong.refusal) == (None, "wrong_password")
    for short in ("too short", MAYA, "x" * 257):
        assert (await own.set_password(user_id, first, PASSWORD, short)).refusal == "bad_password"
    async with database.session() as session:
        unused = await sign_in_link(session, "http://x", MAYA)
    changed = await own.set_password(user_id, first, PASSWORD, "another long password")
    assert changed.session is not None
    async with database.writer() as connection:
        assert await sign_in(connection, unused.rpartition("/")[2]) is None
    secrets = [first, stolen, changed.session.secret]
    assert [await who(database, secret) for secret in secrets] == ["", "", MAYA]
    assert (await try_it(database)).session is None


async def test_an_open_session_guesses_neither_the_password_nor_a_code(
    database: Database, owner: asyncpg.Connection
) -> None:
    user_id, secret = await with_password(database, owner)
    own = StaffOwn(lambda: database)
    await own.offer_codes(user_id)
    offered = (await own.seen(user_id, secret)).offered or ""
    assert await own.ask_codes(user_id, secret, PASSWORD, TOTP(offered).now()) == ""
    guessed = await asyncio.gather(*(own.ask_no_codes(user_id, f"{n:06}") for n in range(FREE_TRIES + 2)))
    assert sorted(guessed) == ["wait"] * 2 + ["wrong_code"] * FREE_TRIES
    tried = [(await own.set_password(user_id, secret, f"guess {n}", "another long password")).refusal for n in range(6)]
    assert tried == ["wrong_password"] * FREE_TRIES + ["wait"]
    # The right ones wait as well; and nobody else does, nor whoever comes in at the door.
    assert (await own.set_password(user_id, secret, PASSWORD, "another long password")).refusal == "wait"
    later = TOTP(offered).at(utc_now() + timedelta(seconds=codes.STEP_SECONDS))
    assert await own.ask_no_codes(user_id, later) == "wait"
    assert (await try_it(database, code=later)).session is not None


async def test_a_free_try_that_began_before_another_need_not_wait(database: Database) -> None:
    counted = b"somebody"
    async with database.writer() as early, early.transaction(), database.writer() as late:
        await early.fetchval("SELECT now()")
        assert await count_try(late, counted) == 0
        assert await count_try(early, counted) == 0


async def test_a_flood_of_passwords_is_refused_and_passes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 2)
    tried = await asyncio.gather(*(try_it(database, f"{n}@example.com") for n in range(9)), return_exceptions=True)
    refused = [one for one in tried if isinstance(one, TooManyRequests)]
    assert 1 <= len(refused) <= 7
    assert (await try_it(database)) == Attempt()
    assert not [one for one in tried if one != Attempt() and one not in refused]


async def test_an_old_session_cannot_set_a_first_password(database: Database, owner: asyncpg.Connection) -> None:
    secret = await come_in(database)
    user_id = await owner.fetchval('SELECT user_id FROM "user"')
    await owner.execute("UPDATE session SET created_at = now() - interval '2 hours'")
    changed = await StaffOwn(lambda: database).set_password(user_id, secret, "", PASSWORD)
    assert changed.refusal == "come_in_anew"
    assert await owner.fetchval('SELECT password FROM "user"') is None


async def test_ones_own_sessions_are_listed_and_ended_and_nobody_elses(
    database: Database, owner: asyncpg.Connection
) -> None:
    mine, other, noahs = [await come_in(database, email) for email in (MAYA, MAYA, "noah@example.com")]
    user_id = await owner.fetchval('SELECT user_id FROM "user" WHERE email = $1', MAYA)
    own = StaffOwn(lambda: database)
    seen = await own.seen(user_id, mine)
    assert sorted(one.mine for one in seen.sessions) == [False, True]
    theirs = await owner.fetchval(
        'SELECT session_id FROM session JOIN "user" USING (user_id) WHERE email LIKE $1', "noah%"
    )
    assert await own.end_session(user_id, theirs) == "not_found"
    assert await own.end_session(user_id, next(one.session_id for one in seen.sessions if not one.mine)) == ""
    assert [await who(database, secret) for secret in (mine, other, noahs)] == [MAYA, "", "noah@example.com"]
    another = await come_in(database)
    await own.end_others(user_id, mine)
    assert [await who(database, secret) for secret in (mine, another, noahs)] == [MAYA, "", "noah@example.com"]


async def test_a_role_takes_effect_at_once_and_who_is_let_go_is_out(
    database: Database, owner: asyncpg.Connection
) -> None:
    maya, _ = await with_password(database, owner)
    team = StaffTeam(lambda: database)
    invited = await team.invite("Noah@Example.com ", "manager")
    assert (await team.invite("noah@example.com", "owner")).refusal == "already_in"
    assert (await team.invite("no address", "owner")).refusal == "bad_email"
    assert (await team.invite("x@example.com", "king")).refusal == "no_such_role"
    async with database.writer() as connection:
        opened = await sign_in(connection, invited.path.rpartition("/")[2])
    assert opened is not None
    noah = next(one.user_id for one in await team.seen() if one.email == "noah@example.com")
    # The last owner stays one, also when two owners step back at once.
    assert await team.set_role(maya, "analyst") == await team.let_go(maya) == "last_owner"
    assert await team.set_role(noah, "owner") == ""
    assert await who(database, opened.secret) == ""
    assert sorted(await asyncio.gather(team.set_role(maya, "analyst"), team.set_role(noah, "analyst"))) == [
        "",
        "last_owner",
    ]
    await owner.execute("UPDATE \"user\" SET role = 'owner'")
    link, spare = await team.link(noah), await come_in(database, "noah@example.com")
    assert await team.let_go(noah) == ""
    assert await who(database, spare) == ""
    async with database.writer() as connection:
        assert await sign_in(connection, link.path.rpartition("/")[2]) is None
    assert await team.link(noah) == await team.link(UUID(int=9))
    assert [one.email for one in await team.seen()] == [MAYA]
    again = await team.invite("noah@example.com", "support")
    assert again.refusal == ""
    assert {one.email: one.role for one in await team.seen()}["noah@example.com"] == "support"
