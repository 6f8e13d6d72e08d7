"""The two pictures of a tile, drawn from a measure's own figures."""

from collections.abc import Sequence

from markupsafe import Markup

from admin.figures import Dot, Slot, dumbbell, sparkline
from admin.format import Format
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.series import SIDES
from admin.unit import Unit
from admin.units import unit_named
from kpi.answers import Answer, Figures, Series
from kpi.measure import Ratio


def draw_dumbbell(answer: Answer, f: Format) -> Markup | None:
    """Draw both segments on one axis; None when there is no value at all."""
    unit, segments = unit_named(answer.unit), answer.figures.segments
    member, non_member = segments["member"], segments["non_member"]
    one, other = _dot(member), _dot(non_member)
    if one is None and other is None:
        return None
    said = [
        f.words.gettext("Members %(value)s, interval %(spread)s", **_said(member, unit, f)),
        f.words.gettext("Non-members %(value)s, interval %(spread)s", **_said(non_member, unit, f)),
    ]
    return dumbbell(
        one,
        other,
        least=unit.least,
        most=unit.most,
        label=lambda tick, step: unit.tick(f, tick, step),
        name=". ".join(said),
    )


def draw_sparkline(series: Series, names: PeriodNames, *, captions: bool = True) -> Markup:
    """Draw the run of periods around the chosen one; those without a figure are shown as missing."""
    periods = [CalendarPeriod(figures.period.start, names.chosen.grain) for figures in series.periods]
    chosen = periods.index(names.chosen)
    slots = [_slot(figures, period, names) for period, figures in zip(periods, series.periods, strict=True)]
    return sparkline(slots, chosen, name=_run_said(series, slots, chosen, names.f), captions=captions)


def _slot(figures: Figures, period: CalendarPeriod, names: PeriodNames) -> Slot:
    member, non_member = (_value(figures, side) for side in SIDES)
    everyone = None if set(SIDES) & set(figures.segments) else _value(figures, "all")
    return Slot(names.short(period), names.short_with_year(period), member, non_member, everyone)


def _run_said(series: Series, slots: Sequence[Slot], chosen: int, f: Format) -> str:
    """Say the run's ends and the chosen period in words."""
    unit, at = unit_named(series.unit), slots[chosen]
    said = {"first": slots[0].long, "last": slots[-1].long, "chosen": at.long}
    if not set(SIDES) & set(series.periods[chosen].segments):
        return f.words.gettext("%(first)s to %(last)s. %(chosen)s: %(value)s", **said, value=unit.value(f, at.everyone))
    return f.words.gettext(
        "%(first)s to %(last)s. %(chosen)s: members %(member)s, non-members %(non_member)s",
        **said,
        member=unit.value(f, at.member),
        non_member=unit.value(f, at.non_member),
    )


def _value(figures: Figures, side: str) -> float | None:
    return figures.segments[side].value if side in figures.segments else None


def _dot(ratio: Ratio) -> Dot | None:
    if ratio.value is None:
        return None
    return Dot(ratio.value, *(ratio.ci95 or (ratio.value, ratio.value)))


def _said(ratio: Ratio, unit: Unit, f: Format) -> dict[str, str]:
    return {"value": unit.value(f, ratio.value), "spread": unit.spread(f, ratio.ci95)}
