"""The two pictures of a tile, drawn from a measure's own figures."""

from markupsafe import Markup

from admin.figures import Dot, Slot, dumbbell, sparkline
from admin.format import Format
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.units import UNITS, Unit
from kpi.answers import Answer, Series
from kpi.measure import Ratio


def draw_dumbbell(answer: Answer, f: Format) -> Markup | None:
    """Draw both segments on one axis; None when there is no value at all."""
    unit, segments = UNITS[answer.unit], answer.figures.segments
    member, non_member = segments["member"], segments["non_member"]
    one, other = _dot(member), _dot(non_member)
    if one is None and other is None:
        return None
    said = [
        f.words.gettext("Members %(value)s, interval %(spread)s", **_said(member, unit, f)),
        f.words.gettext("Non-members %(value)s, interval %(spread)s", **_said(non_member, unit, f)),
    ]
    return dumbbell(one, other, most=unit.most, label=lambda tick, step: unit.tick(f, tick, step), name=". ".join(said))


def draw_sparkline(series: Series, names: PeriodNames) -> Markup:
    """Draw the run of periods around the chosen one; those without a figure are shown as missing."""
    f, unit = names.f, UNITS[series.unit]
    periods = [CalendarPeriod(figures.period.start, names.chosen.grain) for figures in series.periods]
    chosen = periods.index(names.chosen)
    slots = [
        Slot(
            names.short(period),
            names.short_with_year(period),
            figures.segments["member"].value,
            figures.segments["non_member"].value,
        )
        for period, figures in zip(periods, series.periods, strict=True)
    ]
    name = f.words.gettext(
        "%(first)s to %(last)s. %(chosen)s: members %(member)s, non-members %(non_member)s",
        first=slots[0].long,
        last=slots[-1].long,
        chosen=slots[chosen].long,
        member=unit.value(f, slots[chosen].member),
        non_member=unit.value(f, slots[chosen].non_member),
    )
    return sparkline(slots, chosen, name=name)


def _dot(ratio: Ratio) -> Dot | None:
    if ratio.value is None:
        return None
    return Dot(ratio.value, *(ratio.ci95 or (ratio.value, ratio.value)))


def _said(ratio: Ratio, unit: Unit, f: Format) -> dict[str, str]:
    return {"value": unit.value(f, ratio.value), "spread": unit.spread(f, ratio.ci95)}
