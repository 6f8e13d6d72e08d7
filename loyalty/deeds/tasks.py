"""What the worker does: it keeps birthdays."""

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from loyalty.database import Tx, one
from loyalty.deeds.actions import keep_birthdays
from loyalty.deeds.decisions import Acted
from loyalty.deeds.queries import born_on
from loyalty.earning.queries import RulesCache
from loyalty.earning.rules import in_force
from loyalty.jobs.job import Desk
from loyalty.points.dates import local_day, midnight_after
from loyalty.points.tasks import source_of
from loyalty.programs.facts import Source

# Nights that the worker may miss: a birthday is kept late rather than never.
_DAYS_BACK = 7
_AT_ONCE = 100
_NEWEST = """
SELECT (SELECT max(version) FROM earning_rules WHERE program_id = $1), clock_timestamp() + clock_offset
FROM program WHERE program_id = $1
"""
log = structlog.get_logger("loyalty.deeds")


async def _keep(source: Source, rules: RulesCache, ids: list[UUID], at: datetime, tx: Tx) -> list[Acted]:
    return await keep_birthdays(tx, source, rules, ids, at)


def _days(day: date) -> list[str]:
    """Name the days of the year that are kept on a day: on 28 February also the 29th, where there is none."""
    leap = day.month == 2 and day.day == 28 and (day + timedelta(days=1)).month != 2  # noqa: PLR2004 - February
    return [f"{day:%m-%d}", *(["02-29"] if leap else [])]


async def birthdays(desk: Desk) -> None:
    """Reward who has a birthday today, or had one lately that nobody kept; each once a calendar year."""
    source, rules = await source_of(desk), RulesCache()
    async with desk.database.reader() as connection:
        [[newest, now]] = await connection.fetch(_NEWEST, desk.program_id)
        versions = await rules.versions(connection, desk.program_id, newest)
    zone, kept = source.program.zone, 0
    for back in range(_DAYS_BACK, -1, -1):
        day = local_day(now, zone) - timedelta(days=back)
        at = midnight_after(day - timedelta(days=1), zone)
        if not any(rule.kind == "birthday" for rule in in_force(versions, at).rules):
            continue
        after = UUID(int=0)
        while True:
            async with desk.database.reader() as connection:
                ids = await born_on(connection, desk.program_id, _days(day), at, day, after, _AT_ONCE)
            if not ids:
                break
            kept += len(await one(desk.database, partial(_keep, source, rules, ids, at)))
            after = ids[-1]
    if kept:
        log.info("birthdays_kept", program_id=desk.program_id, members=kept, run_id=str(desk.run_id))
