"""Auditing: export, count again, and hold every whole number against what the service answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from kpi import periods
from kpi.actions import overview
from kpi.answers import Series
from kpi.audit.export import export
from kpi.audit.recount import RECOUNTS, Recount, Slot, recount
from kpi.measure import MEASURES
from kpi.periods import FIRST_DAY, BadPeriod, Grain
from kpi.rollup.reading import BY_CUSTOMER
from kpi.rollup.serving import serving
from loyalty.database import Connection
from loyalty.errors import Unavailable
from loyalty.programs.facts import ProgramFacts

GRAINS: tuple[Grain, ...] = ("month", "quarter", "year")
# The facts of so many years are held in memory at once.
_YEARS_AT_ONCE = 5
_TOLD_IN_THE_LOG = 20
# So often, and so far apart, a moment is looked for at which nothing waits for the worker.
_LOOKS = 60
_LOOK_AGAIN_SECONDS = 1.0
_SPAN = "SELECT min(placed_at), max(placed_at) FROM purchase WHERE program_id = $1 AND state = 'recorded'"
log = structlog.get_logger("kpi.audit")


class AuditNotInstalled(Unavailable):
    """The engine of the audit is an extra that is not there."""

    code = "audit_not_installed"


class StillBehind(Unavailable):
    """The day sets never had everything that was recorded."""

    code = "audit_still_behind"


@dataclass(frozen=True, slots=True)
class Differs:
    """One whole number that the two count differently. None: it has no such number."""

    measure: str
    grain: Grain
    start: date
    what: str
    answered: int | None
    recounted: int | None

    def __str__(self) -> str:
        """Say where, and both numbers."""
        where = f"{self.measure}, {self.grain} from {self.start}, {self.what}"
        return f"{where}: answered {self.answered}, recounted {self.recounted}"


@dataclass(slots=True)
class Report:
    """What was compared, by measure, and what differs. `not_audited` are measures without a recount yet."""

    compared: Counter[str] = field(default_factory=Counter)
    differences: list[Differs] = field(default_factory=list)
    not_audited: list[str] = field(default_factory=list)


def installed() -> bool:
    """Tell whether the extra is there."""
    return all(find_spec(name) is not None for name in ("duckdb", "pyarrow"))


async def audit(
    connection: Connection,
    program: ProgramFacts,
    start: date | None = None,
    end: date | None = None,
    *,
    as_of: datetime | None = None,
    folder: Path | None = None,
) -> Report:
    """Recount every month, quarter and year that lies wholly in `[start, end)`, by default the years with purchases.

    The answers and the files are of one moment. The files go to `folder`, which must be there, or else nowhere. Any
    difference is logged as `kpi_audit_failed`. Raises `AuditNotInstalled`, `StillBehind`.
    """
    if not installed():
        msg = "The audit counts with DuckDB and PyArrow, which are not installed: pip install loyalty[audit]"
        raise AuditNotInstalled(msg)
    with TemporaryDirectory(prefix="loyalty-audit-") as temporary:
        files = (folder or Path(temporary)).resolve()
        keys = sorted(set(MEASURES.all()) & set(RECOUNTS))
        async with _one_moment(connection, program, as_of):
            runs = await _runs(connection, program, start, end)
            await export(connection, program.program_id, files)
            answered = [(run, told) for run in runs for told in await _answered(connection, program, keys, run, as_of)]
        report = Report(not_audited=sorted(set(MEASURES.all()) - set(keys)))
        if not answered:
            return report
        # A knowledge time that was too late has been lowered.
        known_at = answered[0][1].as_of if as_of else None
        # Of two instants the later read's stands: what must have an age is not wanted by customer.
        slots = {slot: told.as_of for run, told in answered for slot in run}
        again = await asyncio.to_thread(recount, files, program, slots, keys, known_at)
    for run, told in answered:
        for pair in _pairs(run, told, again):
            report.compared[told.key] += 1
            if pair.answered != pair.recounted:
                report.differences.append(pair)
    if report.differences:
        _alarm(program, report)
    return report


async def _answered(
    connection: Connection, program: ProgramFacts, keys: Sequence[str], run: Sequence[Slot], as_of: datetime | None
) -> list[Series]:
    """Answer every measure for a run of periods, from two reads.

    What is wanted by customer is asked apart: of few enough purchases it is read from the rows, and would take the
    others along, whose day sets would then not be audited. Those come last.
    """
    told: list[Series] = []
    line = [slot.days for slot in run]
    for by_customer in (True, False):
        asked = [key for key in keys if bool(BY_CUSTOMER & MEASURES.all()[key].needs) is by_customer]
        page = await overview(connection, program, asked, *line[0], compare=None, line=line, as_of=as_of)
        told += page.series.values()
    return told


@asynccontextmanager
async def _one_moment(connection: Connection, program: ProgramFacts, as_of: datetime | None) -> AsyncIterator[None]:
    """Open a snapshot in which the day sets have everything that was recorded: else their lag would be a difference.

    Figures at a knowledge time come from the rows, and lag behind nothing.
    """
    for _ in range(_LOOKS):
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            sets = None if as_of else await serving(connection, program.program_id, [])
            if sets is None or sets.behind_since is None:
                yield
                return
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    msg = "Events wait to be worked off all the time, so there is no moment to audit. Is a worker running?"
    raise StillBehind(msg)


async def _runs(
    connection: Connection, program: ProgramFacts, start: date | None, end: date | None
) -> list[list[Slot]]:
    """Choose the periods, in runs that are read at once: those of every grain that lie wholly in the range."""
    [(first, last)] = await connection.fetch(_SPAN, program.program_id)
    if first is None and (start is None or end is None):
        return []
    low = start or max(FIRST_DAY, date(first.astimezone(program.zone).year, 1, 1))
    high = end or date(last.astimezone(program.zone).year + 1, 1, 1)
    if low >= high:
        msg = f"end is exclusive and must be after start; {high} is not after {low}."
        raise BadPeriod(msg, pointer="/end")
    runs = []
    for year in range(low.year, high.year + 1, _YEARS_AT_ONCE):
        years = date(year, 1, 1), date(min(year + _YEARS_AT_ONCE, high.year + 1), 1, 1)
        slots = [Slot(grain, days) for grain in GRAINS for days in periods.cut(*years, grain)]
        runs.append([slot for slot in slots if low <= slot.days.start and slot.days.end <= high])
    return [run for run in runs if run]


def _pairs(run: Sequence[Slot], told: Series, again: Recount) -> Iterator[Differs]:
    """Put every whole number of a series beside its recount. What has no row there is 0 of 0."""
    for slot, figures in zip(run, told.periods, strict=True):
        pair = partial(Differs, told.key, slot.grain, slot.days.start)
        for segment, ratio in figures.segments.items():
            num, den = again.figures[told.key].get((slot, segment), (0, None if ratio.den is None else 0))
            yield pair(f"{segment} num", ratio.num, num)
            if ratio.den is not None or den is not None:
                yield pair(f"{segment} den", ratio.den, den)
        recounted = again.counts[told.key][slot]
        for name in sorted(figures.counts.keys() | recounted.keys()):
            yield pair(name, figures.counts.get(name), recounted.get(name, 0))


def _alarm(program: ProgramFacts, report: Report) -> None:
    log.error(
        "kpi_audit_failed",
        program_id=program.program_id,
        differences=len(report.differences),
        first=[str(one) for one in report.differences[:_TOLD_IN_THE_LOG]],
    )
