"""What the worker does: it works off back-tests, several at once, a slice of each in turn."""

import time
from dataclasses import dataclass, field

import asyncpg
import structlog

from loyalty.backtests import queries
from loyalty.backtests.facts import BacktestFacts, NewBacktest, Result
from loyalty.backtests.replay import Replay
from loyalty.backtests.tables import LONGEST_ERROR
from loyalty.errors import Unavailable
from loyalty.jobs.job import Desk
from loyalty.jobs.sweeper import told
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of

# Of one programme. The others wait; each holds a few numbers per customer in memory.
_AT_ONCE = 2
_TELL_EVERY_SECONDS = 0.3
# The database was away, or too busy: the job is tried again, and begins anew.
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, Unavailable)
_ATTEMPTS = 5
log = structlog.get_logger("loyalty.backtests")


@dataclass(slots=True)
class _Run:
    """One back-test under way; nothing of it is looked at before its first step, which may fail."""

    facts: BacktestFacts
    replay: Replay | None = None
    told_at: float = field(default=float("-inf"))

    @property
    def done(self) -> int:
        """How many decisions were looked at."""
        return self.replay.done if self.replay else 0


async def work_off(desk: Desk) -> None:
    """Do all back-tests that are asked for, until none is left. One that was cancelled is left within a second."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
    runs: list[_Run] = []
    looked_at, left_too = float("-inf"), True
    while True:
        if len(runs) < _AT_ONCE and (not runs or time.monotonic() - looked_at >= _TELL_EVERY_SECONDS):
            looked_at = time.monotonic()
            async with desk.database.writer() as connection:
                found = await queries.take(
                    connection, desk.program_id, desk.run_id, _AT_ONCE - len(runs), left=left_too
                )
            # Once, and they are the oldest: whoever has lost one to another run must not take it back.
            left_too = False
            runs += [_Run(facts) for facts in found]
        if not runs:
            return
        runs = [run for run in runs if await _goes_on(desk, program, run)]


async def _goes_on(desk: Desk, program: ProgramFacts, run: _Run) -> bool:
    """Do a slice of a back-test; False when it has ended, in whatever way."""
    try:
        return await _step(desk, program, run)
    except _AWAY as error:
        if desk.attempt < _ATTEMPTS:
            raise
        why = told(error)
    except Exception as error:  # noqa: BLE001 - it would fail again; the others go on
        why = told(error)
    log.warning("back-test failed", program_id=desk.program_id, backtest_id=str(run.facts.backtest_id), error=why)
    await _end(desk, run, why[:LONGEST_ERROR])
    return False


async def _step(desk: Desk, program: ProgramFacts, run: _Run) -> bool:
    more, replay = True, run.replay
    async with desk.database.reader() as connection:
        if replay is None:
            replay = run.replay = Replay(program, _asked(run.facts))
            await replay.begin(connection)
        else:
            more = await replay.step(connection)
    if not more:
        await _end(desk, run, replay.result())
        return False
    if time.monotonic() - run.told_at < _TELL_EVERY_SECONDS:
        return True
    run.told_at = time.monotonic()
    async with desk.database.writer() as connection:
        progress = (replay.done, max(replay.done, replay.total))
        return await queries.progress(connection, desk.program_id, run.facts.backtest_id, desk.run_id, *progress)


def _asked(facts: BacktestFacts) -> NewBacktest:
    return NewBacktest(facts.name, facts.rules, facts.from_on, facts.to_on, facts.point_cost_minor, facts.draft_id)


async def _end(desk: Desk, run: _Run, outcome: Result | str) -> None:
    async with desk.database.writer() as connection:
        key = (desk.program_id, run.facts.backtest_id, desk.run_id)
        await queries.end(connection, *key, run.done, outcome)
