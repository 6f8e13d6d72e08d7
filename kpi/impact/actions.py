"""The verbs of estimates: ask for one, see how far it is, stop it; the worker makes them. And what holdouts measure."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from kpi.impact import queries
from kpi.impact.facts import EstimateFacts
from kpi.impact.horizon import Outlook, outlook
from kpi.impact.measuring import Measurement, measure
from kpi.impact.planning import pasts_of
from kpi.impact.reading import read_rows, shop_of
from kpi.knowledge import knowledge
from kpi.rows.queries import now
from loyalty.clock import utc_now
from loyalty.database import Connection, Tx
from loyalty.errors import NotFound
from loyalty.holdouts.actions import find_holdout
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule
from loyalty.programs.facts import ProgramFacts

# The job that makes them; the name is for ever.
JOB = "impact.work_off"
# The job that asks for one a month; for ever, too.
MONTHLY = "impact.monthly"
BY_ITSELF = "schedule"
# Longer than it takes until what was recorded may be known.
_SETTLING = timedelta(seconds=30)


async def start(connection: Connection, program_id: int, actor: str) -> EstimateFacts:
    """Ask for an estimate, in the caller's commit; while one waits or runs, that one is given instead."""
    if await queries.unfinished(connection, program_id):
        under_way = [one for state in ("running", "queued") for one in await _newest(connection, program_id, state)]
        if under_way:
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


async def read_measurement(connection: Connection, program: ProgramFacts, holdout_id: UUID) -> Measurement:
    """Read what a holdout measured, as far as it may be read; raises `NotFound`."""
    holdout = await find_holdout(connection, program.program_id, holdout_id)
    return await measure(connection, program.program_id, holdout, await _known(connection, program))


async def plan(
    connection: Connection, program: ProgramFacts, holdout_bp: int, hoped_for: float
) -> tuple[int, int, Outlook]:
    """Tell when a holdout will be able to tell: of how many customers, by the shop's past until which day.

    The last estimate looked at that past; only before the first is it read now.
    """
    estimate = await last_done(connection, program.program_id)
    if estimate is not None and estimate.result is not None and estimate.result.pasts:
        told = estimate.result
        return told.pasts[0].customers, told.inputs.until.toordinal(), outlook(told.pasts, holdout_bp, hoped_for)
    known = await _known(connection, program)
    rows = await read_rows(connection, program.program_id, known)
    shop = await asyncio.to_thread(shop_of, rows, program, known)
    pasts = await asyncio.to_thread(pasts_of, shop)
    return pasts[0].customers if pasts else 0, shop.until, outlook(pasts, holdout_bp, hoped_for)


async def _known(connection: Connection, program: ProgramFacts) -> datetime:
    instant = await now(connection, program.program_id)
    return knowledge(instant, instant).as_of
