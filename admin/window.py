"""The periods of a measure's chart: those the page is about in finer pieces, or the run of periods around it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import get_args

from admin.format import Format
from admin.period_names import capital
from admin.periods import CalendarPeriod, Line
from admin.series import Named
from kpi import periods
from kpi.periods import Days, Grain

GRAINS: tuple[Grain, ...] = get_args(Grain)
SLOTS = 13
_SHORT = {"day": "d MMM", "week": "d MMM", "month": "LLL", "quarter": "QQQ", "year": "y"}
_LISTED = {"day": "EEE d MMM y", "week": "d MMM y", "month": "LLLL y", "quarter": "QQQ y", "year": "y"}


def grain_of(written: str | None, period: CalendarPeriod) -> Grain:
    """Understand what the chart is to be cut into; without a word, into periods like the chosen one."""
    return next((grain for grain in GRAINS if grain == written), periods.grain_named(period.grain.value))


def line_of(period: CalendarPeriod, grain: Grain, today: date) -> Line:
    """Choose the chart's periods: the chosen one's days, the weeks that touch it (at least 13), or those around it."""
    chosen = Days(period.start, period.end)
    if grain == "day":
        slots = periods.cut(*chosen, grain)
    elif grain == "week":
        monday = _monday(period.last_day)
        first = min(_monday(period.start), monday - timedelta(weeks=SLOTS - 1))
        slots = periods.cut(max(first, _monday(periods.FIRST_DAY) + timedelta(weeks=1)), monday + _WEEK, grain)
    else:
        return Line(grain, periods.around(chosen, grain, SLOTS, today))
    begun = [slot for slot in slots if slot.start <= today]
    return Line(grain, begun or slots)


def names_of(line: Line, period: CalendarPeriod, f: Format) -> Mapping[Days, Named]:
    """Name each; chosen are those that lie within the chosen period, unless that is all there is."""
    inside = {slot for slot in line.slots if period.start <= slot.start and slot.end <= period.end}
    marked = inside if len(inside) < len(line.slots) else set()
    return {
        slot: Named(_listed(slot, line.grain, f), _short(slot, line.grain, f), slot in marked) for slot in line.slots
    }


def grain_title(grain: Grain, f: Format) -> str:
    """Say by what a chart is cut."""
    words = f.words
    return {
        "day": words.gettext("By day"),
        "week": words.gettext("By week"),
        "month": words.gettext("By month"),
        "quarter": words.gettext("By quarter"),
        "year": words.gettext("By year"),
    }[grain]


def grain_name(grain: Grain, f: Format) -> str:
    """Name a grain."""
    words = f.words
    return {
        "day": words.gettext("Day"),
        "week": words.gettext("Week"),
        "month": words.gettext("Month"),
        "quarter": words.gettext("Quarter"),
        "year": words.gettext("Year"),
    }[grain]


def _listed(slot: Days, grain: Grain, f: Format) -> str:
    said = f.date(slot.start, _LISTED[grain])
    return f.words.gettext("Week of %(day)s", day=said) if grain == "week" else capital(said)


def _short(slot: Days, grain: Grain, f: Format) -> str:
    return f.date(slot.start, _SHORT[grain])


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


_WEEK = timedelta(weeks=1)
