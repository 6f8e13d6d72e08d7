"""Who replays ranges: this process, on the connection that it has, or several, each on one of its own.

All see the same snapshot: the coordinator exports it, and holds its transaction open until all is done.
"""

import asyncio
import os
import signal
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, NamedTuple, Protocol

import asyncpg

from loyalty.errors import Unavailable
from loyalty.verify.parts import Part, replay
from loyalty.verify.ranges import Range

if TYPE_CHECKING:
    from loyalty.database import Connection

MOST_JOBS = 4
# A process has to start first: for fewer rows than these, one is the fastest.
ROWS_THAT_PAY = 20_000
# Ranges that wait for a process; what they found waits for its turn too.
_AHEAD = 2
# Everything of a range has an index that begins with its key, whatever the statistics of a new ledger say.
_BY_INDEX = dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan"), "off")
_BY_INDEX |= {"enable_nestloop": "on", "jit": "off"}
_SET = "SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS s (name, value)"
# The last one: asyncpg says so of a connection that was ended while this process computed, and nobody listened to it.
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Workers(Protocol):
    """Whoever replays ranges."""

    def parts(self, ranges: AsyncIterator[Range]) -> AsyncGenerator[Part, None]:
        """Give what was found in each, in their order."""


class Server(NamedTuple):
    """Where a process connects to, and to which snapshot."""

    url: str
    settings: dict[str, str]
    snapshot: str


def jobs_that_pay(rows: int) -> int:
    """Tell how many processes a ledger is worth."""
    return min(MOST_JOBS, os.cpu_count() or 1) if rows >= ROWS_THAT_PAY else 1


class Here:
    """This process."""

    def __init__(self, connection: "Connection") -> None:
        """Ask on a connection that sees the snapshot."""
        self._connection = connection

    async def parts(self, ranges: AsyncIterator[Range]) -> AsyncGenerator[Part, None]:
        """Give what was found in each, in their order."""
        async for one in ranges:
            names = list(_BY_INDEX)
            before = await self._connection.fetch("SELECT current_setting(name) FROM unnest($1::text[]) AS name", names)
            await self._connection.execute(_SET, names, list(_BY_INDEX.values()))
            part = await replay(self._connection, one)
            await self._connection.execute(_SET, names, [row[0] for row in before])
            yield part


class Processes:
    """Several processes."""

    def __init__(self, pool: ProcessPoolExecutor, jobs: int) -> None:
        """Hand out to a pool."""
        self._pool = pool
        self._ahead = jobs * _AHEAD

    async def parts(self, ranges: AsyncIterator[Range]) -> AsyncGenerator[Part, None]:
        """Give what was found in each, in their order; `Unavailable` when a process or its connection was lost."""
        under_way: deque[asyncio.Future[Part]] = deque()
        try:
            async for one in ranges:
                under_way.append(asyncio.wrap_future(self._pool.submit(_replay, one)))
                if len(under_way) > self._ahead:
                    yield await under_way.popleft()
            while under_way:
                yield await under_way.popleft()
        except BrokenProcessPool as error:
            msg = "A process that replays the ledger was ended. Nothing was changed; run it again, or with --jobs 1."
            raise Unavailable(msg) from error
        finally:
            for waiting in under_way:
                waiting.cancel()


@asynccontextmanager
async def processes(connection: "Connection", url: str, jobs: int) -> AsyncIterator[Processes]:
    """Start processes that see what the connection's transaction sees; they end with the block."""
    from loyalty.database import APP_ROLE

    settings = {"application_name": "loyalty", "role": APP_ROLE, "timezone": "UTC", **_BY_INDEX}
    server = Server(url, settings, await connection.fetchval("SELECT pg_export_snapshot()"))
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(server,))
    try:
        yield Processes(pool, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


class _Process:
    """One of the processes: its loop, and its connection from the first range on."""

    runner: asyncio.Runner
    server: Server
    connection: asyncpg.Connection | None = None


def _begin(server: Server) -> None:
    """Begin a process. Ctrl-C is the coordinator's; without it, a process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Process.runner, _Process.server = asyncio.Runner(), server


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _replay(one: Range) -> Part:
    return _Process.runner.run(_replay_connected(one))


async def _replay_connected(one: Range) -> Part:
    try:
        if _Process.connection is None:
            url, settings, snapshot = _Process.server
            _Process.connection = await asyncpg.connect(url, timeout=10, server_settings=settings)
            await _Process.connection.transaction(isolation="repeatable_read", readonly=True).start()
            await _Process.connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        return await replay(_Process.connection, one)
    except _LOST as error:
        # Not every error of the driver's can be handed to another process.
        msg = f"The database does not answer any more ({error or type(error).__name__}). Run the command again."
        raise Unavailable(msg) from None
