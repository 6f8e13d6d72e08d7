"""Counting days anew, whole ones, and folding them to months: some dirty ones, or all there are.

A day is deleted and made again from the rows as they are, so it does not matter how often, in which order, or after
how many changes that happens; and a commit holds days, their months and the marks that go.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from kpi import periods
from kpi.facts import Counts
from kpi.rollup import flows, ledger, numbers, queries, store
from kpi.rollup.days import Window, grown
from kpi.rollup.fold import GAPS, KINDS, NEWCOMERS, Fold, folded
from kpi.rollup.store import Build, Piece
from loyalty.database import Connection, Database
from loyalty.outbox import queries as outbox
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of

CONSUMER = "kpi"
# Rises with every change of what is stored, or of what it means: all is then built again.
KPI_VERSION = 4
_ONE_DAY = timedelta(days=1)


def is_current(build: Build, program: ProgramFacts) -> bool:
    """Tell whether days were built by the zone and the definitions of now."""
    return build[1:] == (program.timezone, KPI_VERSION)


async def rebuild(database: Database, program_id: int) -> None:
    """Build everything from the rows, month by month; a consumer's `rebuild`. Begun again, it begins anew.

    One month is in memory at a time, and when everybody last bought. What changes meanwhile leaves events, which come
    after.
    """
    async with database.writer() as connection, connection.transaction():
        await queries.plan_for_reading(connection)
        # What has been committed by now is in the rows; after an import that is millions of events.
        await outbox.had_all(connection, program_id, CONSUMER, queries.TIMEOUT_SECONDS)
        build_id = await store.begin_build(connection, program_id, KPI_VERSION)
        program = await program_of(connection, program_id)
        moments = await ledger.moments(connection, program_id)
    last: Counts = np.array([], dtype=np.int64)
    after = datetime.min.replace(tzinfo=UTC) + _ONE_DAY
    while True:
        async with database.writer() as connection, connection.transaction(isolation="repeatable_read"):
            await queries.plan_for_reading(connection)
            build = await store.lock_build(connection, program_id, wait=True)
            if build is None or build.build_id != build_id:
                msg = "Another has begun to build the days of this programme; this build is given up."
                raise RuntimeError(msg)
            at = await queries.next_instant(connection, program_id, after)
            following = [moment for moment in (at, *moments) if moment is not None and moment >= after]
            if not following:
                return
            month = periods.month_of(periods.day_of(min(following), program.zone))
            window = await _window(connection, program, month)
            last = grown(last, window.purchases.customer)
            days = dict(zip(_days(month), window.days((month.end - month.start).days, last), strict=True))
            await flows.write(connection, program_id, _days(month), window.points.flows)
            await _write(connection, program_id, days, [(Piece("month", month.start), folded(days.values()))])
        last = window.bought(last)
        after = periods.instant(month.end, program.zone)


async def work_off(connection: Connection, program: ProgramFacts) -> bool:
    """Count the dirty days of one month anew, in a transaction of the caller; False when there was nothing to do.

    The transaction sees one snapshot: customers who come while it runs are of the next. Another who is at it is not
    waited for. Raises nothing when the build is not there, or not of now.
    """
    await queries.plan_for_reading(connection)
    build = await store.lock_build(connection, program.program_id, wait=False)
    if build is None or not is_current(build, program):
        return False
    # Marks before rows: what is marked after this look was perhaps not read, and stays marked.
    marks = await store.marks(connection, program.program_id)
    if not marks:
        return False
    month = periods.month_of(marks[0][1])
    days: dict[date, Fold] = {}
    for stretch in _stretches({day for _, day in marks}):
        window = await _window(connection, program, stretch)
        before = periods.instant(stretch.start, program.zone)
        last = await queries.last_bought(connection, program.program_id, window.buyers, before)
        await flows.write(connection, program.program_id, _days(stretch), window.points.flows)
        days |= zip(_days(stretch), window.days((stretch.end - stretch.start).days, last), strict=True)
    whole = await _month(connection, program.program_id, month, days)
    await _write(connection, program.program_id, days, [(Piece("month", month.start), whole)])
    await store.worked_off(connection, program.program_id, [number for number, _ in marks])
    return True


async def _window(connection: Connection, program: ProgramFacts, stretch: periods.Days) -> Window:
    """Read days, and give numbers to customers who have none yet."""
    midnights = [periods.instant(day, program.zone) for day in (*_days(stretch), stretch.end)]
    read = await queries.read_window(connection, program.program_id, midnights, program.timezone)
    if read.unnumbered:
        await numbers.number(connection, program.program_id, read.unnumbered)
        read = await queries.read_window(connection, program.program_id, midnights, program.timezone)
    if read.unnumbered:
        msg = f"{len(read.unnumbered)} customers turned up without a number while a day was counted; it is tried again."
        raise RuntimeError(msg)
    return read.window


async def _month(connection: Connection, program_id: int, month: periods.Days, fresh: dict[date, Fold]) -> Fold:
    """Fold a month from the days that were just counted and those that are stored."""
    rest = [Piece("day", day) for day in _days(month) if day not in fresh]
    stored = await store.read_spans(connection, program_id, rest, (*KINDS, GAPS, NEWCOMERS))
    days = {piece.first_on: span.fold() for piece, span in stored.items()} | fresh
    return folded(days[day] for day in sorted(days))


async def _write(
    connection: Connection, program_id: int, days: dict[date, Fold], months: Sequence[tuple[Piece, Fold]]
) -> None:
    version = await store.next_version(connection, program_id)
    spans = [(Piece("day", day), fold) for day, fold in days.items()]
    await store.write_spans(connection, program_id, version, [*spans, *months])


def _days(stretch: periods.Days) -> list[date]:
    return [stretch.start + n * _ONE_DAY for n in range((stretch.end - stretch.start).days)]


def _stretches(days: Iterable[date]) -> list[periods.Days]:
    """Join days that follow each other: they are read at once."""
    found: list[periods.Days] = []
    for day in sorted(days):
        if found and found[-1].end == day:
            found[-1] = periods.Days(found[-1].start, day + _ONE_DAY)
        else:
            found.append(periods.Days(day, day + _ONE_DAY))
    return found
