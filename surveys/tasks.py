"""What the worker does about surveys: it sends what is due and reminds, each in a commit of its own."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

import structlog

from loyalty.database import Connection, Database, Tx, write
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from surveys import invitations
from surveys.rules import Verdict
from surveys.sending import Post, send, send_reminder
from surveys.tokens import Keyring

SEND = "surveys.send"
_AT_ONCE = 200
log = structlog.get_logger("loyalty.surveys")

Find = Callable[[Connection, int, int], Awaitable[Sequence[UUID]]]
Do = Callable[[Tx, ProgramFacts, UUID, Keyring, Post | None], Awaitable[Verdict | None]]


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
