"""The 95 % intervals of the service: what a figure of a sample says about the shop's customers.

Pure. An interval is `(low, high)`, unrounded; None where there is too little data for one. The sums and the sources are
in each docstring; the tests hold Wilson and Newcombe against statsmodels.
"""

from dataclasses import dataclass
from functools import cached_property
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Counts = NDArray[np.int64]

# The two-sided 95 % quantile of the normal distribution.
Z95 = 1.959963984540054


def clipped(interval: Interval | None, low: float, high: float) -> Interval | None:
    """Keep an interval inside the range that its figure can have."""
    return None if interval is None else (max(low, interval[0]), min(high, interval[1]))


def wilson(hits: int, n: int) -> Interval | None:
    """Give the Wilson score interval of the rate `hits / n`; None when n is 0.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Wilson, JASA 22 (1927), 209-212.
    """
    if n == 0:
        return None
    rate, z2 = hits / n, Z95**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    margin = Z95 * sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At 0 and n the formula ends exactly there; floating point does not quite.
    return (0.0 if hits == 0 else middle - margin, 1.0 if hits == n else middle + margin)


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> Interval | None:
    """Give the hybrid score interval of `hits / n - other_hits / other_n`, independent rates; None when one is empty.

    d − √((p₁−l₁)² + (u₂−p₂)²) to d + √((u₁−p₁)² + (p₂−l₂)²), l and u by Wilson. Newcombe, Statistics in Medicine 17
    (1998), 873-890, method 10.
    """
    one, two = wilson(hits, n), wilson(other_hits, other_n)
    if one is None or two is None:
        return None
    p, q = hits / n, other_hits / other_n
    below = sqrt((p - one[0]) ** 2 + (two[1] - q) ** 2)
    above = sqrt((one[1] - p) ** 2 + (q - two[0]) ** 2)
    return (p - q - below, p - q + above)


@dataclass(frozen=True, eq=False)
class Clusters:
    """What the customers on one side did: `y` summed over `x` units, an entry each; both 0 where one is not on it.

    `singles` are further clusters of one unit each (anonymous purchases), known by their sum and sum of squares of y.
    """

    y: Counts
    x: Counts
    singles: int = 0
    singles_sum: int = 0
    singles_squares: int = 0

    @cached_property
    def n(self) -> int:
        """How many clusters there are."""
        return int(np.count_nonzero(self.x)) + self.singles

    @cached_property
    def num(self) -> int:
        """Σy, exact."""
        return int(self.y.sum()) + self.singles_sum

    @cached_property
    def den(self) -> int:
        """Σx, exact."""
        return int(self.x.sum()) + self.singles

    @cached_property
    def ratio(self) -> float | None:
        """Σy / Σx; None when there is nothing to divide by."""
        return self.num / self.den if self.den else None

    def influences(self) -> tuple[NDArray[np.float64], float] | None:
        """Give each customer's √(n/(n−1))·(y − r·x)/Σx, and Σ of the singles' squares; None below two clusters."""
        if self.ratio is None or self.n < 2:  # noqa: PLR2004 - one cluster tells nothing about how clusters differ
            return None
        scale = sqrt(self.n / (self.n - 1)) / self.den
        squares = self.singles_squares - 2 * self.ratio * self.singles_sum + self.ratio**2 * self.singles
        return scale * (self.y - self.ratio * self.x), scale**2 * max(0.0, squares)


def ratio_interval(side: Clusters) -> Interval | None:
    """Give the interval of Σy/Σx over clusters; None below two clusters.

    r ± z·se, se = √(Σ(yᵢ − r·xᵢ)²·n/(n−1)) / Σx (Cochran, Sampling Techniques, 3rd ed., 6.3, without the finite
    population correction). With x = 1 for everybody it is the interval of a mean, ±z·s/√n.
    """
    terms = side.influences()
    if side.ratio is None or terms is None:
        return None
    own, singles = terms
    margin = Z95 * sqrt(float(own @ own) + singles)
    return (side.ratio - margin, side.ratio + margin)


def ratio_difference_interval(side: Clusters, other: Clusters) -> Interval | None:
    """Give the interval of the difference of two such ratios, whose `y` and `x` list the same customers in one order.

    u_c = f₁·(y₁−r₁x₁)/Σx₁ − f₂·(y₂−r₂x₂)/Σx₂, se = √Σu_c²: whoever is on both sides counts once, with both terms.
    (Linearisation of a function of ratios: Särndal, Swensson, Wretman, Model Assisted Survey Sampling, 5.5-5.6.)
    """
    terms, other_terms = side.influences(), other.influences()
    if side.ratio is None or other.ratio is None or terms is None or other_terms is None:
        return None
    both = terms[0] - other_terms[0]
    margin = Z95 * sqrt(float(both @ both) + terms[1] + other_terms[1])
    gap = side.ratio - other.ratio
    return (gap - margin, gap + margin)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to "would you recommend us?": promoters said 9 or 10, detractors 0 to 6."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        """How many answered."""
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> float | None:
        """The Net Promoter Score, −100 to 100, unrounded; None without an answer."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None

    def adjusted(self) -> tuple[float, float]:
        """Give score (a fraction) and variance with three answers added: ¾ promoter, ¾ detractor, 1½ passive."""
        n = self.n + 3
        up, down = (self.promoters + 0.75) / n, (self.detractors + 0.75) / n
        return up - down, (up + down - (up - down) ** 2) / n


def nps_interval(answers: Answers) -> Interval | None:
    """Give the adjusted Wald interval of a Net Promoter Score, within ±100; None without an answer.

    100·(d ± z·√((p + q − d²)/(n+3))), p and q the shares with ¾ added to each, d = p − q. Rocks, "Interval estimation
    for the Net Promoter Score", The American Statistician 70 (2016), 365-372; MeasuringU compared it as the best.
    """
    if not answers.n:
        return None
    middle, variance = answers.adjusted()
    margin = Z95 * sqrt(variance)
    return clipped((100 * (middle - margin), 100 * (middle + margin)), -100.0, 100.0)


@dataclass(frozen=True, slots=True)
class NpsDifference:
    """Two scores compared: `value` unadjusted, the interval and the test adjusted. `p` is two-sided."""

    value: float
    ci95: Interval
    z: float
    p: float


def nps_difference(answers: Answers, other: Answers) -> NpsDifference | None:
    """Compare two independent scores by the adjusted Wald method; None when one has no answer."""
    if answers.score is None or other.score is None:
        return None
    (one, variance), (two, other_variance) = answers.adjusted(), other.adjusted()
    error = sqrt(variance + other_variance)
    z = (one - two) / error
    ends = (100 * (one - two - Z95 * error), 100 * (one - two + Z95 * error))
    interval = (max(-200.0, ends[0]), min(200.0, ends[1]))
    return NpsDifference(answers.score - other.score, interval, z, erfc(abs(z) / sqrt(2)))
