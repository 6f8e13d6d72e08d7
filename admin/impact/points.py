"""Points issued, redeemed and expired period by period, and what is outstanding at the end of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin.csv_file import Cell
from admin.format import MINUS, Format
from admin.impact.sources import said
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from kpi.answers import Figures, Overview
from loyalty.i18n import mark

MOVES = ("points_issued", "points_redeemed", "points_expired")
STOCK = "points_outstanding"
KEYS = (*MOVES, STOCK)
_TITLES = {
    "points_issued": mark("Issued"),
    "points_redeemed": mark("Redeemed"),
    "points_expired": mark("Expired"),
    "points_outstanding": mark("Outstanding at the end"),
}


@dataclass(frozen=True)
class PointsRow:
    """One period; `values` are issued, redeemed, expired, outstanding: as text, and as numbers where there are any."""

    name: str
    short: str
    chosen: bool
    partial: bool
    values: Sequence[tuple[str, float | None]]


@dataclass(frozen=True)
class RollRow:
    """One line of the account of the chosen period."""

    name: str
    n: str
    total: bool


@dataclass(frozen=True)
class PointsPart:
    """Both figures. `missing` says why there are none."""

    titles: Sequence[str]
    rows: Sequence[PointsRow]
    roll: Sequence[RollRow]
    missing: str

    @property
    def is_drawn(self) -> bool:
        """Whether there is a point to draw."""
        return any(value for row in self.rows for _, value in row.values)


def make_points(overview: Overview, names: PeriodNames) -> PointsPart:
    """Put the movements of points into words; without every one of the measures, say so."""
    f = names.f
    titles = [f.words.gettext(_TITLES[key]) for key in KEYS]
    if any(key not in overview.answers for key in KEYS):
        return PointsPart(titles, [], [], f.words.gettext("Points are not measured in this installation yet."))
    reason = next((a.figures.reason for a in map(overview.answers.__getitem__, KEYS) if a.figures.reason), None)
    if reason:
        return PointsPart(titles, [], [], said(reason.text, f))
    rows = [_row({key: overview.series[key].periods[at] for key in KEYS}, names) for at in _shown(overview, names)]
    return PointsPart(titles, rows, _roll(overview, names), "")


def points_table(overview: Overview, names: PeriodNames) -> tuple[list[str], list[list[Cell]]]:
    """Give the table below the chart."""
    part, words = make_points(overview, names), names.f.words
    rows: list[list[Cell]] = [[row.name, *(value for _, value in row.values)] for row in part.rows]
    return [words.gettext("Period"), *part.titles], rows


def _shown(overview: Overview, names: PeriodNames) -> range:
    """Show the periods from the first to the last of which something is known."""
    periods = overview.series[STOCK].periods
    known = [
        at
        for at, figures in enumerate(periods)
        if _value(figures) is not None or figures.period.start == names.chosen.start
    ]
    return range(known[0], known[-1] + 1) if known else range(0)


def _row(figures: Mapping[str, Figures], names: PeriodNames) -> PointsRow:
    stock = figures[STOCK]
    period = CalendarPeriod(stock.period.start, names.chosen.grain)
    values = [_value(figures[key]) for key in KEYS]
    return PointsRow(
        name=names.listed(period),
        short=names.short(period),
        chosen=period == names.chosen,
        partial=stock.partial,
        values=[(names.f.number(value), value) for value in values],
    )


def _roll(overview: Overview, names: PeriodNames) -> list[RollRow]:
    """Lead from what was outstanding before to what is now; what none of the measures counts is a line of its own."""
    f, words = names.f, names.f.words
    issued, redeemed, expired, now = (_value(overview.answers[key].figures) or 0 for key in KEYS)
    at = overview.chosen
    before = _value(overview.series[STOCK].periods[at - 1]) if at else None
    rows = [
        RollRow(words.gettext("Issued"), _signed(issued, f), total=False),
        RollRow(words.gettext("Redeemed"), _signed(-redeemed, f), total=False),
        RollRow(words.gettext("Expired"), _signed(-expired, f), total=False),
    ]
    if before is not None:
        opening = words.gettext("Outstanding on %(day)s", day=names.first_day(names.chosen))
        rows.insert(0, RollRow(opening, f.number(before), total=False))
        rest = now - before - issued + redeemed + expired
        if rest:
            rows.append(RollRow(words.gettext("Taken back, adjusted and others"), _signed(rest, f), total=False))
    closing = words.gettext("Outstanding at the end of %(period)s", period=names.full(names.chosen))
    return [*rows, RollRow(closing, f.number(now), total=True)]


def _signed(n: float, f: Format) -> str:
    written = f.number(abs(n))
    return written if n == 0 else f"{'+' if n > 0 else MINUS}{written}"


def _value(figures: Figures) -> float | None:
    return figures.segments["all"].value
