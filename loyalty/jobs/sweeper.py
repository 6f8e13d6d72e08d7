"""One worker's round: see what is due, take a lease on it, run it, keep the lease, write down how it went.

Leases are short and kept alive while a job runs. A worker that is killed lets its leases run out, and another goes on;
one that cannot keep them (the database is away, the machine slept) breaks its jobs off: others may have them by now.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from loyalty.database import Connection, Database
from loyalty.ids import new_id
from loyalty.jobs import queries
from loyalty.jobs.job import INSTALLATION, Desk, Job, Programs
from loyalty.jobs.queries import Run
from loyalty.jobs.rules import back_off, first_run, next_run
from loyalty.jobs.tables import LONGEST_ERROR

log = structlog.get_logger("loyalty.jobs")

# Most runs find little to do, and nobody wants to read of them.
_WORTH_TELLING_SECONDS = 1.0


@dataclass(frozen=True)
class Pace:
    """How a worker goes about it, in seconds. `grace`: how long a job may go on after the end was asked for."""

    poll: float = 1.0
    after_trouble: float = 3.0
    lease: float = 15.0
    programs: float = 10.0
    grace: float = 4.0
    jobs_at_once: int = 4


@dataclass(slots=True)
class Sweeper:
    """One worker. `name` says for people which one has a lease."""

    database: Database
    jobs: Mapping[str, Job]
    programs: Programs
    name: str
    pace: Pace
    _zones: Mapping[int, ZoneInfo] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _running: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    _look: asyncio.Event = field(default_factory=asyncio.Event)

    def look_now(self) -> None:
        """Do not wait for the next round."""
        self._look.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until `stop`; whatever fails, the worker goes on."""
        stopping = asyncio.ensure_future(_then(stop, self.look_now))
        keeping = asyncio.ensure_future(self._keep_leases())
        try:
            while not stop.is_set():
                self._look.clear()
                pause = self.pace.poll
                try:
                    await self._sweep()
                except Exception as error:  # noqa: BLE001 - the database is away, or worse: it will be asked again
                    log.warning("cannot look for jobs", error=told(error))
                    pause = self.pace.after_trouble
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), 0 if stop.is_set() else pause)
        finally:
            await self._wind_up()
            stopping.cancel()
            keeping.cancel()
            await asyncio.gather(stopping, keeping, return_exceptions=True)

    async def _sweep(self) -> None:
        free = self.pace.jobs_at_once - len(self._running)
        if free <= 0:
            return  # who ends next looks again
        async with self.database.writer() as connection:
            await self._plan(connection)
            for job in self.jobs.values():
                if job.waiting and (found := await job.waiting(connection, list(self._zones))):
                    await queries.wake(connection, job.name, found)
            runs = await self._take(connection, free)
        for run in runs:
            self._running[run.run_id] = asyncio.ensure_future(self._run(run))

    async def _plan(self, connection: Connection) -> None:
        """See to it that every job has its rows; a new programme gets them within seconds."""
        if time.monotonic() < self._looked_at + self.pace.programs:
            return
        zones = await self.programs(connection)
        if zones != self._zones or self._looked_at < 0:
            now = await queries.now(connection)
            rows = [
                (job.name, program, first_run(job.when, now, zone), next_run(job.when, now, zone))
                for job in self.jobs.values()
                for program, zone in (zones if job.per_program else {INSTALLATION: _UTC}).items()
            ]
            await queries.plan(connection, rows)
        self._zones, self._looked_at = zones, time.monotonic()

    async def _take(self, connection: Connection, limit: int) -> list[Run]:
        async with connection.transaction():
            found = await queries.due(connection, list(self.jobs), [INSTALLATION, *self._zones], limit)
            if not found:
                return []
            now = await queries.now(connection)
            runs = [self._new_run(one, now) for one in found]
            await queries.lease(connection, runs, self.name, self.pace.lease)
        for one in found:
            if one.left_by:
                log.warning("took a job over", job=one.job, program_id=one.program_id, left_by=one.left_by)
        return runs

    def _new_run(self, one: queries.Due, now: datetime) -> Run:
        next_at = next_run(self.jobs[one.job].when, now, self._zones.get(one.program_id, _UTC))
        return Run(one.job, one.program_id, new_id(), one.attempts + 1, now, next_at)

    async def _run(self, run: Run) -> None:
        """Run one job and write down how it went."""
        said = log.bind(job=run.job, program_id=run.program_id, run_id=str(run.run_id), attempt=run.attempt)
        job, began = self.jobs[run.job], time.monotonic()
        outcome: Callable[[Connection], Awaitable[None]]
        try:
            async with asyncio.timeout(job.longest_seconds) as limit:
                await job.run(Desk(self.database, run.program_id, run.run_id, run.attempt, run.now))
        except asyncio.CancelledError:
            said.warning("job broken off")
            outcome = _outcome(queries.give_back, run)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            why = f"took longer than {job.longest_seconds:g} s" if limit.expired() else told(error)
            wait = back_off(run.attempt, random.random())  # noqa: S311 - dice, not secrets
            said.warning("job failed", error=why, again_after_seconds=round(wait.total_seconds(), 1))
            outcome = _outcome(queries.failed, run, wait, why)
        else:
            seconds = time.monotonic() - began
            if run.attempt > 1 or seconds >= _WORTH_TELLING_SECONDS:
                said.info("job done", seconds=round(seconds, 3))
            outcome = _outcome(queries.succeeded, run)
        if len(self._running) >= self.pace.jobs_at_once:
            self.look_now()
        del self._running[run.run_id]
        try:
            async with self.database.writer() as connection:
                await outcome(connection)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and it is run again: jobs can take that
            said.warning("cannot write down how the job went", error=told(error))

    async def _keep_leases(self) -> None:
        often = self.pace.lease / 3
        held_until = time.monotonic() + self.pace.lease
        while True:
            left = held_until - time.monotonic()
            await asyncio.sleep(min(often, left) if left > 0 else often)
            asked_at, mine = time.monotonic(), set(self._running)
            try:
                # An answer that comes after the end of the leases is none.
                async with asyncio.timeout(max(0.0, held_until - asked_at)):
                    held = await self._renewed(mine) if mine else mine
            except Exception as error:  # noqa: BLE001 - as long as the leases last, try again
                log.warning("cannot keep leases", error=told(error))
                if time.monotonic() < held_until:
                    continue
                held = set()
            held_until = asked_at + self.pace.lease
            for lost in mine - held:
                if task := self._running.get(lost):
                    task.cancel()

    async def _renewed(self, runs: set[UUID]) -> set[UUID]:
        async with self.database.writer() as connection:
            return await queries.renew(connection, runs, self.pace.lease)

    async def _wind_up(self) -> None:
        """Let jobs end, then break them off; their leases are given back."""
        running = set(self._running.values())
        if running:
            _, running = await asyncio.wait(running, timeout=self.pace.grace)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=self.pace.grace)


_UTC = ZoneInfo("UTC")


def told(error: BaseException) -> str:
    """Write an error down, short and without the values that PostgreSQL quotes: those are people's data."""
    if isinstance(error, asyncpg.PostgresError):
        quotes = isinstance(error, asyncpg.DataError)
        what = "" if quotes else str(error.args[0] if error.args else "").partition("\n")[0]
        return f"{type(error).__name__} ({error.sqlstate}): {what}".rstrip(": ")[:LONGEST_ERROR]
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(": ").replace("\x00", "")[:LONGEST_ERROR]


def _outcome(write: Callable[..., Awaitable[None]], run: Run, *more: object) -> Callable[[Connection], Awaitable[None]]:
    return lambda connection: write(connection, run, *more)


async def _then(event: asyncio.Event, act: Callable[[], None]) -> None:
    await event.wait()
    act()
