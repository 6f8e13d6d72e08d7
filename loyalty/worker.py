"""The door for time: runs jobs and hands events over, beside the HTTP servers or on a machine of its own."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from secrets import token_hex

import asyncpg
import structlog

from loyalty.background import all_jobs, zones
from loyalty.database import Database, connect
from loyalty.jobs.actions import Jobs
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.jobs.sweeper import Pace, told
from loyalty.settings import Settings
from loyalty.web.logs import log_as_json

log = structlog.get_logger("loyalty.worker")

_AGAIN_AFTER_SECONDS = 2.0
# After that the process ends, whatever is still open: leases run out by themselves.
_END_AFTER_SECONDS = 9.5
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# What a database says, or does not say, while it is not there; a wrong password is among it, and may be put right.
_NOT_THERE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def main(*, ignored: Sequence[signal.Signals] = ()) -> None:
    """Work until SIGTERM, SIGINT or SIGHUP; a parent that ends us itself has those `ignored` that go to it, too."""
    log_as_json()
    asyncio.run(_main(Settings(), ignored))


async def _main(settings: Settings, ignored: Sequence[signal.Signals]) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        stop.set()
        loop.call_later(_END_AFTER_SECONDS, os._exit, 1)

    for signum in _ENDING:
        if signum in ignored:
            signal.signal(signum, signal.SIG_IGN)
        else:
            loop.add_signal_handler(signum, end)
    await work(settings, stop)


async def work(settings: Settings, stop: asyncio.Event, pace: Pace | None = None) -> None:
    """Run jobs until `stop`. Needs PostgreSQL and waits for it; Redis only makes it quicker."""
    if not settings.database_url or not settings.redis_url:
        msg = "DATABASE_URL and REDIS_URL are not set. `loyalty worker` starts embedded servers and sets both."
        raise RuntimeError(msg)
    name = f"{socket.gethostname()}:{os.getpid()}:{token_hex(3)}"
    said = log.bind(worker=name)
    pace = pace or Pace(jobs_at_once=min(Pace.jobs_at_once, settings.pool_size))
    # Each job has one connection at a time; the round and the leases must never wait for them.
    roomy = settings.model_copy(update={"pool_size": settings.pool_size + 2})
    async with _pools(roomy, settings.database_url, stop) as database:
        if database is None:
            return
        bell = ArqDoorbell(settings.redis_url)
        said.info("worker started")
        try:
            await Jobs(database, bell).run(all_jobs(), zones, stop, name, pace)
        finally:
            await bell.close()
        said.info("worker ended")


@asynccontextmanager
async def _pools(settings: Settings, url: str, stop: asyncio.Event) -> AsyncIterator[Database | None]:
    """Open the pools as soon as the database is there; None when the end came first."""
    waiting = False
    while not stop.is_set():
        opened = connect(settings, url)
        try:
            database = await opened.__aenter__()
        except _NOT_THERE as error:
            if not waiting:
                log.warning("waiting for the database", error=told(error))
            waiting = True
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _AGAIN_AFTER_SECONDS)
            continue
        try:
            yield database
        finally:
            await opened.__aexit__(None, None, None)
        return
    yield None
