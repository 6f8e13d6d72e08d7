"""What is said of a figure besides its value: not over yet, its interval still to come, another figure before."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from admin.format import Format
from admin.units import unit_named
from kpi.answers import Answer, Figures


def chips(answer: Answer, partial: str, f: Format) -> list[str]:
    """Say what a reader must know before quoting a figure; `partial` says how much of the period has passed."""
    return [text for text in (partial, restated(answer, f), pending(answer.figures, f)) if text]


def restated(answer: Answer, f: Format) -> str:
    """Say what a closed period's figure was, before something was recorded late: that of everybody."""
    told = answer.figures.restated
    if told is None:
        return ""
    was = unit_named(answer.unit).value(f, told.segments["all"].value)
    day = f.date(told.at.astimezone(ZoneInfo(answer.figures.period.timezone)).date())
    return f.words.gettext("Restated on %(day)s: was %(value)s", day=day, value=was)


def pending(figures: Figures, f: Format) -> str:
    """Say that the interval is on its way."""
    return f.words.gettext("Interval being computed") if figures.ci_pending else ""


def notes(figures: Figures, f: Format) -> list[str]:
    """Say what makes a figure look larger or smaller than it is."""
    words, said = f.words, []
    if figures.counts.get("left_censored"):
        said.append(
            words.gettext(
                "Purchases are known from less than a year before: some who look new may have bought earlier."
            )
        )
    immature = figures.counts.get("immature", 0)
    if immature:
        said.append(
            words.ngettext(
                "%(n)s is left out so far: not enough time has passed.",
                "%(n)s are left out so far: not enough time has passed.",
                immature,
                n=f.number(immature),
            )
        )
    return said


def is_waited_for(everything: Sequence[Figures]) -> bool:
    """Tell whether asking again in a moment would say more."""
    return any(figures.ci_pending for figures in everything)
