"""The time between a purchase and the same customer's purchase before it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts

DAY = 86_400
LONGEST_DAYS = 180


@dataclass(frozen=True, eq=False, slots=True)
class Gaps:
    """An entry for each purchase of the period that was not the customer's first, in whole seconds.

    `customer` numbers them from 0 within this part alone; `member` is the status at the later of both purchases.
    """

    customer: Counts
    seconds: Counts
    member: NDArray[np.bool_]

    def by_customer(self, which: NDArray[np.bool_]) -> tuple[Counts, Counts]:
        """Give Σ seconds and the number of some of the gaps, by customer; all of them have a place."""
        size = int(self.customer.max(initial=-1)) + 1
        total = np.zeros(size, dtype=np.int64)
        np.add.at(total, self.customer[which], self.seconds[which])
        return total, np.bincount(self.customer[which], minlength=size)

    def by_day(self, which: NDArray[np.bool_]) -> list[int]:
        """Count some of the gaps by whole day, 0 to 180; the last entry has all longer ones."""
        days = np.minimum(self.seconds[which] // DAY, LONGEST_DAYS + 1)
        told: list[int] = np.bincount(days, minlength=LONGEST_DAYS + 2).tolist()
        return told

    def median(self, which: NDArray[np.bool_]) -> float | None:
        """Give the median of some of the gaps, in days; None without any."""
        chosen = self.seconds[which]
        return float(np.median(chosen)) / DAY if len(chosen) else None
