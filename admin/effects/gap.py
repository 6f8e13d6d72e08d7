"""The page that explains why a gap is not an effect, with the programme's own figures."""

from dataclasses import dataclass

from admin.effects.evidence import already
from admin.format import Format
from admin.units import unit_named
from kpi.impact.gates import gates_of, verdict
from kpi.impact.staff import Effects


@dataclass(frozen=True)
class GapPage:
    """The figures of the page, each empty where the shop has none."""

    naive: str = ""
    naive_interval: str = ""
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
    times = ""
    if spend.times is not None:
        times = words.gettext("The gap is %(times)s times larger than the estimate.", times=f.number(spend.times, 1))
    return GapPage(
        naive=unit.value(f, spend.naive.value),
        naive_interval=unit.interval(f, spend.naive.ci95),
        before=already(spend, unit, f),
        matched=words.gettext(
            "In your shop: %(matched)s members, compared with %(others)s customers who bought alike.",
            matched=f.number(comparison.matched),
            others=f.number(comparison.others),
        ),
        estimate=estimate,
        times=times,
    )
