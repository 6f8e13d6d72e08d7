"""What the worker does about surveys: it sends what is due and reminds, a batch in each commit."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import cache, partial
from uuid import UUID

import asyncpg
import structlog

from loyalty.database import Connection, Database, Tx, write
from loyalty.errors import Unavailable
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from loyalty.settings import Settings
from surveys.invitations import outcomes, posted
from surveys.invitations import queries as invitations
from surveys.invitations.bounces import bounce
from surveys.invitations.keys import keyring
from surveys.invitations.letters import by_mail
from surveys.invitations.rules import Verdict
from surveys.invitations.sending import NoKey, Post, remind_all, send_all
from surveys.invitations.tokens import Keyring

SEND = "surveys.send"
# So many are decided in a quarter of a second: no longer does a purchase of one of these customers wait.
_AT_ONCE = 250
_WITHOUT_POST = timedelta(minutes=10)
_UNDECIDABLE = timedelta(hours=1)
# What is no invitation's own failure: the job is tried again.
_NOT_THEIRS = (OSError, Unavailable, asyncpg.PostgresConnectionError, NoKey)
log = structlog.get_logger("loyalty.surveys")

Find = Callable[[Connection, int, int], Awaitable[Sequence[UUID]]]
Do = Callable[[Tx, ProgramFacts, Sequence[UUID], Keyring, Post | None], Awaitable[dict[UUID, Verdict]]]
Batch = Callable[[Tx, Sequence[UUID]], Awaitable[list[Verdict]]]


async def send_due(desk: Desk) -> None:
    """Send a programme's surveys that are due by mail, and hear of those that came back."""
    settings = Settings()
    ring = keyring(settings)
    if settings.smtp_url is None or ring.newest is None:
        # Nobody is asked, so nobody's quarantine begins; what waits too long is skipped as such.
        lacking = "SMTP_URL" if settings.smtp_url is None else "LOYALTY_LINK_KEYS"
        async with desk.database.writer() as connection:
            program = await program_of(connection, desk.program_id)
            await outcomes.put_off(connection, desk.program_id, _WITHOUT_POST)
        if program.data_origin is None:
            log.warning("surveys wait: set what is lacking", program_id=desk.program_id, lacking=lacking)
        else:
            _say_once(desk.program_id, lacking)
        return
    await work_off(desk, ring, by_mail(settings.public_url))
    await hear_of_bounces(desk)


@cache
def _say_once(program_id: int, lacking: str) -> None:
    """Say of a sample, from which nobody need be asked, that it asks nobody."""
    log.info("the sample's surveys wait", program_id=program_id, lacking=lacking)


async def hear_of_bounces(desk: Desk) -> None:
    """Have nothing more sent to addresses that a mail server refused for good."""

    async def hear(tx: Tx, _: Sequence[None]) -> list[int]:
        found = await posted.resolved(tx.connection, desk.program_id, _AT_ONCE)
        for invitation_id, refused in found:
            if refused:
                await bounce(tx, desk.program_id, invitation_id)
        return [len(found)]

    while await write(desk.database, hear, [None], whole=True) == [_AT_ONCE]:
        pass


async def work_off(desk: Desk, ring: Keyring, post: Post | None, at_once: int = _AT_ONCE) -> int:
    """Send all that is due, and the reminders; tells how many were decided. Killed, the next run goes on."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
    decided = 0
    for find, do in ((invitations.due, send_all), (invitations.to_remind, remind_all)):
        decided += await _all(desk.database, program, find, partial(_do, do, program, ring, post), at_once)
    if decided:
        log.info("surveys_decided", program_id=desk.program_id, invitations=decided, run_id=str(desk.run_id))
    return decided


async def _do(
    do: Do, program: ProgramFacts, ring: Keyring, post: Post | None, tx: Tx, ids: Sequence[UUID]
) -> list[Verdict]:
    return list((await do(tx, program, ids, ring, post)).values())


async def _all(database: Database, program: ProgramFacts, find: Find, do: Batch, at_once: int) -> int:
    decided = 0
    while True:
        async with database.reader() as connection:
            found = await find(connection, program.program_id, at_once)
        done = await _settle(database, program.program_id, found, do) if found else 0
        decided += done
        # What others hold is theirs, or found again by the next run.
        if len(found) < at_once or not done:
            return decided


async def _settle(database: Database, program_id: int, ids: Sequence[UUID], do: Batch) -> int:
    """Decide a batch in one commit; when it fails, one by one, so that one that cannot be decided holds up nobody."""
    try:
        return len(await write(database, do, ids, whole=True))
    except _NOT_THEIRS:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one
        if len(ids) > 1:
            return sum([await _settle(database, program_id, [one], do) for one in ids])
        # Its name alone: what an error says may name people.
        log.warning("survey put off", program_id=program_id, invitation_id=str(ids[0]), error=type(error).__name__)
        async with database.writer() as connection:
            await outcomes.put_off_one(connection, program_id, ids[0], _UNDECIDABLE)
        return 1
