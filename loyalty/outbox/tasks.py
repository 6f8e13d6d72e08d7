"""Handing events to their consumers: one job per consumer and programme, so that each fails and waits by itself."""

import time
from collections.abc import Sequence
from functools import partial

from loyalty.database import Connection, Tx
from loyalty.jobs.job import Desk, Every, Job
from loyalty.outbox import queries
from loyalty.outbox.consumer import Consumer

_BATCH = 500
# After that somebody else's job may have the turn; what is left wakes this one again.
_TURN_SECONDS = 30
# It is woken by what waits for it; this is for a row that nobody ever saw.
_ANYHOW = Every(600)


def drain_of(consumer: Consumer) -> Job:
    """Make the job that hands events to a consumer. Its lease keeps two workers from doing so at once."""

    async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
        return await queries.waiting(connection, consumer.name, programs)

    return Job(
        f"outbox.{consumer.name}",
        _ANYHOW,
        partial(drain, consumer),
        per_program=True,
        waiting=waiting,
        # A first build reads everything there is.
        longest_seconds=3600,
    )


async def drain(consumer: Consumer, desk: Desk) -> None:
    """Hand over what there is; after failures in smaller batches, so that all before a bad event get through."""
    await _build(consumer, desk)
    size = max(1, _BATCH >> (desk.attempt - 1))
    until = time.monotonic() + _TURN_SECONDS
    while await _hand_over(consumer, desk, size) and time.monotonic() < until:
        pass


async def _build(consumer: Consumer, desk: Desk) -> None:
    async with desk.database.writer() as connection:
        if await queries.is_built(connection, desk.program_id, consumer.name):
            return
    if consumer.rebuild:
        await consumer.rebuild(desk.database, desk.program_id)
    async with desk.database.writer() as connection:
        await queries.built(connection, desk.program_id, consumer.name)


async def _hand_over(consumer: Consumer, desk: Desk, size: int) -> int:
    async with desk.database.writer() as connection, connection.transaction():
        events = await queries.next_events(connection, desk.program_id, consumer.name, size)
        if events:
            await consumer.handle(Tx(connection, locked=True), desk.program_id, events)
            await queries.had(connection, desk.program_id, consumer.name, events)
        return len(events)
