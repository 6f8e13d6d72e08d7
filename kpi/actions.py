"""Answering: one figure, a series of them, or the panel's first page, each from one read of the facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kpi import periods
from kpi.answers import Answer, Counted, Figures, Overview, Period, Restated, Series
from kpi.closely import drawn
from kpi.facts import PeriodFacts
from kpi.knowledge import knowledge
from kpi.measure import Measure, Outcome, measure_named
from kpi.people import Behind, Part, Segment, group_of
from kpi.periods import Days, Grain
from kpi.reading import Reading
from kpi.rollup import snapshot_store
from kpi.rollup.loading import version_of
from kpi.rollup.reading import BY_CUSTOMER, RollupReading
from kpi.rollup.snapshot_store import Key
from kpi.rollup.snapshots import Snapshot, counts_of, segments_of, stored
from kpi.rows import queries
from kpi.rows.part import Asked, read_parts, windows
from kpi.rows.reading import RowsReading
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts


async def answer(
    connection: Connection,
    program: ProgramFacts,
    key: str,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    compare: str | None = None,
    patient: bool = False,
) -> Answer:
    """Answer one measure over `[start, end)` in local days, with the period compared ("previous" or "last_year").

    `as_of` is the knowledge time K; without it everything committed counts. Who is `patient` has no interval pending.
    Raises `UnknownMeasure`, `BadPeriod`, `BadInstant`.
    """
    measure, chosen = measure_named(key), periods.period(start, end)
    other = periods.compared(chosen, periods.comparison_named(compare)) if compare is not None else None
    asking = await _ask(
        connection, program, {key: measure}, [chosen, other] if other else [chosen], as_of, patient=patient
    )
    return asking.answer(key, measure, chosen, other)


async def series(
    connection: Connection,
    program: ProgramFacts,
    key: str,
    grain: str,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    patient: bool = False,
) -> Series:
    """Answer one measure for every day, week, month, quarter or year of `[start, end)`, oldest first, at most 400.

    Both days must begin a period of the grain; `BadPeriod` names the nearest that do.
    """
    measure, unit = measure_named(key), periods.grain_named(grain)
    slots = periods.cut(start, end, unit)
    asking = await _ask(connection, program, {key: measure}, slots, as_of, patient=patient)
    return asking.series(key, measure, unit, slots)


async def people(
    connection: Connection,
    program: ProgramFacts,
    key: str,
    start: date,
    end: date,
    *,
    segment: Segment = "all",
    part: Part | None = None,
    as_of: datetime | None = None,
    after: UUID | None = None,
    most: int | None = None,
) -> Behind:
    """Tell who is in the numerator of a measure and who only in its denominator: all, or a page `after` somebody.

    Raises what `answer` raises, and `CountsNobody`, `BadChoice`.
    """
    measure, chosen = measure_named(key), periods.period(start, end)
    asking = await _ask(connection, program, {key: measure}, [chosen], as_of)
    facts, outcome = asking.facts[chosen], measure.outcome(asking.facts[chosen])
    group = group_of(key, outcome, segment, part)
    return Behind(
        key=key,
        period=Period(chosen.start, chosen.end, program.timezone),
        known=asking.reading.known,
        segment=segment,
        part=part,
        people=outcome.people,
        joined=facts.joined,
        places=await asking.reading.named(group, after, most),
    )


async def overview(
    connection: Connection,
    program: ProgramFacts,
    keys: Sequence[str],
    start: date,
    end: date,
    *,
    grain: str = "month",
    compare: str | None = "previous",
    slots: int = 13,
    line: Sequence[Days] = (),
    as_of: datetime | None = None,
    closely: bool = False,
) -> Overview:
    """Answer several measures for a page of the panel: `[start, end)`, the period compared, and a sparkline each.

    The sparkline has `slots` periods of `grain`: for months, quarters and years those up to the end of the chosen
    calendar year (May 2017: December 2016 to December 2017), for days and weeks with the chosen one in the middle; none
    begins in the future, unless the chosen period does. `line` gives other periods for it, of whatever grain.
    Everything comes from one read. Looked at `closely`, the chosen period has the measures' pictures, some of which are
    read from the rows. Raises what `answer` raises.
    """
    measures = {key: measure_named(key) for key in keys}
    chosen, unit = periods.period(start, end), periods.grain_named(grain)
    other = periods.compared(chosen, periods.comparison_named(compare)) if compare is not None else None
    if not line:
        today = (as_of or await queries.now(connection, program.program_id)).astimezone(program.zone).date()
        line = periods.around(chosen, unit, slots, today)
    wanted = [*line, chosen, *([other] if other else [])]
    asking = await _ask(connection, program, measures, wanted, as_of)
    facts = asking.facts[chosen]
    anonymous = facts.anonymous.purchases
    return Overview(
        answers={key: asking.answer(key, measure, chosen, other) for key, measure in measures.items()},
        series={key: asking.series(key, measure, unit, line) for key, measure in measures.items()},
        chosen=line.index(chosen) if chosen in line else None,
        counted=Counted(facts.everybody.orders + anonymous, anonymous, facts.left_out),
        pictures=await drawn(Asked(connection, program, [chosen], asking.reading), facts, measures) if closely else {},
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """Measures asked of one reading; the facts of each period are put together once."""

    program: ProgramFacts
    reading: Reading
    facts: Mapping[Days, PeriodFacts]
    snapshots: Mapping[Key, Snapshot]

    def answer(self, key: str, measure: Measure, chosen: Days, other: Days | None) -> Answer:
        """Answer a measure for a period and the one compared."""
        known = self.reading.known
        return Answer(
            key=key,
            unit=measure.unit,
            as_of=known.as_of,
            as_of_lowered=known.lowered,
            data_as_of=known.data_as_of,
            figures=self._figures(key, measure, chosen),
            compare=self._figures(key, measure, other) if other else None,
        )

    def series(self, key: str, measure: Measure, grain: Grain, slots: Sequence[Days]) -> Series:
        """Answer a measure for each of the periods."""
        known = self.reading.known
        return Series(
            key=key,
            unit=measure.unit,
            grain=grain,
            as_of=known.as_of,
            as_of_lowered=known.lowered,
            data_as_of=known.data_as_of,
            periods=[self._figures(key, measure, days) for days in slots],
        )

    def _figures(self, key: str, measure: Measure, days: Days) -> Figures:
        facts, snapshot = self.facts[days], self.snapshots.get((key, days))
        outcome, pending = measure.outcome(facts), False
        if isinstance(self.reading, RollupReading) and BY_CUSTOMER & measure.needs:
            whole = snapshot.completed(outcome, version_of(days, self.reading.versions)) if snapshot else None
            outcome, pending = whole or outcome, whole is None and outcome.reason is None
        return Figures(
            period=Period(days.start, days.end, self.program.timezone),
            # Not over yet, as far as was known: an old report asked for again is as partial as it was.
            partial=outcome.immature or periods.instant(days.end, self.program.zone) > self.reading.known.as_of,
            counts={"joiners": facts.joiners, "overlap": facts.overlap, **outcome.counts},
            segments=outcome.segments,
            difference=outcome.difference,
            reason=outcome.reason,
            ci_pending=pending,
            lists=bool(outcome.people),
            distributions=outcome.distributions,
            restated=_restated(snapshot, outcome),
        )


def _restated(snapshot: Snapshot | None, outcome: Outcome) -> Restated | None:
    """Tell what a period came to first, unless it has come to that again."""
    if snapshot is None or snapshot.was is None or snapshot.restated_at is None:
        return None
    if counts_of(snapshot.was) == counts_of(stored(outcome)):
        return None
    return Restated(snapshot.restated_at, segments_of(snapshot.was))


async def _ask(
    connection: Connection,
    program: ProgramFacts,
    measures: Mapping[str, Measure],
    wanted: Iterable[Days],
    as_of: datetime | None,
    *,
    patient: bool = False,
) -> _Asking:
    """Read what the measures need of the wanted periods: from the day sets if they have it, else from the rows."""
    periods_wanted = list(dict.fromkeys(wanted))
    known = knowledge(await queries.now(connection, program.program_id), as_of)
    needs = frozenset(need for measure in measures.values() for need in measure.needs)
    reading: Reading | None = None
    snapshots: Mapping[Key, Snapshot] = {}
    if known.limit is None:
        # Before the days: a snapshot of a later version than theirs does not say what they say.
        snapshots = await snapshot_store.find(connection, program.program_id, periods_wanted, list(measures))
        if not (patient and BY_CUSTOMER & needs):
            reading = await RollupReading.read(connection, program, periods_wanted, known, needs)
    if reading is None:
        read = list(dict.fromkeys([*periods_wanted, *windows(program, periods_wanted, needs)]))
        reading = await RowsReading.read(connection, program, read, known)
    facts = await read_parts(Asked(connection, program, periods_wanted, reading), needs)
    return _Asking(program, reading, facts, snapshots)
