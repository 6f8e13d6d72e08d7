"""The four checks of the estimate in words, all shown."""

from dataclasses import dataclass

from markupsafe import Markup

from admin.effects import check_pictures as pictures
from admin.figures import Dot
from admin.format import MINUS, Format
from admin.units import unit_named
from kpi.impact.comparison import Compared
from kpi.impact.facts import Result
from kpi.impact.gates import LEAST_HELD, LEAST_MATCHED, LEAST_MATCHED_SHARE, MOST_DIFFERENT, Gates
from kpi.impact.matching import Effect


@dataclass(frozen=True)
class Check:
    """One of the four checks: passed, or not, or not tried."""

    name: str
    passed: bool
    told: str
    picture: Markup


def checks_of(result: Result, gates: Gates, compared: Compared, outcome: str, f: Format) -> list[Check]:
    """Say of each check what it found, and what was needed; amounts are money."""
    words, comparison = f.words, result.comparison
    # One that is infinite is not kept.
    found = [None if d is None else abs(d) for d in comparison.differences.values()]
    worst = None if None in found else max((d for d in found if d is not None), default=None)
    share = result.tested.share(outcome)
    earlier = Dot(compared.placebo.value, *compared.placebo.ci95) if compared.placebo else None
    return [
        Check(
            words.gettext("Nothing 45 days earlier"),
            bool(gates.placebo),
            _earlier(compared, f),
            pictures.interval(earlier),
        ),
        Check(
            words.gettext("Enough members compared"),
            gates.matched,
            words.gettext(
                "%(matched)s of %(eligible)s; it takes 80%% of them, and %(least)s.",
                matched=f.number(comparison.matched),
                eligible=f.number(comparison.eligible),
                least=f.number(LEAST_MATCHED),
            ),
            pictures.share(comparison.matched / max(1, comparison.eligible), LEAST_MATCHED_SHARE),
        ),
        Check(
            words.gettext("Alike before"),
            bool(gates.balance),
            words.gettext(
                "Largest difference %(worst)s standard deviations; below 0.1 is needed.", worst=f.number(worst, 3)
            ),
            pictures.below(worst, MOST_DIFFERENT),
        ),
        Check(
            words.gettext("Self-test"),
            bool(gates.self_test),
            words.gettext(
                "Of estimates of nothing, %(share)s found nothing; it takes 90%%. Made anew every month.",
                share=f.percent(share),
            ),
            pictures.share(share, LEAST_HELD),
        ),
    ]


def _earlier(compared: Compared, f: Format) -> str:
    """Tell the check, and what it cannot: half of its days lie after joining, those of the rise all before."""
    words = f.words
    told = words.gettext(
        "The same estimate 45 days earlier: %(interval)s; it has to contain zero.",
        interval=_interval(compared.placebo, f),
    )
    if compared.rise is None:
        return told
    return f"{told} " + words.gettext("Wholly before joining: %(interval)s.", interval=_interval(compared.rise, f))


def _interval(effect: Effect | None, f: Format) -> str:
    if effect is None:
        return f.words.gettext("not tried")
    # A line may end between a minus and a currency.
    return unit_named("money").interval(f, effect.ci95).replace(MINUS, f"{MINUS}\N{WORD JOINER}")
