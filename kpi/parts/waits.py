"""The time from a purchase to the same customer's next one, which may not have come yet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts

# Beyond it hardly anybody is watched, or comes back.
LONGEST_DAYS = 365


@dataclass(frozen=True, eq=False, slots=True)
class Waits:
    """An entry for each purchase of the period that a known customer made, in whole seconds.

    `followed` is 1 where the watching ended with their next purchase; else it ended with the last purchase that is
    known of anybody. `member` is the status at the purchase that is waited from.
    """

    watched: Counts
    followed: Counts
    member: NDArray[np.bool_]
