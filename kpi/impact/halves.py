"""The self-test: estimates of nothing, whose intervals ought to hold 0 in 95 of 100. Pure.

Customers who had not joined are parted by a hash, again and again. Of one half, as many are taken for members who
joined on some of the days as really did on them; nothing happened to them. If many intervals leave 0 out, they are too
narrow for this shop, and no effect is told. (As many as really joined: where few join a day, most are alone in their
stratum, which is what makes an interval too narrow.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts
from kpi.impact.comparison import OUTCOMES, days_of_joining, group_of, outside
from kpi.impact.matching import Floats, Group, Tally
from kpi.impact.shop import Shop
from kpi.impact.windows import JOINING, Windows

SPLITS = 200
# As many days of joining as are looked at, spread evenly over those who joined: what every split looks at is kept.
_DAYS = 8
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Of `splits` estimates of nothing, how many intervals held 0, by outcome; 0 splits where none could be made."""

    splits: int
    held: dict[str, int]

    def share(self, outcome: str) -> float | None:
        """Give the share that held 0; None without splits."""
        return self.held[outcome] / self.splits if self.splits else None


@dataclass(eq=False)
class Testing:
    """A self-test under way: `step` until it says that nothing is left; `done` of `total` splits."""

    shop: Shop
    cuts: Sequence[int]
    total: int = SPLITS
    done: int = 0
    _made: int = 0
    _held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    _days: list[Group] = field(init=False)
    # Of the half, whose draw lies between the limits of a day is taken for a member of it.
    _limits: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Look at the days once: all splits share what is seen."""
        windows, days = Windows(self.shop, (JOINING,)), _chosen_days(self.shop)
        self._days, shares = [], []
        for day in days:
            members = self.shop.joined == day
            [both] = windows.at(day, members | outside(self.shop, day))
            joined = int(members[both.who].sum())
            sight = both.of(~members[both.who])
            nobody = np.zeros(len(sight.who), dtype=np.bool_)
            self._days.append(group_of(sight, nobody, self.cuts, traits=False))
            shares.append(2 * joined / max(1, len(sight.who)))
        # Where more joined than half of those left could stand for, everybody of the half does.
        self._limits = np.cumsum(np.array(shares) / max(1.0, sum(shares)))

    def step(self) -> bool:
        """Make one split; False when none is left."""
        if self.done == self.total:
            return False
        tally = Tally(self.shop.customers, len(OUTCOMES))
        drawn = mixed(self.shop.keys, self.done)
        half = (drawn & np.uint64(1)).astype(np.bool_)
        day_of = np.searchsorted(self._limits, (drawn >> np.uint64(32)) / 2**32, side="right")
        for number, group in enumerate(self._days):
            treated = (half & (day_of == number))[group.who]
            counted = treated | ~half[group.who]
            tally.add(replace(group, treated=treated, stratum=np.where(counted, group.stratum, -1)))
        self.done += 1
        effects = {name: tally.effect(row) for row, name in enumerate(OUTCOMES)}
        if tally.matched:
            self._made += 1
            for name, effect in effects.items():
                self._held[name] += effect is not None and effect.holds_zero
        return True

    def result(self) -> SelfTest:
        """Give how often nothing was found where there was nothing."""
        return SelfTest(self._made, dict(self._held))


def self_test(shop: Shop, cuts: Sequence[int], splits: int = SPLITS) -> SelfTest:
    """Make all splits at once."""
    testing = Testing(shop, cuts, splits)
    while testing.step():
        pass
    return testing.result()


def mixed(keys: Keys, split: int) -> Keys:
    """Draw 64 bits for every customer and split (the finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014)."""
    # A product of arrays wraps around in silence; one of single numbers would warn.
    z = keys + np.array([split + 1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    told: Keys = z ^ (z >> np.uint64(31))
    return told


def _chosen_days(shop: Shop) -> list[int]:
    days = days_of_joining(shop)
    joined = np.sort(shop.joined[np.isin(shop.joined, days)])
    places = (2 * np.arange(_DAYS) + 1) * len(joined) // (2 * _DAYS)
    chosen: Counts = np.unique(joined[places]) if len(joined) else joined
    return [int(day) for day in chosen]
