"""What the worker does for the day sets: it works off dirty days. (The outbox hands over the events that mark them.)"""

import time
from collections.abc import Sequence
from contextlib import suppress

import asyncpg

from kpi.rollup import store
from kpi.rollup.work import CONSUMER, KPI_VERSION
from kpi.rollup.work import work_off as work_off_month
from loyalty.database import Connection
from loyalty.jobs.job import Desk
from loyalty.outbox import queries as outbox
from loyalty.programs.queries import program_of

# After that somebody else's job may have the turn; what is left wakes this one again.
_TURN_SECONDS = 30


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell which of these programmes have dirty days, or days that were built by another zone or definition."""
    return await store.waiting(connection, CONSUMER, KPI_VERSION, programs)


async def work_off(desk: Desk) -> None:
    """Count dirty days anew, a month a commit; what was built by another zone or definition is built again."""
    async with desk.database.writer() as connection:
        if await store.is_outdated(connection, desk.program_id, KPI_VERSION):
            await outbox.build_again(connection, desk.program_id, CONSUMER)
            return
        program = await program_of(connection, desk.program_id)
    until, more = time.monotonic() + _TURN_SECONDS, True
    while more and time.monotonic() < until:
        # A merge that was handed over in between has changed the build's row: the next snapshot has it.
        with suppress(asyncpg.SerializationError):
            async with desk.database.writer() as connection, connection.transaction(isolation="repeatable_read"):
                more = await work_off_month(connection, program)
