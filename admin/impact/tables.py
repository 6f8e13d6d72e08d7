"""The tables of the Impact page as files: exactly its figures, unrounded, in the units it shows."""

from collections.abc import Iterator

from admin.csv_file import Cell
from admin.format import Format
from admin.impact.opinion import KEY as OPINION
from admin.impact.page import KEYS, retention_line
from admin.impact.tiles import is_enough, title
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.series import SIDES, exact
from admin.unit import Unit
from admin.units import unit_named
from kpi.answers import Answer, Overview
from kpi.measure import Interval, Ratio

Row = list[Cell]


def impact_table(overview: Overview, names: PeriodNames) -> tuple[list[str], list[Row]]:
    """Give the tiles, and what customers say, a row for each segment of each measure and one for their difference."""
    words = names.f.words
    header = [
        words.gettext("Measure"),
        words.gettext("Segment"),
        words.gettext("Period"),
        words.gettext("Value"),
        words.gettext("Unit"),
        words.gettext("Numerator"),
        words.gettext("Denominator"),
        words.gettext("95%% interval, low"),
        words.gettext("95%% interval, high"),
        words.gettext("Compared period"),
        words.gettext("Compared value"),
    ]
    shown = [*KEYS, *([] if overview.answers[OPINION].figures.reason else [OPINION])]
    return header, [row for key in shown for row in _measure_rows(overview.answers[key], names)]


def retention_table(overview: Overview, names: PeriodNames) -> tuple[list[str], list[Row]]:
    """Give the table below the chart, a row for each period."""
    words, series = names.f.words, overview.series["retention_rate"]
    header = [words.gettext("Period")]
    for segment in (words.gettext("Members"), words.gettext("Non-members")):
        header += [
            f"{segment} (%)",
            f"{segment}, {words.gettext('Numerator')}",
            f"{segment}, {words.gettext('Denominator')}",
            f"{segment}, {words.gettext('95%% interval, low')}",
            f"{segment}, {words.gettext('95%% interval, high')}",
        ]
    unit, f = unit_named(series.unit), names.f
    rows: list[Row] = []
    for row in retention_line(overview, names):
        sides = (row.cells[side].ratio for side in SIDES)
        rows.append([row.name, *(cell for ratio in sides for cell in ratio_cells(ratio, unit, f))])
    return header, rows


def _measure_rows(answer: Answer, names: PeriodNames) -> Iterator[Row]:
    f, words, unit, figures = names.f, names.f.words, unit_named(answer.unit), answer.figures
    measure, period = title(answer.key, words), names.listed(names.chosen)
    compared = answer.compare
    other = names.listed(CalendarPeriod(compared.period.start, names.chosen.grain)) if compared else None
    for segment, name in (("member", words.gettext("Members")), ("non_member", words.gettext("Non-members"))):
        value, num, den, low, high = ratio_cells(figures.segments[segment], unit, f)
        before = exact(unit, f, compared.segments[segment].value) if compared else None
        yield [measure, name, period, value, unit.name(f), num, den, low, high, other, before]
    shown = is_enough(figures)
    value = exact(unit, f, figures.difference.value) if shown else None
    low, high = limits(figures.difference.ci95 if shown else None, unit, f)
    name = words.gettext("Difference")
    yield [measure, name, period, value, unit.difference_name(f), None, None, low, high, None, None]


def ratio_cells(ratio: Ratio, unit: Unit, f: Format) -> Row:
    """Give a figure with its counts and interval, as a file holds it."""
    return [exact(unit, f, ratio.value), ratio.num, ratio.den, *limits(ratio.ci95, unit, f)]


def limits(interval: Interval | None, unit: Unit, f: Format) -> tuple[Cell, Cell]:
    """Give the ends of an interval."""
    if interval is None:
        return None, None
    return exact(unit, f, interval[0]), exact(unit, f, interval[1])
