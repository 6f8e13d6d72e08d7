"""What the worker does for holdouts: it measures those whose day has come, once, and looks after the lot until then."""

import asyncio
from datetime import datetime, timedelta

from kpi.impact import queries
from kpi.impact.measuring import METHOD, Kept, Reading, read_arms, read_lot, reading_of
from kpi.knowledge import knowledge
from kpi.rows.queries import now
from loyalty.holdouts.actions import latest
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.jobs.job import Desk

# Two customers turn out to be one now and then: the lot of a running holdout is looked at once a day.
_LOOKED_AT_EVERY = timedelta(hours=20)


async def measure_due(desk: Desk) -> None:
    """Measure the holdouts whose day has come, and keep what was read, with the instant at which it was known."""
    async with desk.database.reader() as connection:
        instant = await now(connection, desk.program_id)
        known = knowledge(instant, instant).as_of
        kept = await queries.readings(connection, desk.program_id)
        found = await latest(connection, desk.program_id)
    for holdout in found:
        if is_due(holdout, kept.get(holdout.holdout_id), known):
            reading = await _read(desk, holdout, known)
            told = Kept(known, METHOD, holdout.state == "over", reading)
            async with desk.database.writer() as connection:
                await queries.keep_reading(connection, desk.program_id, holdout.holdout_id, told)


def is_due(holdout: HoldoutFacts, kept: Kept | None, known: datetime) -> bool:
    """Tell whether a holdout is to be read: once when all of it is known, and its lot daily while it runs."""
    if holdout.drawn_at is None or holdout.state == "stopped":
        return False
    if holdout.state == "over":
        return known >= holdout.ends_at and not (kept and kept.final)
    return kept is None or known - kept.as_of >= _LOOKED_AT_EVERY


async def _read(desk: Desk, holdout: HoldoutFacts, known: datetime) -> Reading:
    async with desk.database.reader() as connection:
        if holdout.state != "over":
            return Reading(await read_lot(connection, desk.program_id, holdout, known), {})
        arms = await read_arms(connection, desk.program_id, holdout, known)
    return await asyncio.to_thread(reading_of, arms, holdout.holdout_bp)
