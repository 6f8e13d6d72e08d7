"""The matched difference-in-differences: members less others of the same stratum, each less their own past. Pure.

ATT = Σ n_T(Δ̄_T - Δ̄_C) / Σ n_T over the strata holding both. Its spread: every customer's influence, (Δ - stratum
mean) weighted with 1/N_T for a member and -(n_T/n_C)/N_T for another, is summed over all the strata that the customer
is in, squared and summed. Others are compared with many members, on many days: counting each of those as somebody else
would make the interval too narrow. (The not-yet-treated as controls: Callaway, Sant'Anna, J. Econometrics 225 (2021).)

A member who is alone in a stratum deviates by nothing from a mean of one, so where people join day by day, and most are
alone, that interval is too narrow. The `cautious` one beside it is not: where n share a stratum mean, each deviation is
times √(n/(n-1)); who is alone is held against what the others and the effect foretell, Δ - Δ̄_C - ATT.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts
from loyalty.intervals import Z95, Interval

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = Sequence[NDArray[Any]]


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Those compared on one day, an entry each: every customer at most once.

    `deltas` and `afters` have a row an outcome, `traits` a row for each of what ought to be alike before, each whole
    numbers or not. A stratum below 0 is nobody's: those in it are looked at no further.
    """

    who: Counts
    treated: Flags
    stratum: Counts
    deltas: Rows
    afters: Rows
    traits: Rows


@dataclass(frozen=True, slots=True)
class Effect:
    """What an outcome is higher by, per customer. `without` is what it would have been; `lift` is the effect / that.

    The interval of the lift takes `without` as it is. `cautious` is the wider interval that allows for those who are
    alone in their stratum, where it was asked for.
    """

    value: float
    ci95: Interval
    without: float
    cautious: Interval | None = None

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
    """The sums over all days of joining. `eligible` members could be matched, `matched` were.

    The first `cautiously` outcomes have the cautious interval as well.
    """

    customers: int
    outcomes: int
    cautiously: int = 0
    eligible: int = 0
    matched: int = 0
    _effect: Floats = field(init=False)
    _after: Floats = field(init=False)
    _influence: Floats = field(init=False)
    _cautious: Floats = field(init=False)
    _lone: Flags = field(init=False)
    _moments: dict[bool, Floats] = field(init=False)
    _used: Flags = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._effect, self._after = np.zeros(self.outcomes), np.zeros(self.outcomes)
        self._influence = np.zeros((self.outcomes, self.customers))
        self._cautious = np.zeros((self.cautiously, self.customers))
        self._moments = {}
        self._lone, self._used = np.zeros((2, self.customers), dtype=np.bool_)

    def add(self, group: Group) -> None:
        """Add those of one day.

        Everything that a stratum's side shares is worked out once for the side, in tables of `cells`; entries only look
        it up. Who is nobody's, or alike to nobody, weighs 0.
        """
        self.eligible += int((group.treated & (group.stratum >= 0)).sum())
        cell = 2 * (group.stratum + 1) + group.treated
        sizes = np.bincount(cell, minlength=4)
        sizes = np.append(sizes, 0) if len(sizes) % 2 else sizes
        weights = _weights(sizes)
        if not weights.any():
            return
        self.matched += int(sizes[weights == 1].sum())
        weight = weights[cell]
        self._used[group.who[weight < 0]] = True
        matched = np.flatnonzero(weight == 1)
        self._after += np.array([after[matched].sum() for after in group.afters])
        counted = np.maximum(sizes, 1)
        scales, lone = weights * np.sqrt(sizes / np.maximum(sizes - 1, 1)), (weights == 1) & (sizes == 1)
        # A member joins for the first time once, and nobody is in a group twice, so writing by customer loses nothing.
        if self.cautiously:
            self._lone[group.who[lone[cell]]] = True
        for row, delta in enumerate(group.deltas):
            sums = np.bincount(cell, delta, len(sizes))
            self._effect[row] += float(weights @ sums)
            means = sums / counted
            self._influence[row, group.who] += weight * (delta - means[cell])
            if row < self.cautiously:
                against = np.where(lone, np.roll(means, 1), means)
                self._cautious[row, group.who] += scales[cell] * (delta - against[cell])
        if len(group.traits):
            for side in (True, False):
                mass = np.where(weights > 0, weights, 0.0) if side else np.maximum(0.0, -weights)
                self._moments[side] = self._moments.get(side, 0.0) + _moments(group.traits, cell, sizes, mass)

    @property
    def others(self) -> int:
        """How many different customers members were compared with."""
        return int(self._used.sum())

    def effect(self, outcome: int) -> Effect | None:
        """Give the effect on an outcome; None when nobody was matched."""
        if not self.matched:
            return None
        value = float(self._effect[outcome]) / self.matched
        without = float(self._after[outcome]) / self.matched - value
        cautious = None
        if outcome < self.cautiously:
            cautious = self._interval(value, self._cautious[outcome] - value * self._lone)
        return Effect(value, self._interval(value, self._influence[outcome]), without, cautious)

    def _interval(self, value: float, own: Floats) -> Interval:
        margin = Z95 * sqrt(float(np.square(own).sum())) / self.matched
        return value - margin, value + margin

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


def _weights(sizes: Counts) -> Floats:
    """Weigh the sides of the strata that hold both: 1 for the members', -(n_T/n_C) for the others', else 0."""
    others, members = sizes[0::2], sizes[1::2]
    both = (others > 0) & (members > 0)
    # The first is of those who are nobody's.
    both[0] = False
    weights = np.zeros(len(sizes))
    weights[0::2] = np.where(both, -members / np.maximum(others, 1), 0.0)
    weights[1::2] = both
    return weights


def _moments(traits: Rows, cell: Counts, sizes: Counts, mass: Floats) -> Floats:
    """Sum weight, weighted trait and weighted square, a row a trait; whole numbers would not hold large squares."""
    real = [trait.astype(np.float64) for trait in traits]
    sums = [[np.bincount(cell, values, len(sizes)) @ mass for values in (trait, trait**2)] for trait in real]
    return np.array([[sizes @ mass, *both] for both in sums])


def _spread(moments: Floats) -> tuple[Floats, Floats]:
    weight, total, squares = moments.T
    mean = total / weight
    return mean, np.maximum(0.0, squares / weight - mean**2)
