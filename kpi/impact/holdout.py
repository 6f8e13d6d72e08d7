"""The measurement: those who were offered the programme against those who by lot were not. Pure.

Everybody counts in the arm they were drawn into, whether they joined or not (intention to treat). Rates by Newcombe;
sums by Welch, and by Welch on what CUPED leaves (Deng, Xu, Kohavi, Walker, WSDM 2013). It is read once, on the day that
was fixed at the start, and only if the lot was sound.
"""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from loyalty.intervals import Interval, newcombe

Floats = NDArray[np.float64]
ALARM_BELOW = 0.001
# Of fewer in an arm no difference is told (`kpi.md`, 1.1).
LEAST_TOLD = 30
ALL_BASIS_POINTS = 10_000
_LEAST = 2


@dataclass(frozen=True, eq=False, slots=True)
class Arm:
    """What those of an arm did while it ran, and in as many days before the draw; an entry a customer."""

    during: Floats
    before: Floats

    @property
    def n(self) -> int:
        """How many were drawn into it."""
        return len(self.during)


@dataclass(frozen=True, slots=True)
class Measured:
    """Offered less held out, per customer. `held_out` is the mean of that arm; None where there is no interval."""

    value: float
    ci95: Interval | None
    held_out: float

    @property
    def holds_zero(self) -> bool:
        """Whether there may be nothing."""
        return self.ci95 is None or self.ci95[0] <= 0 <= self.ci95[1]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The effect after CUPED; `rho` correlates the figure with itself before, 1 - rho² of the variance is left."""

    effect: Measured
    theta: float
    rho: float

    @property
    def left(self) -> float:
        """Which share of the variance is left."""
        return 1 - self.rho**2


@dataclass(frozen=True, slots=True)
class Lot:
    """Whether the arms have the sizes that the lot was to give them."""

    offered: int
    held_out: int
    chi2: float
    p: float

    @property
    def alarm(self) -> bool:
        """Whether something other than the lot must have decided."""
        return self.p < ALARM_BELOW

    @property
    def few(self) -> bool:
        """Whether an arm is too small for a difference to be told."""
        return min(self.offered, self.held_out) < LEAST_TOLD


def lot_of(offered: int, held_out: int, holdout_bp: int) -> Lot:
    """Hold the sizes of the arms against the share held out, in basis points strictly between 0 and 10,000.

    χ² = Σ (seen - expected)²/expected with one degree of freedom. Nobody drawn: nothing speaks against the lot.
    """
    n, share = offered + held_out, holdout_bp / ALL_BASIS_POINTS
    if not n:
        return Lot(0, 0, 0.0, 1.0)
    gap = held_out - n * share
    chi2 = gap**2 / (n * share) + gap**2 / (n * (1 - share))
    return Lot(offered, held_out, chi2, erfc(sqrt(chi2 / 2)))


def rates(hits: int, n: int, held_out_hits: int, held_out_n: int) -> Measured | None:
    """Measure the effect on a rate; None when an arm is empty."""
    if not n or not held_out_n:
        return None
    ci95 = newcombe(hits, n, held_out_hits, held_out_n)
    return Measured(hits / n - held_out_hits / held_out_n, ci95, held_out_hits / held_out_n)


def means(offered: Floats, held_out: Floats) -> Measured | None:
    """Measure the effect on a mean; None when an arm is empty, without an interval where nothing says how they vary.

    Welch: d ± t·√(s₁²/n₁ + s₂²/n₂), with Satterthwaite's degrees of freedom (Biometrika 34 (1947), 28-35).
    """
    if not len(offered) or not len(held_out):
        return None
    value, base = float(offered.mean() - held_out.mean()), float(held_out.mean())
    if min(len(offered), len(held_out)) < _LEAST:
        return Measured(value, None, base)
    parts = [float(arm.var(ddof=1)) / len(arm) for arm in (offered, held_out)]
    variance = sum(parts)
    if not variance:
        # All of an arm alike, in both: so few, or so little bought, that it says nothing of others.
        return Measured(value, None, base)
    freedom = variance**2 / sum(p**2 / (len(arm) - 1) for p, arm in zip(parts, (offered, held_out), strict=True))
    margin = float(stdtrit(freedom, 0.975)) * sqrt(variance)
    return Measured(value, (value - margin, value + margin), base)


def adjusted(offered: Arm, held_out: Arm) -> Adjusted | None:
    """Measure the effect on a mean after taking off what the past foretells; None where there is no past that varies.

    y - θ(x - x̄), x̄ over both arms; θ = Σxy / Σx² about each arm's own means, so that the effect has no part in it.
    """
    if not offered.n or not held_out.n:
        return None
    arms = (offered, held_out)
    centred = [(arm.before - arm.before.mean(), arm.during - arm.during.mean()) for arm in arms]
    xx, xy, yy = (float(sum(pair[a] @ pair[b] for pair in centred)) for a, b in ((0, 0), (0, 1), (1, 1)))
    if not xx or not yy:
        return None
    theta, middle = xy / xx, float(np.concatenate([arm.before for arm in arms]).mean())
    effect = means(*(arm.during - theta * (arm.before - middle) for arm in arms))
    return None if effect is None else Adjusted(effect, theta, xy / sqrt(xx * yy))
