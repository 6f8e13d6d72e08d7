"""What may be told of an estimate: four gates, all shown, and the verdict on each outcome. Pure."""

from dataclasses import dataclass
from typing import Literal

from kpi.impact.comparison import Compared, Comparison
from kpi.impact.halves import SelfTest

# "too_little_data": nobody could be compared. "inconclusive": the interval holds 0, or a gate was not passed.
Verdict = Literal["estimated", "inconclusive", "too_little_data"]
LEAST_MATCHED_SHARE = 0.8
LEAST_MATCHED = 200
MOST_DIFFERENT = 0.1
LEAST_HELD = 0.9


@dataclass(frozen=True, slots=True)
class Gates:
    """Which gates were passed by one outcome: None where a gate could not be tried, which is not passing it."""

    placebo: bool | None
    matched: bool
    balance: bool | None
    self_test: bool | None

    @property
    def failed(self) -> list[str]:
        """Name those that were not passed."""
        told = {"g1": self.placebo, "g2": self.matched, "g3": self.balance, "g4": self.self_test}
        return [name for name, passed in told.items() if not passed]


def gates_of(outcome: str, comparison: Comparison, tested: SelfTest) -> Gates:
    """Try the gates of an outcome."""
    placebo = comparison.outcomes[outcome].placebo
    share, differences = tested.share(outcome), comparison.differences
    return Gates(
        placebo=None if placebo is None else placebo.holds_zero,
        matched=is_enough(comparison.matched, comparison.eligible),
        balance=all(d is not None and abs(d) < MOST_DIFFERENT for d in differences.values()) if differences else None,
        self_test=None if share is None else share >= LEAST_HELD,
    )


def is_enough(matched: int, eligible: int) -> bool:
    """Tell whether so many were matched that the estimate speaks of the members."""
    return matched >= LEAST_MATCHED and matched >= LEAST_MATCHED_SHARE * eligible


def verdict(compared: Compared, gates: Gates) -> Verdict:
    """Say what may be told of an outcome; the headline is without the day of joining."""
    if compared.effect is None:
        return "too_little_data"
    return "inconclusive" if compared.effect.holds_zero or gates.failed else "estimated"
