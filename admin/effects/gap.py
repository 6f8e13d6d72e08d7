"""The page that explains why a gap is not an effect, with the programme's own figures."""

from dataclasses import dataclass

from admin.effects.notes import already, how_many_times
from admin.format import Format
from admin.unit import Unit
from admin.units import unit_named
from kpi.impact.gates import gates_of, verdict
from kpi.impact.matching import Effect
from kpi.impact.staff import Effects


@dataclass(frozen=True)
class GapPage:
    """The figures of the page, each empty where the shop has none."""

    naive: str = ""
    before: str = ""
    matched: str = ""
    estimate: str = ""
    times: str = ""


def make_gap(seen: Effects, f: Format) -> GapPage:
    """Put the programme's own figures into words."""
    result = seen.estimate.result if seen.estimate else None
    if result is None:
        return GapPage()
    words, unit, comparison = f.words, unit_named("money"), result.comparison
    spend = comparison.outcomes["spend"]
    if spend.naive is None or spend.effect is None:
        return GapPage()
    told = verdict(spend, gates_of("spend", comparison, result.tested))
    if told == "estimated":
        value, interval = unit.difference(f, spend.effect.value), unit.interval(f, spend.effect.ci95)
        estimate = words.gettext("What is left: %(value)s (%(interval)s), estimated.", value=value, interval=interval)
    else:
        estimate = words.gettext("What is left is inconclusive.")
    return GapPage(
        naive=_naive(spend.naive, unit, f),
        before=already(spend, unit, f),
        matched=words.gettext(
            "In your shop: %(matched)s members, compared with %(others)s customers who bought alike.",
            matched=f.number(comparison.matched),
            others=f.number(comparison.others),
        ),
        estimate=estimate,
        times=how_many_times(spend, told, f),
    )


def _naive(gap: Effect, unit: Unit, f: Format) -> str:
    words, interval = f.words, unit.interval(f, gap.ci95)
    if gap.value > 0:
        return words.gettext(
            "In your shop, those who joined spent %(naive)s more in the next 90 days than others who could have joined "
            "on the same day (%(interval)s).",
            naive=unit.value(f, gap.value),
            interval=interval,
        )
    return words.gettext(
        "In your shop, those who joined spent %(naive)s less in the next 90 days than others who could have joined "
        "on the same day (%(interval)s).",
        naive=unit.value(f, -gap.value),
        interval=interval,
    )
