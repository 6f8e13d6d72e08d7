"""The port: have a job run soon, have it run later, be the one who runs them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loyalty.database import Database, Tx
from loyalty.jobs import queries
from loyalty.jobs.job import ALIVE, INSTALLATION, Job, Programs
from loyalty.jobs.sweeper import Pace, Sweeper


class Doorbell(Protocol):
    """How a worker is told to look at once. It may fail silently; nothing may depend on it."""

    def ring(self) -> Awaitable[None]:
        """Have a worker look now."""

    def listen(self, heard: Callable[[], None]) -> Awaitable[None]:
        """Call `heard` at every ring, for ever."""


async def schedule(tx: Tx, job: str, program_id: int = INSTALLATION, at: datetime | None = None) -> None:
    """Have a job run at `at` (None: now) or before. In the caller's commit: no commit, no run."""
    await queries.ask_for(tx.connection, job, program_id, at)


@dataclass(frozen=True, slots=True)
class Jobs:
    """What a process has to do with jobs: PostgreSQL, which knows, and the bell, which hurries."""

    database: Database
    doorbell: Doorbell

    async def enqueue(self, job: str, program_id: int = INSTALLATION) -> None:
        """Have a job run as soon as possible, also when it failed and waits; a commit of its own."""
        async with self.database.writer() as connection:
            await schedule(Tx(connection), job, program_id)
        await self.doorbell.ring()

    async def run(
        self, jobs: Sequence[Job], programs: Programs, stop: asyncio.Event, worker: str, pace: Pace | None = None
    ) -> None:
        """Run jobs until `stop`; any number of workers may do so. Ends within twice the pace's grace after `stop`."""
        sweeper = Sweeper(self.database, {job.name: job for job in (ALIVE, *jobs)}, programs, worker, pace or Pace())
        listening = asyncio.ensure_future(self.doorbell.listen(sweeper.look_now))
        try:
            await sweeper.run(stop)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
