"""Before a measurement begins: how small an effect it would find, and when one will be able to tell. Pure.

The shop's own past says how much customers differ and how well their past foretells them, for each length; the shortest
length that would find the effect hoped for with 80 % power is the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from kpi.impact.holdout import ALL_BASIS_POINTS
from loyalty.intervals import Z95

# The 80 % quantile of the normal distribution: the power that is planned for.
_Z80 = 0.8416212335729143
# Lengths that are looked at; a measurement has to end, and seasons make longer ones no surer.
WEEKS = (4, 8, 13, 26, 52)


@dataclass(frozen=True, slots=True)
class Past:
    """What `customers` who could be drawn did in the last `weeks`: mean and standard deviation per customer.

    `rho` correlates it with as many weeks before them; None where there is no such past.
    """

    weeks: int
    customers: int
    mean: float
    deviation: float
    rho: float | None


@dataclass(frozen=True, slots=True)
class Findable:
    """The smallest effects found with 80 % power in so many weeks, as shares of the mean; None: with nothing at all."""

    weeks: int
    plain: float | None
    cuped: float | None

    @property
    def best(self) -> float | None:
        """The smaller of the two."""
        return self.cuped if self.cuped is not None else self.plain


@dataclass(frozen=True, slots=True)
class Outlook:
    """What each length would find, and the shortest that would find the effect hoped for; None when none would."""

    findable: list[Findable]
    weeks: int | None


def smallest_effect(deviation: float, offered: float, held_out: float, rho: float = 0.0) -> float:
    """Give the smallest difference of two means found with 80 % power, two-sided at 5 %.

    (z₀.₉₇₅ + z₀.₈)·s·√(1/n₁ + 1/n₂)·√(1 - ρ²). For a rate p, s = √(p(1-p)). (Cohen, Statistical Power Analysis, 2.)
    """
    return (Z95 + _Z80) * deviation * sqrt((1 / offered + 1 / held_out) * max(0.0, 1 - rho**2))


def findable(past: Past, holdout_bp: int) -> Findable:
    """Tell how small an effect such a length would find, with such a share held out."""
    held_out = past.customers * holdout_bp / ALL_BASIS_POINTS
    offered = past.customers - held_out
    if past.mean <= 0 or min(offered, held_out) < 1:
        return Findable(past.weeks, None, None)
    plain = smallest_effect(past.deviation, offered, held_out) / past.mean
    cuped = None if past.rho is None else smallest_effect(past.deviation, offered, held_out, past.rho) / past.mean
    return Findable(past.weeks, plain, cuped)


def outlook(pasts: Sequence[Past], holdout_bp: int, hoped_for: float) -> Outlook:
    """Tell when an effect of such a share of the mean would be found."""
    told = [findable(past, holdout_bp) for past in sorted(pasts, key=lambda past: past.weeks)]
    enough = (one.weeks for one in told if one.best is not None and one.best <= hoped_for)
    return Outlook(told, next(enough, None))
