"""The verbs of back-tests: start one, see how far it is, stop it. The worker does the work (`tasks.py`)."""

from uuid import UUID

from loyalty.backtests import queries
from loyalty.backtests.facts import BacktestFacts, NewBacktest
from loyalty.backtests.rules import in_order
from loyalty.database import Connection, Tx
from loyalty.earning.checks import checked
from loyalty.errors import Invalid, NotFound
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule
from loyalty.programs.facts import Source

# The job that works them off; the name is for ever.
JOB = "backtests.work_off"
_MOST_WAITING = 20


async def start(connection: Connection, source: Source, new: NewBacktest) -> BacktestFacts:
    """Ask for a back-test, in the caller's commit; a worker begins within moments. `Invalid` names what is wrong."""
    in_order(new.from_on, new.to_on)
    if new.point_cost_minor is not None and new.point_cost_minor < 0:
        msg = "A point costs nothing or more."
        raise Invalid(msg, pointer="/point_cost")
    checked(new.rules)
    program_id = source.program.program_id
    if await queries.unfinished(connection, program_id) >= _MOST_WAITING:
        msg = f"{_MOST_WAITING} back-tests are waiting already. Wait for one to end, or cancel one."
        raise Invalid(msg)
    backtest_id = new_id()
    await queries.add(connection, program_id, backtest_id, new, source.actor)
    await schedule(Tx(connection), JOB, program_id)
    return await find(connection, program_id, backtest_id)


async def find(connection: Connection, program_id: int, backtest_id: UUID) -> BacktestFacts:
    """Find a back-test as it stands; raises `NotFound`."""
    found = await queries.backtests(connection, program_id, backtest_id)
    if not found:
        msg = f"There is no back-test {backtest_id}."
        raise NotFound(msg)
    return found[0]


async def latest(connection: Connection, program_id: int, limit: int = 50) -> list[BacktestFacts]:
    """List the newest back-tests."""
    return await queries.backtests(connection, program_id, limit=limit)


async def cancel(connection: Connection, program_id: int, backtest_id: UUID) -> BacktestFacts:
    """Stop a back-test; one that has ended stays as it is. The worker leaves it within a second."""
    await queries.cancel(connection, program_id, backtest_id)
    return await find(connection, program_id, backtest_id)
