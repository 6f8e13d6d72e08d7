"""The matched difference-in-differences: members less others of the same stratum, each less their own past. Pure.

ATT = Σ n_T(Δ̄_T - Δ̄_C) / Σ n_T over the strata holding both. Its spread: every customer's influence, (Δ - stratum
mean) weighted with 1/N_T for a member and -(n_T/n_C)/N_T for another, is summed over all the strata that the customer
is in, squared and summed. Others are compared with many members, on many days: counting each of those as somebody else
would make the interval too narrow. (The not-yet-treated as controls: Callaway, Sant'Anna, J. Econometrics 225 (2021).)

Where n share a stratum mean, each deviation is times √(n/(n-1)). A member who is alone in a stratum deviates by nothing
from a mean of one; it is held against what the others and the effect foretell, Δ - Δ̄_C - ATT. Without that, shops where
people join day by day, and most are alone, would get intervals a third as wide as they have to be.
"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts
from loyalty.intervals import Z95, Interval

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Those compared on one day, an entry each: every customer at most once.

    `deltas` and `afters` have a row an outcome, `traits` a row for each of what ought to be alike before.
    """

    who: Counts
    treated: Flags
    stratum: Counts
    deltas: Floats
    afters: Floats
    traits: Floats

    def of(self, kept: Flags) -> "Group":
        """Keep these entries."""
        return Group(
            who=self.who[kept],
            treated=self.treated[kept],
            stratum=self.stratum[kept],
            deltas=self.deltas[:, kept],
            afters=self.afters[:, kept],
            traits=self.traits[:, kept],
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What an outcome is higher by, per customer. `without` is what it would have been; `lift` is the effect / that.

    The interval of the lift takes `without` as it is.
    """

    value: float
    ci95: Interval
    without: float

    @property
    def holds_zero(self) -> bool:
        """Whether there may be nothing."""
        return self.ci95[0] <= 0 <= self.ci95[1]

    @property
    def lift(self) -> float | None:
        """The effect as a share of what it would have been without; None where that is not above 0."""
        return self.value / self.without if self.without > 0 else None

    @property
    def lift_ci95(self) -> Interval | None:
        """The interval of the lift."""
        return (self.ci95[0] / self.without, self.ci95[1] / self.without) if self.without > 0 else None


@dataclass(eq=False)
class Tally:
    """The sums over all days of joining. `eligible` members could be matched, `matched` were."""

    customers: int
    outcomes: int
    eligible: int = 0
    matched: int = 0
    _effect: Floats = field(init=False)
    _after: Floats = field(init=False)
    _influence: Floats = field(init=False)
    _lone: Flags = field(init=False)
    _moments: dict[bool, Floats] = field(init=False)
    _used: Flags = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._effect, self._after = np.zeros(self.outcomes), np.zeros(self.outcomes)
        self._influence = np.zeros((self.outcomes, self.customers))
        self._moments = {}
        self._lone, self._used = np.zeros((2, self.customers), dtype=np.bool_)

    def add(self, group: Group) -> None:
        """Add those of one day."""
        self.eligible += int(group.treated.sum())
        cell = 2 * group.stratum + group.treated
        sizes = np.bincount(cell, minlength=2)
        sizes = np.append(sizes, 0) if len(sizes) % 2 else sizes
        others, members = sizes[0::2], sizes[1::2]
        kept = ((others > 0) & (members > 0))[group.stratum]
        if not kept.any():
            return
        group, cell = group.of(kept), cell[kept]
        weight = np.where(group.treated, 1.0, members[group.stratum] / np.maximum(others, 1)[group.stratum])
        signed = np.where(group.treated, weight, -weight)
        self.matched += int(group.treated.sum())
        self._used[group.who[~group.treated]] = True
        self._effect += group.deltas @ signed
        self._after += group.afters @ group.treated
        n = sizes[cell]
        lone = group.treated & (n == 1)
        # A member joins for the first time once, and nobody is in a group twice, so writing by customer loses nothing.
        self._lone[group.who[lone]] = True
        held_against, scale = np.where(lone, cell - 1, cell), signed * np.sqrt(n / np.maximum(n - 1, 1))
        for row, delta in enumerate(group.deltas):
            means = np.bincount(cell, delta, len(sizes)) / np.maximum(sizes, 1)
            self._influence[row, group.who] += scale * (delta - means[held_against])
        for side in (True, False):
            mine = group.treated == side
            self._moments[side] = self._moments.get(side, 0.0) + _moments(group.traits[:, mine], weight[mine])

    @property
    def others(self) -> int:
        """How many different customers members were compared with."""
        return int(self._used.sum())

    def effect(self, outcome: int) -> Effect | None:
        """Give the effect on an outcome; None when nobody was matched."""
        if not self.matched:
            return None
        value = float(self._effect[outcome]) / self.matched
        own = self._influence[outcome] - value * self._lone
        margin = Z95 * sqrt(float(own @ own)) / self.matched
        without = float(self._after[outcome]) / self.matched - value
        return Effect(value, (value - margin, value + margin), without)

    def differences(self) -> list[float]:
        """Give each trait's standardised difference after weighting: (x̄_T - x̄_C) / √((s²_T + s²_C)/2).

        0 where both are the same and do not vary; infinite where they differ and do not vary.
        """
        if not self.matched:
            return []
        (mean, variance), (other, other_variance) = (_spread(self._moments[side]) for side in (True, False))
        gap, scale = mean - other, np.sqrt((variance + other_variance) / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return [float(d) for d in np.where(gap == 0, 0.0, gap / scale)]


def _moments(traits: Floats, weight: Floats) -> Floats:
    """Sum weight, weighted trait and weighted square, a row a trait."""
    ones = np.full(len(traits), weight.sum())
    return np.stack([ones, traits @ weight, traits**2 @ weight], axis=1)


def _spread(moments: Floats) -> tuple[Floats, Floats]:
    weight, total, squares = moments.T
    mean = total / weight
    return mean, np.maximum(0.0, squares / weight - mean**2)
