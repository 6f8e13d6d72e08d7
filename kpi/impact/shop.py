"""What the estimate is made of: who bought when and for how much, and when they joined. Pure."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts

# The day of joining of those who never did: after every other.
NEVER = np.iinfo(np.int64).max


def _nobody() -> Counts:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Shop:
    """Qualifying purchases of known customers, ascending by local day, and each customer's first joining.

    A customer is a number from 0, the place in `joined` and `keys`; a day is a proleptic ordinal. `net` is in minor
    units. `until` is the first local day that is not wholly known. `keys` are 64 bits of each id: what halves are drawn
    by, so that they stay the same however the customers are numbered.

    What only a plan asks for: the day on which each left for good, `NEVER` for whom did not, or never joined; and the
    days on which others were first seen, who neither bought nor joined. Empty: nobody left, there are no others.
    """

    customer: Counts
    day: Counts
    net: Counts
    joined: Counts
    keys: NDArray[np.uint64]
    until: int
    left: Counts = field(default_factory=_nobody)
    idle: Counts = field(default_factory=_nobody)

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.joined)
