"""The verbs of estimates: ask for one, see how far it is, stop it; the worker makes them. And what holdouts measure."""

from datetime import date, timedelta
from uuid import UUID

from kpi.impact import queries
from kpi.impact.facts import EstimateFacts
from kpi.impact.horizon import Outlook, outlook
from kpi.impact.measuring import Measurement, measurement_of
from loyalty.clock import utc_now
from loyalty.database import Connection, Tx
from loyalty.errors import NotFound
from loyalty.holdouts.actions import find_holdout
from loyalty.holdouts.actions import latest as latest_holdouts
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule

# The jobs that make them, that ask for one a month, and that measure; the names are for ever.
JOB, MONTHLY, MEASURING = "impact.work_off", "impact.monthly", "impact.measure"
BY_ITSELF = "schedule"
# Longer than it takes until what was recorded may be known.
_SETTLING = timedelta(seconds=30)


async def start(connection: Connection, program_id: int, actor: str) -> EstimateFacts:
    """Ask for an estimate, in the caller's commit; while one waits or runs, that one is given instead."""
    for state in ("running", "queued"):
        if under_way := await _newest(connection, program_id, state):
            return under_way[0]
    estimate_id = new_id()
    await queries.add(connection, program_id, estimate_id, actor)
    await schedule(Tx(connection), JOB, program_id)
    return await find(connection, program_id, estimate_id)


async def estimate_soon(connection: Connection, program_id: int) -> None:
    """Have this month's estimate made, unless there is one, once all that was just recorded has settled."""
    await schedule(Tx(connection), MONTHLY, program_id, utc_now() + _SETTLING)


async def find(connection: Connection, program_id: int, estimate_id: UUID) -> EstimateFacts:
    """Find an estimate as it stands; raises `NotFound`."""
    found = await queries.estimates(connection, program_id, estimate_id)
    if not found:
        msg = f"There is no estimate {estimate_id}."
        raise NotFound(msg)
    return found[0]


async def latest(connection: Connection, program_id: int, limit: int = 50) -> list[EstimateFacts]:
    """List the newest estimates, in whatever state."""
    return await queries.estimates(connection, program_id, limit=limit)


async def last_done(connection: Connection, program_id: int) -> EstimateFacts | None:
    """Find the newest that came to something; None before the first."""
    found = await _newest(connection, program_id, "done")
    return found[0] if found else None


async def cancel(connection: Connection, program_id: int, estimate_id: UUID) -> EstimateFacts:
    """Stop an estimate; one that has ended stays as it is. The worker leaves it within moments."""
    await queries.cancel(connection, program_id, estimate_id)
    return await find(connection, program_id, estimate_id)


async def _newest(connection: Connection, program_id: int, state: str) -> list[EstimateFacts]:
    return await queries.estimates(connection, program_id, state=state)


async def read_measurement(connection: Connection, program_id: int, holdout_id: UUID) -> Measurement:
    """Tell what a holdout measured, as far as it was read; raises `NotFound`."""
    holdout = await find_holdout(connection, program_id, holdout_id)
    return measurement_of(holdout, (await queries.readings(connection, program_id)).get(holdout_id))


async def newest_measurements(connection: Connection, program_id: int) -> tuple[Measurement | None, Measurement | None]:
    """Tell of the newest holdout that was read on its day, else of the newest one; and of the one that runs."""
    kept = await queries.readings(connection, program_id)
    told = [measurement_of(one, kept.get(one.holdout_id)) for one in await latest_holdouts(connection, program_id)]
    running = next((one for one in told if one.holdout.state == "running"), None)
    read = (one for one in told if one.holdout.state == "over" and one.state != "running")
    return next(read, told[0] if told else None), running


async def plan(
    connection: Connection, program_id: int, holdout_bp: int, hoped_for: float
) -> tuple[int, date | None, Outlook]:
    """Tell when a holdout will be able to tell: of how many customers, by the shop's past until which day.

    That past was read with the newest estimate; before the first there is none.
    """
    newest = await last_done(connection, program_id)
    if newest is None or newest.result is None:
        return 0, None, outlook([], holdout_bp, hoped_for)
    pasts = newest.result.pasts
    customers = pasts[0].customers if pasts else 0
    return customers, newest.result.inputs.until, outlook(pasts, holdout_bp, hoped_for)
