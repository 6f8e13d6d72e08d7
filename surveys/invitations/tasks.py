"""What the worker does about surveys: it sends what is due and reminds, each in a commit of its own."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from loyalty.database import Connection, Database, Tx, write
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from loyalty.settings import Settings
from surveys.invitations import posted
from surveys.invitations import queries as invitations
from surveys.invitations.bounces import bounce
from surveys.invitations.keys import keyring
from surveys.invitations.letters import by_mail
from surveys.invitations.rules import Verdict
from surveys.invitations.sending import Post, send, send_reminder
from surveys.invitations.tokens import Keyring

SEND = "surveys.send"
_AT_ONCE = 200
_WITHOUT_POST = timedelta(minutes=10)
log = structlog.get_logger("loyalty.surveys")

Find = Callable[[Connection, int, int], Awaitable[Sequence[UUID]]]
Do = Callable[[Tx, ProgramFacts, UUID, Keyring, Post | None], Awaitable[Verdict | None]]


async def send_due(desk: Desk) -> None:
    """Send a programme's surveys that are due by mail, and hear of those that came back."""
    settings = Settings()
    ring = keyring(settings)
    if settings.smtp_url is None or ring.newest is None:
        # Nobody is asked, so nobody's quarantine begins; what waits too long is skipped as such.
        lacking = "SMTP_URL" if settings.smtp_url is None else "LOYALTY_LINK_KEYS"
        log.warning("surveys wait: set what is lacking", program_id=desk.program_id, lacking=lacking)
        async with desk.database.writer() as connection:
            await invitations.put_off(connection, desk.program_id, _WITHOUT_POST)
        return
    await work_off(desk, ring, by_mail(settings.public_url))
    await hear_of_bounces(desk)


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


async def work_off(desk: Desk, ring: Keyring, post: Post | None) -> int:
    """Send all that is due, and the reminders; tells how many were decided. Killed, the next run goes on."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
    decided = 0
    for find, do in ((invitations.due, send), (invitations.to_remind, send_reminder)):
        decided += await _all(desk.database, program, find, partial(_one, do, program, ring, post))
    if decided:
        log.info("surveys_decided", program_id=desk.program_id, invitations=decided, run_id=str(desk.run_id))
    return decided


async def _all(
    database: Database, program: ProgramFacts, find: Find, do: Callable[[UUID, Tx], Awaitable[Verdict | None]]
) -> int:
    decided = 0
    while True:
        async with database.reader() as connection:
            found = await find(connection, program.program_id, _AT_ONCE)
        for invitation_id in found:
            decided += await in_transaction(database, partial(do, invitation_id)) is not None
        if len(found) < _AT_ONCE:
            return decided


async def _one(
    do: Do, program: ProgramFacts, ring: Keyring, post: Post | None, invitation_id: UUID, tx: Tx
) -> Verdict | None:
    return await do(tx, program, invitation_id, ring, post)


async def in_transaction(database: Database, verb: Callable[[Tx], Awaitable[Verdict | None]]) -> Verdict | None:
    """Commit one verb's whole work."""

    async def alone(tx: Tx, _: Sequence[None]) -> list[Verdict | None]:
        return [await verb(tx)]

    [result] = await write(database, alone, [None], whole=True)
    return result
