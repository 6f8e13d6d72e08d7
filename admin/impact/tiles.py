"""The tiles of the Impact page: one measure each, members and non-members side by side, always the same size.

A tile is made of ready texts, so that the page, its CSV and the tests see the same. It tells what was observed, and
never why.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from markupsafe import Markup

from admin.format import MISSING, Format
from admin.impact.tile_pictures import draw_dumbbell, draw_sparkline
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.units import unit_named
from kpi.answers import Answer, Figures, Series
from kpi.measure import Ratio
from loyalty.i18n import Words

ENOUGH = 30
LONG, VERY_LONG = 8, 11  # characters of a value


@dataclass(frozen=True)
class Side:
    """One of the two segments: its value, what it was counted from, the same figure of the other period."""

    value: str
    counted_from: str
    compared: str


@dataclass(frozen=True)
class Tile:
    """One measure of one period, in words. `few` and `unproven` are what is said instead of a bold difference."""

    key: str
    title: str
    counted: str
    partial: str
    member: Side
    non_member: Side
    dumbbell: Markup | None
    difference: str
    interval: str
    few: str
    unproven: bool
    sparkline: Markup
    footnote: bool

    @property
    def size(self) -> str:
        """How long the values are, as a class for the style sheet: both are always written in the same size."""
        characters = max(len(self.member.value), len(self.non_member.value))
        return "very-long" if characters >= VERY_LONG else "long" if characters >= LONG else "short"


def is_proven(figures: Figures) -> bool:
    """Tell whether the interval of the difference leaves zero out."""
    interval = figures.difference.ci95
    return interval is not None and (interval[0] > 0 or interval[1] < 0)


def is_enough(figures: Figures) -> bool:
    """Tell whether both sides have enough to show a difference between them."""
    return all(figures.segments[side].base >= ENOUGH for side in ("member", "non_member"))


def is_empty(figures: Figures) -> bool:
    """Tell whether nobody was asked at all: there is no figure then, and "too few" would say the wrong thing."""
    return figures.segments["all"].base == 0


def make_tile(answer: Answer, series: Series, names: PeriodNames) -> Tile:
    """Put one measure into words and pictures."""
    f, figures, unit = names.f, answer.figures, unit_named(answer.unit)
    enough = is_enough(figures)
    return Tile(
        key=answer.key,
        title=title(answer.key, f.words),
        counted=_what_is_counted(answer.key, names),
        partial=partial_chip(answer, names),
        member=_side(answer, "member", names),
        non_member=_side(answer, "non_member", names),
        dumbbell=draw_dumbbell(answer, f),
        difference=unit.difference(f, figures.difference.value) if enough else MISSING,
        interval=unit.interval(f, figures.difference.ci95) if enough else "",
        few="" if enough or is_empty(figures) else too_few(answer, f),
        unproven=enough and figures.difference.value is not None and not is_proven(figures),
        sparkline=draw_sparkline(series, names),
        footnote=answer.key == "orders_per_active" and figures.counts.get("overlap", 0) > 0,
    )


def title(key: str, words: Words) -> str:
    """Name a measure in as few words as a tile has room for; its full name is the measure's own."""
    return {
        "retention_rate": words.gettext("Retention"),
        "loyal_conversion": words.gettext("Loyal conversion"),
        "aov": words.gettext("Average loyal basket"),
        "orders_per_active": words.gettext("Orders per active customer"),
        "nps": words.gettext("Net Promoter Score"),
    }[key]


def partial_chip(answer: Answer, names: PeriodNames) -> str:
    """Say how much of a period that is not over yet has passed."""
    if not answer.figures.partial:
        return ""
    days = (names.chosen.end - names.chosen.start).days
    today = answer.as_of.astimezone(ZoneInfo(answer.figures.period.timezone)).date()
    passed = min(max((today - names.chosen.start).days + 1, 0), days)
    return names.f.words.gettext("Partial: %(passed)s of %(days)s days", passed=passed, days=days)


def _what_is_counted(key: str, names: PeriodNames) -> str:
    words, now = names.f.words, names.within(names.chosen)
    if key == "retention_rate":
        before = names.within(names.chosen.shift(-1))
        return words.gettext("Bought %(before)s, and again %(now)s", before=before, now=now)
    if key == "loyal_conversion":
        return words.gettext("Known on %(day)s, and bought %(now)s", day=names.first_day(names.chosen), now=now)
    if key == "aov":
        return words.gettext("Amount per purchase")
    if key == "nps":
        return words.gettext("Latest answer of each customer %(now)s", now=now)
    return words.gettext("Purchases per customer who bought")


def _side(answer: Answer, segment: str, names: PeriodNames) -> Side:
    f, ratio = names.f, answer.figures.segments[segment]
    compared = ""
    if answer.compare is not None:
        period = CalendarPeriod(answer.compare.period.start, names.chosen.grain)
        compared = f"{names.column(period)} {unit_named(answer.unit).value(f, answer.compare.segments[segment].value)}"
    return Side(unit_named(answer.unit).value(f, ratio.value), _counted_from(answer.key, ratio, f), compared)


def _counted_from(key: str, ratio: Ratio, f: Format) -> str:
    den = f.number(ratio.base)
    if key == "nps":
        return f.words.ngettext("%(n)s answer", "%(n)s answers", ratio.base, n=den)
    if key == "aov":
        return f.words.ngettext("%(n)s purchase", "%(n)s purchases", ratio.base, n=den)
    if key == "orders_per_active":
        return f.words.ngettext("%(n)s buyer", "%(n)s buyers", ratio.base, n=den)
    return f.words.gettext("%(num)s of %(den)s", num=f.number(ratio.num), den=den)


def too_few(answer: Answer, f: Format) -> str:
    """Say which side is too small, the smaller one if both are."""
    segments = answer.figures.segments
    segment = min(("member", "non_member"), key=lambda side: segments[side].base)
    den, words = segments[segment].base, f.words
    n = f.number(den)
    if answer.key == "aov":
        one = words.ngettext("%(n)s purchase by members", "%(n)s purchases by members", den, n=n)
        other = words.ngettext("%(n)s purchase by non-members", "%(n)s purchases by non-members", den, n=n)
    elif answer.key == "nps":
        one = words.ngettext("%(n)s answer of members", "%(n)s answers of members", den, n=n)
        other = words.ngettext("%(n)s answer of non-members", "%(n)s answers of non-members", den, n=n)
    elif answer.key == "orders_per_active":
        one = words.ngettext("%(n)s member who bought", "%(n)s members who bought", den, n=n)
        other = words.ngettext("%(n)s non-member who bought", "%(n)s non-members who bought", den, n=n)
    else:
        one = words.ngettext("%(n)s member", "%(n)s members", den, n=n)
        other = words.ngettext("%(n)s non-member", "%(n)s non-members", den, n=n)
    who = one if segment == "member" else other
    return words.gettext("%(who)s; a difference is shown from %(enough)s.", who=who, enough=ENOUGH)
