"""The tables of these pages as files: exactly their figures, unrounded, in the units they show."""

from admin.csv_file import Cell
from admin.format import Format
from admin.impact.sources import said
from admin.impact.tables import limits, ratio_cells
from admin.impact.tiles import is_enough
from admin.kpis.measure import MeasureAsked
from admin.period_names import PeriodNames
from admin.series import SIDES, exact, is_counted, series_rows
from admin.unit import Unit
from admin.units import unit_named
from admin.window import names_of
from kpi.answers import Answer, Overview
from kpi.measure import Ratio, measure_named

Row = list[Cell]


def list_table(overview: Overview, names: PeriodNames) -> tuple[list[str], list[Row]]:
    """Give every measure, a row for each segment."""
    words = names.f.words
    header = [words.gettext("Key"), words.gettext("Measure"), words.gettext("Segment"), words.gettext("Period")]
    header += _figures_header(names.f)
    return header, [row for answer in overview.answers.values() for row in _measure_rows(answer, names)]


def series_table(asked: MeasureAsked, overview: Overview, f: Format) -> tuple[list[str], list[Row]]:
    """Give a measure period by period, a row for each segment."""
    words, series = f.words, overview.series[asked.key]
    unit = unit_named(series.unit)
    rows: list[Row] = [
        [row.name, _side(side, f), *_cells(row.cells[side].ratio, unit, f), None]
        for row in series_rows(series, names_of(asked.line, asked.choice.period, f), f)
        for side in (*SIDES, "all")
        if side in row.cells
    ]
    return [words.gettext("Period"), words.gettext("Segment"), *_figures_header(f)], rows


def _figures_header(f: Format) -> list[str]:
    words = f.words
    return [
        words.gettext("Value"),
        words.gettext("Unit"),
        words.gettext("Numerator"),
        words.gettext("Denominator"),
        words.gettext("95%% interval, low"),
        words.gettext("95%% interval, high"),
        words.gettext("Reason"),
    ]


def _measure_rows(answer: Answer, names: PeriodNames) -> list[Row]:
    f, measure, figures = names.f, said(measure_named(answer.key).title, names.f), answer.figures
    before, period = [answer.key, measure], names.listed(names.chosen)
    reason = said(figures.reason.text, f) if figures.reason else None
    unit = unit_named(answer.unit)
    rows: list[Row] = [
        [*before, _side(side, f), period, *_cells(figures.segments[side], unit, f), reason]
        for side in (*SIDES, "all")
        if side in figures.segments
    ]
    if set(SIDES) <= set(figures.segments) and not is_counted(figures):
        shown = is_enough(figures)
        value = exact(unit, f, figures.difference.value) if shown else None
        ends = limits(figures.difference.ci95 if shown else None, unit, f)
        rows.append(
            [*before, f.words.gettext("Difference"), period, value, unit.difference_name(f), None, None, *ends, None]
        )
    return rows


def _cells(ratio: Ratio, unit: Unit, f: Format) -> Row:
    value, num, den, low, high = ratio_cells(ratio, unit, f)
    return [value, unit.name(f), num, den, low, high]


def _side(side: str, f: Format) -> str:
    words = f.words
    return {
        "member": words.gettext("Members"),
        "non_member": words.gettext("Non-members"),
        "all": words.gettext("All"),
    }[side]
