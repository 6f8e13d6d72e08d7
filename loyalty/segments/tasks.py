"""What the worker does about segments: every night, and whenever somebody asks, it finds out anew who is in them."""

from datetime import UTC, datetime, time, timedelta

import structlog

from loyalty.jobs.job import Desk
from loyalty.programs.queries import program_of
from loyalty.segments import queries
from loyalty.segments.actions import refresh
from loyalty.segments.condition import Moment

# After midnight, when the days of all conditions have moved on, and before anybody buys.
HOUR = 2
log = structlog.get_logger("loyalty.segments")


async def refresh_segments(desk: Desk) -> None:
    """Refresh the segments that somebody asked for, and all that were not since last night."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
        now = await queries.now(connection, desk.program_id)
        due = await queries.stale(connection, desk.program_id, last_night(Moment(now, program.zone)))
    for segment in due:
        changed = await refresh(desk.database, program, segment)
        if changed is not None:
            log.info(
                "segment refreshed",
                program_id=desk.program_id,
                segment=segment.key,
                customers=changed.customers,
                entered=changed.entered,
                left=changed.left,
                run_id=str(desk.run_id),
            )


def last_night(at: Moment) -> datetime:
    """Tell when the latest night's refresh was due, by the programme's clock."""
    today = at.now.astimezone(at.zone).date()
    begins = [datetime.combine(today - timedelta(days=days), time(HOUR), at.zone).astimezone(UTC) for days in (0, 1)]
    return begins[0] if begins[0] <= at.now else begins[1]
