"""Workers for the tests: some within the test, some as processes that can be killed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from loyalty.background import zones
from loyalty.database import Database
from loyalty.jobs.actions import Jobs
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.jobs.job import Job
from loyalty.jobs.sweeper import Pace

REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECONDS = 60
# Nobody listens there.
CLOSED = "redis://127.0.0.1:9/0"
QUICK = Pace(poll=0.05, after_trouble=0.05, lease=1.5, programs=0.2, grace=1.0)


@dataclass
class Bench:
    """A database with workers on it."""

    database: Database
    redis_url: str = CLOSED
    pace: Pace = QUICK
    names: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def workers(self, *jobs: Job, count: int = 1) -> AsyncIterator[None]:
        """Keep workers running; they end with the block, and must have ended well."""
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            tasks = []
            for _ in range(count):
                bell = ArqDoorbell(self.redis_url)
                stack.push_async_callback(bell.close)
                self.names.append(f"worker {len(self.names)}")
                run = Jobs(self.database, bell).run(jobs, zones, stop, self.names[-1], self.pace)
                tasks.append(asyncio.ensure_future(run))
            try:
                yield
            finally:
                stop.set()
                await asyncio.gather(*tasks)


async def until(holds: Callable[[], Awaitable[object]], patience: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(patience):
        while not await holds():  # noqa: ASYNC110 - the database cannot set an event of ours
            await asyncio.sleep(0.02)


async def row_of(owner: asyncpg.Connection, job: str) -> asyncpg.Record:
    """Read the schedule of the only row of a job."""
    [row] = await owner.fetch("SELECT *, next_at - clock_timestamp() AS wait FROM schedule WHERE job = $1", job)
    return row


def worker_process(module: str, *args: str, **env: str) -> "subprocess.Popen[str]":
    """Start a process of its own."""
    command = [sys.executable, "-m", module, *args]
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return subprocess.Popen(
        command, cwd=REPOSITORY, env={**inherited, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
