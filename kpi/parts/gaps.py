"""The time between a purchase and the same customer's purchase before it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts
from loyalty.intervals import Clusters

DAY = 86_400
LONGEST_DAYS = 180
# Whole days, 0 to 180, and one entry for all that lasted longer.
LASTED = LONGEST_DAYS + 2


@dataclass(frozen=True, slots=True)
class GapSums:
    """What can be summed of gaps: Σ seconds, and how many lasted 0, 1, 2, … whole days; the last entry: longer.

    Without any, `by_day` is empty.
    """

    seconds: int = 0
    by_day: tuple[int, ...] = ()

    def __or__(self, other: "GapSums") -> "GapSums":
        """Lay two together."""
        if not self.by_day or not other.by_day:
            return GapSums(self.seconds + other.seconds, self.by_day or other.by_day)
        by_day = tuple(one + two for one, two in zip(self.by_day, other.by_day, strict=True))
        return GapSums(self.seconds + other.seconds, by_day)


@dataclass(frozen=True, eq=False, slots=True)
class GapSide:
    """The gaps of one status. Median, in days, and clusters are known only where each gap was read."""

    sums: GapSums
    median: float | None = None
    clusters: Clusters | None = None

    @property
    def by_day(self) -> list[int]:
        """How many lasted so many whole days; an entry for each, also where there are none."""
        return list(self.sums.by_day or (0,) * LASTED)

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(self.sums.by_day)


@dataclass(frozen=True, eq=False)
class SummedGaps:
    """Gaps of which only sums were kept, by the status at the later of both purchases."""

    member: GapSums
    other: GapSums

    @property
    def sides(self) -> tuple[GapSide, GapSide, GapSide]:
        """Give the gaps of everybody, of members, and of the others."""
        return GapSide(self.member | self.other), GapSide(self.member), GapSide(self.other)


@dataclass(frozen=True, eq=False)
class Gaps:
    """An entry for each purchase of the period that was not the customer's first, in whole seconds.

    `customer` numbers them from 0 within this part alone; `member` is the status at the later of both purchases.
    """

    customer: Counts
    seconds: Counts
    member: NDArray[np.bool_]

    @cached_property
    def sides(self) -> tuple[GapSide, GapSide, GapSide]:
        """Give the gaps of everybody, of members, and of the others."""
        everything = np.ones(len(self.member), dtype=np.bool_)
        return self._side(everything), self._side(self.member), self._side(~self.member)

    def _side(self, which: NDArray[np.bool_]) -> GapSide:
        chosen = self.seconds[which]
        median = float(np.median(chosen)) / DAY if len(chosen) else None
        clusters = Clusters(*self._by_customer(which))
        return GapSide(summed(chosen), median, clusters)

    def _by_customer(self, which: NDArray[np.bool_]) -> tuple[Counts, Counts]:
        """Give Σ seconds and the number of some of the gaps, by customer; all of them have a place."""
        size = int(self.customer.max(initial=-1)) + 1
        total = np.zeros(size, dtype=np.int64)
        np.add.at(total, self.customer[which], self.seconds[which])
        return total, np.bincount(self.customer[which], minlength=size)


def summed(seconds: Counts) -> GapSums:
    """Sum gaps up."""
    if not len(seconds):
        return GapSums()
    by_day = np.bincount(np.minimum(seconds // DAY, LASTED - 1), minlength=LASTED)
    return GapSums(int(seconds.sum()), tuple(by_day.tolist()))
