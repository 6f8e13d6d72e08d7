"""A measure period by period: one table for the chart, the screen reader and the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin.format import MISSING, Format
from admin.unit import Unit
from admin.units import unit_of
from kpi.answers import Figures, Series
from kpi.measure import Ratio
from kpi.periods import Days

SIDES = ("member", "non_member")


@dataclass(frozen=True)
class Cell:
    """One segment in one period: as text, and as numbers for the chart and the file.

    `plotted` is the value and its interval; None where the chart leaves a gap.
    """

    value: str
    counts: str
    spread: str
    ratio: Ratio
    plotted: tuple[float, float, float] | None


@dataclass(frozen=True)
class SeriesRow:
    """One period. `short` stands below the chart's axis; `cells` go by segment."""

    name: str
    short: str
    chosen: bool
    partial: bool
    cells: Mapping[str, Cell]

    @property
    def is_drawn(self) -> bool:
        """Whether the chart has a point for it."""
        return any(cell.plotted for cell in self.cells.values())


@dataclass(frozen=True)
class Named:
    """What a period of a series is called, and whether it is the chosen one."""

    name: str
    short: str
    chosen: bool


@dataclass(frozen=True)
class SeriesFigure:
    """A chart with its table. `sides` are its lines; `counted` ones have neither a denominator nor an interval."""

    id: str
    title: str
    about: str
    rows: Sequence[SeriesRow]
    sides: Sequence[str]
    kind: str
    unit: str
    currency: str
    counted: bool
    note: str
    csv: str
    definition: str
    nothing: str
    grains: Sequence[tuple[str, str, bool]] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw."""
        return any(row.is_drawn for row in self.rows)

    @property
    def has_two_sides(self) -> bool:
        """Whether members are told from non-members."""
        return len(self.sides) > 1


def sides_of(figures: Figures) -> list[str]:
    """Tell which segments a figure shows: members and non-members, or those there are, or everybody."""
    return [side for side in SIDES if side in figures.segments] or ["all"]


def is_counted(figures: Figures) -> bool:
    """Tell whether a figure is a number that is counted or summed, and divided by nothing."""
    return figures.segments["all"].den is None


def series_rows(series: Series, names: Mapping[Days, Named], f: Format) -> list[SeriesRow]:
    """Make a row for each period from the first to the last of which something is known, and for the chosen one."""
    told = [(names[Days(figures.period.start, figures.period.end)], figures) for figures in series.periods]
    wanted = [index for index, (named, figures) in enumerate(told) if named.chosen or _is_known(figures)]
    if not wanted:
        return []
    return [_row(figures, named, unit_of(series.key), f) for named, figures in told[wanted[0] : wanted[-1] + 1]]


def exact(unit: Unit, f: Format, value: float | None) -> float | None:
    """Give a value as a file holds it."""
    return None if value is None else unit.exact(f, value)


def _is_known(figures: Figures) -> bool:
    return figures.segments["all"].value is not None


def _row(figures: Figures, named: Named, unit: Unit, f: Format) -> SeriesRow:
    cells = {side: _cell(ratio, unit, f) for side, ratio in figures.segments.items()}
    return SeriesRow(named.name, named.short, named.chosen, figures.partial, cells)


def _cell(ratio: Ratio, unit: Unit, f: Format) -> Cell:
    counts = unit.counted(f, ratio.num, ratio.den) if ratio.den else MISSING
    value, plotted = ratio.value, None
    if value is not None:
        low, at, high = (unit.plotted(f, each) for each in _around(value, ratio))
        plotted = (at, low, high)
    return Cell(unit.value(f, value), counts, unit.spread(f, ratio.ci95), ratio, plotted)


def _around(value: float, ratio: Ratio) -> tuple[float, float, float]:
    low, high = ratio.ci95 or (value, value)
    return low, value, high
