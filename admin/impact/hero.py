"""The answer, in a sentence. It is observed, and its words never claim a cause (design: look, "Words")."""

from dataclasses import dataclass

from admin.impact.tiles import is_empty, is_enough, is_proven, too_few
from admin.period_names import PeriodNames, capital
from admin.units import unit_named
from kpi.answers import Answer


@dataclass(frozen=True)
class Hero:
    """Who came back. `state`: proven, unproven (the interval holds zero), few, or none (nobody could come back)."""

    state: str
    within: str
    before: str
    member: str
    non_member: str
    difference: str
    few: str


def make_hero(retention: Answer, names: PeriodNames) -> Hero:
    """Choose what can be said of the retention of a period."""
    figures, unit, f = retention.figures, unit_named(retention.unit), names.f
    few = ""
    if is_empty(figures):
        state = "none"
    elif not is_enough(figures):
        state, few = "few", too_few(retention, f)
    else:
        state = "proven" if is_proven(figures) else "unproven"
    return Hero(
        state=state,
        within=capital(names.within(names.chosen)),
        before=names.within(names.chosen.shift(-1)),
        member=unit.value(f, figures.segments["member"].value),
        non_member=unit.value(f, figures.segments["non_member"].value),
        difference=unit.difference(f, figures.difference.value),
        few=few,
    )
