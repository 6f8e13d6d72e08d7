"""Retention period by period: one table for the chart, the screen reader and the CSV."""

from dataclasses import dataclass

from admin.format import MISSING
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.units import UNITS, Unit
from kpi.answers import Figures, Series
from kpi.measure import Ratio


@dataclass(frozen=True)
class Cell:
    """One segment in one period: as text, and as numbers for the chart and the file."""

    value: str
    counts: str
    spread: str
    ratio: Ratio

    @property
    def plotted(self) -> tuple[float, float, float] | None:
        """The value and its interval; None where the chart leaves a gap."""
        if self.ratio.value is None:
            return None
        return (self.ratio.value, *(self.ratio.ci95 or (self.ratio.value, self.ratio.value)))


@dataclass(frozen=True)
class RetentionRow:
    """One period. `short` stands below the chart's axis."""

    name: str
    short: str
    chosen: bool
    partial: bool
    member: Cell
    non_member: Cell

    @property
    def is_drawn(self) -> bool:
        """Whether the chart has a point for it."""
        return bool(self.member.plotted or self.non_member.plotted)


def retention_rows(series: Series, names: PeriodNames) -> list[RetentionRow]:
    """Make a row for each period from the first to the last of which something is known, and for the chosen one."""
    wanted = [index for index, figures in enumerate(series.periods) if _is_wanted(figures, names)]
    periods = series.periods[wanted[0] : wanted[-1] + 1]
    return [_row(figures, names, UNITS[series.unit]) for figures in periods]


def _is_wanted(figures: Figures, names: PeriodNames) -> bool:
    return figures.segments["all"].base > 0 or figures.period.start == names.chosen.start


def _row(figures: Figures, names: PeriodNames, unit: Unit) -> RetentionRow:
    period = CalendarPeriod(figures.period.start, names.chosen.grain)
    return RetentionRow(
        name=names.listed(period),
        short=names.short(period),
        chosen=period == names.chosen,
        partial=figures.partial,
        member=_cell(figures.segments["member"], names, unit),
        non_member=_cell(figures.segments["non_member"], names, unit),
    )


def _cell(ratio: Ratio, names: PeriodNames, unit: Unit) -> Cell:
    f = names.f
    counts = f"{f.number(ratio.num)} / {f.number(ratio.den)}" if ratio.den else MISSING
    return Cell(unit.value(f, ratio.value), counts, unit.spread(f, ratio.ci95), ratio)
