"""The verbs of estimates: ask for one, see how far it is, stop it. The worker makes them (`tasks.py`)."""

from uuid import UUID

from kpi.impact import queries
from kpi.impact.facts import EstimateFacts
from loyalty.database import Connection, Tx
from loyalty.errors import NotFound
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule

# The job that makes them; the name is for ever.
JOB = "impact.work_off"
BY_ITSELF = "schedule"


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
