"""Taking snapshots: of every calendar period that is over, as its days change, and of periods that somebody waits for.

They are counted from the rows, many periods in one statement, since only rows say who bought how much.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from kpi import periods
from kpi.knowledge import Knowledge, knowledge
from kpi.measure import MEASURES
from kpi.periods import Days
from kpi.rollup import snapshot_store
from kpi.rollup.loading import version_of
from kpi.rollup.reading import BY_CUSTOMER
from kpi.rollup.snapshot_store import Kept, Seen
from kpi.rollup.snapshots import restated, stored
from kpi.rollup.store import Piece
from kpi.rollup.work import CONSUMER
from kpi.rows import queries
from kpi.rows.part import Asked, read_parts, windows
from kpi.rows.reading import RowsReading
from loyalty.database import Connection
from loyalty.jobs.job import Desk
from loyalty.outbox import queries as outbox
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of

# So many periods are counted in one statement: it visits every purchase, however few there are.
_AT_ONCE = 16
# A period that goes on changes all the time; who waits for its intervals gets new ones no sooner than that.
_AGAIN_AFTER = timedelta(minutes=5)
_WEEK = timedelta(weeks=1)
_GRAINS: tuple[periods.Grain, ...] = ("month", "quarter", "year")


def measures_kept() -> list[str]:
    """Name the measures of which snapshots are taken: those that lack an interval or a median, or need no part."""
    return sorted(key for key, kind in MEASURES.all().items() if not kind.needs or BY_CUSTOMER & kind.needs)


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell in which of these programmes somebody waits for intervals, or none has ever been counted."""
    return await snapshot_store.waiting(connection, programs)


async def take_snapshots(desk: Desk) -> None:
    """Take the snapshots that are wanted, then those that are missing or out of date."""
    async with desk.database.reader() as connection:
        if not await outbox.is_built(connection, desk.program_id, CONSUMER):
            return  # and everything is answered from the rows
        program = await program_of(connection, desk.program_id)
        # Before the rows are read: what changes after this makes the snapshot one of an older version.
        versions = await snapshot_store.versions(connection, desk.program_id)
        known = knowledge(await queries.now(connection, desk.program_id), None)
        seen = await snapshot_store.seen(connection, desk.program_id, measures_kept())
        wanted = await snapshot_store.wanted(connection, desk.program_id)
    due = [days for days in wanted if _is_due(days, seen, versions, known)]
    due += [d for d in calendar(versions, program, known.data_as_of) if d not in due and _is_stale(d, seen, versions)]
    for first in range(0, max(len(due), 1), _AT_ONCE):
        batch = due[first : first + _AT_ONCE]
        kept: list[Kept] = []
        if batch:
            async with desk.database.reader() as connection:
                kept = await _count(connection, program, batch, known, versions)
        async with desk.database.writer() as connection, connection.transaction():
            await snapshot_store.keep(connection, desk.program_id, known.as_of, known.data_as_of, kept)
            await snapshot_store.had(connection, desk.program_id, [d for d in wanted if d in batch or d not in due])


def calendar(versions: Mapping[Piece, int], program: ProgramFacts, upto: datetime) -> Iterator[Days]:
    """Give the months, quarters, years and weeks that have something in them and are over, the latest months first."""
    today = periods.day_of(upto, program.zone)
    over = sorted((piece.first_on for piece in versions if piece.grain == "month"), reverse=True)
    found = dict.fromkeys(days for first in over for days in _touching(first))
    return (days for days in found if days.end <= today)


def _touching(first: date) -> Iterator[Days]:
    """Give the month that begins on this day, its quarter and its year, and the weeks that begin or end in it."""
    for grain in _GRAINS:
        yield periods.holding(first, grain)
    month, week = periods.month_of(first), periods.holding(first, "week")
    while week.start < month.end:
        yield week
        week = Days(week.end, week.end + _WEEK)


def _is_stale(days: Days, seen: Mapping[Days, Seen], versions: Mapping[Piece, int]) -> bool:
    """Tell whether a period has changed since its snapshots were taken."""
    return days not in seen or version_of(days, versions) > seen[days].version


def _is_due(days: Days, seen: Mapping[Days, Seen], versions: Mapping[Piece, int], known: Knowledge) -> bool:
    """Tell whether a period that is waited for has to be counted now."""
    return days not in seen or (_is_stale(days, seen, versions) and known.as_of - seen[days].computed_at > _AGAIN_AFTER)


async def _count(
    connection: Connection,
    program: ProgramFacts,
    batch: Sequence[Days],
    known: Knowledge,
    versions: Mapping[Piece, int],
) -> list[Kept]:
    """Count some periods from the rows, and hold them against what was kept of them."""
    keys = measures_kept()
    before = await snapshot_store.find(connection, program.program_id, batch, keys)
    needs = frozenset(need for key in keys for need in MEASURES.all()[key].needs)
    read = list(dict.fromkeys([*batch, *windows(program, batch, needs)]))
    reading = await RowsReading.read(connection, program, read, known)
    all_facts = await read_parts(Asked(connection, program, batch, reading), needs)
    kept = []
    for days, facts in all_facts.items():
        version, end = version_of(days, versions), periods.instant(days.end, program.zone)
        for key in keys:
            figures = stored(MEASURES.all()[key]().outcome(facts))
            was, at = restated(figures, before.get((key, days)), end, known.as_of)
            kept.append(Kept(days, key, version, figures, was, at))
    return kept
