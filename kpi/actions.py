"""Answering: one figure, a series of them, or the panel's first page, each from one read of the facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kpi import periods, queries
from kpi.facts import Facts, PeriodFacts
from kpi.measure import Answer, Counted, Figures, Measure, Overview, Period, Series, measure_named
from kpi.periods import Days, Grain
from loyalty.database import Connection
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts

# No append's `now` is older than 5 s when it commits (`ledger.md`); what was recorded before this is all there.
_SETTLED_AFTER = timedelta(seconds=10)


class BadInstant(Invalid):
    """The knowledge time is no instant that a clock could show."""

    code = "bad_instant"


@dataclass(frozen=True, slots=True)
class _Knowledge:
    """What may be known. `limit` is None when everything committed counts; `as_of` is what the answer says."""

    limit: datetime | None
    as_of: datetime
    lowered: bool
    data_as_of: datetime


async def answer(
    connection: Connection,
    program: ProgramFacts,
    key: str,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
    compare: str | None = None,
) -> Answer:
    """Answer one measure over `[start, end)` in local days, with the period compared ("previous" or "last_year").

    `as_of` is the knowledge time K; without it everything committed counts. Raises `UnknownMeasure`, `BadPeriod`,
    `BadInstant`.
    """
    measure, chosen = measure_named(key), periods.period(start, end)
    other = periods.compared(chosen, periods.comparison_named(compare)) if compare is not None else None
    reading = await _read(connection, program, [chosen, other] if other else [chosen], as_of)
    return reading.answer(key, measure, chosen, other)


async def series(
    connection: Connection,
    program: ProgramFacts,
    key: str,
    grain: str,
    start: date,
    end: date,
    *,
    as_of: datetime | None = None,
) -> Series:
    """Answer one measure for every day, week, month, quarter or year of `[start, end)`, oldest first, at most 400.

    Both days must begin a period of the grain; `BadPeriod` names the nearest that do.
    """
    measure, unit = measure_named(key), periods.grain_named(grain)
    slots = periods.cut(start, end, unit)
    reading = await _read(connection, program, slots, as_of)
    return reading.series(key, measure, unit, slots)


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
    as_of: datetime | None = None,
) -> Overview:
    """Answer several measures for the panel's first page: `[start, end)`, the period compared, and a sparkline each.

    The sparkline has `slots` periods of `grain`: for months, quarters and years those up to the end of the chosen
    calendar year (May 2017: December 2016 to December 2017), for days and weeks with the chosen one in the middle; none
    begins in the future, unless the chosen period does. Everything comes from one read. Raises what `answer` raises.
    """
    measures = {key: measure_named(key) for key in keys}
    chosen, unit = periods.period(start, end), periods.grain_named(grain)
    other = periods.compared(chosen, periods.comparison_named(compare)) if compare is not None else None
    known = _knowledge(await queries.now(connection, program.program_id), as_of)
    line = periods.around(chosen, unit, slots, known.as_of.astimezone(program.zone).date())
    wanted = [*line, chosen, *([other] if other else [])]
    reading = await _read_known(connection, program, wanted, known)
    facts = reading.facts_of(chosen)
    anonymous = facts.anonymous.purchases
    return Overview(
        answers={key: reading.answer(key, measure, chosen, other) for key, measure in measures.items()},
        series={key: reading.series(key, measure, unit, line) for key, measure in measures.items()},
        chosen=line.index(chosen) if chosen in line else None,
        counted=Counted(int(facts.orders.sum()) + anonymous, anonymous, facts.left_out),
    )


def _knowledge(now: datetime, as_of: datetime | None) -> _Knowledge:
    """Decide what may be known: an `as_of` later than what has settled is lowered to that."""
    settled = now - _SETTLED_AFTER
    if as_of is None:
        return _Knowledge(None, now, lowered=False, data_as_of=settled)
    asked = _in_utc(as_of)
    limit = min(asked, settled)
    return _Knowledge(limit, limit, lowered=asked > settled, data_as_of=settled)


def _in_utc(as_of: datetime) -> datetime:
    try:
        if as_of.tzinfo is not None:
            return as_of.astimezone(UTC)
    except OverflowError:
        pass
    msg = f"as_of must be an instant with its offset, between the years 1 and 9999 in UTC; {as_of} is not."
    raise BadInstant(msg, pointer="/as_of")


async def _read(
    connection: Connection, program: ProgramFacts, wanted: Iterable[Days], as_of: datetime | None
) -> "_Reading":
    known = _knowledge(await queries.now(connection, program.program_id), as_of)
    return await _read_known(connection, program, wanted, known)


async def _read_known(
    connection: Connection, program: ProgramFacts, wanted: Iterable[Days], known: _Knowledge
) -> "_Reading":
    days = {day for piece in wanted for day in (periods.previous(piece).start, *piece)}
    boundaries = sorted({periods.instant(day, program.zone) for day in days})
    return _Reading(program, known, await queries.read_facts(connection, program.program_id, boundaries, known.limit))


class _Reading:
    """The facts of one read, asked by any number of measures; each period's facts are put together once."""

    def __init__(self, program: ProgramFacts, known: _Knowledge, facts: Facts) -> None:
        self._program = program
        self._known = known
        self._facts = facts
        self._periods: dict[Days, PeriodFacts] = {}

    def facts_of(self, days: Days) -> PeriodFacts:
        """Give the facts of one of the periods that were read."""
        if days not in self._periods:
            before, start, end = (
                periods.instant(day, self._program.zone) for day in (periods.previous(days).start, days.start, days.end)
            )
            self._periods[days] = self._facts.between(before, start, end)
        return self._periods[days]

    def answer(self, key: str, measure: Measure, chosen: Days, other: Days | None) -> Answer:
        """Answer a measure for a period and the one compared."""
        return Answer(
            key=key,
            unit=measure.unit,
            as_of=self._known.as_of,
            as_of_lowered=self._known.lowered,
            data_as_of=self._known.data_as_of,
            figures=self._figures(measure, chosen),
            compare=self._figures(measure, other) if other else None,
        )

    def series(self, key: str, measure: Measure, grain: Grain, slots: Sequence[Days]) -> Series:
        """Answer a measure for each of the periods."""
        return Series(
            key=key,
            unit=measure.unit,
            grain=grain,
            as_of=self._known.as_of,
            as_of_lowered=self._known.lowered,
            data_as_of=self._known.data_as_of,
            periods=[self._figures(measure, days) for days in slots],
        )

    def _figures(self, measure: Measure, days: Days) -> Figures:
        facts = self.facts_of(days)
        segments, difference = measure.segments(facts)
        return Figures(
            period=Period(days.start, days.end, self._program.timezone),
            # Not over yet, as far as was known: an old report asked for again is as partial as it was.
            partial=periods.instant(days.end, self._program.zone) > self._known.as_of,
            counts={"joiners": facts.joiners, "overlap": facts.overlap},
            segments=segments,
            difference=difference,
        )
