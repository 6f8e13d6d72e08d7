"""Members held against non-members, in the two ways there are. Pure; every measure is one of these two shapes."""

from math import inf

import numpy as np
from numpy.typing import NDArray

from kpi.measure import Difference, Ratio, Segments
from loyalty.intervals import (
    Clusters,
    Interval,
    clipped,
    newcombe,
    ratio_difference_interval,
    ratio_interval,
    wilson,
)

Flags = NDArray[np.bool_]


def fixed_at_start(asked: Flags, did: Flags, member: Flags) -> tuple[Segments, Difference]:
    """Give the rate of those asked who did it, by status at the start: Wilson, and Newcombe for the difference.

    Nobody changes sides by joining in the period; the two groups are disjoint and make up `all`.
    """
    segments = {
        name: _rate(asked & who, did)
        for name, who in (("all", np.ones_like(member)), ("member", member), ("non_member", ~member))
    }
    one, two = segments["member"], segments["non_member"]
    return segments, _difference(one, two, newcombe(one.num, one.den, two.num, two.den))


def by_order(
    everything: Clusters, member: Clusters, other: Clusters, *, least: float = 0.0
) -> tuple[Segments, Difference]:
    """Give a ratio over purchases by status at each purchase's instant, clustered by customer.

    A customer who joined in the period can be on both sides, so the difference counts their two terms together. `least`
    is the smallest value that the ratio can have.
    """
    segments = {
        name: Ratio(side.num, side.den, side.ratio, clipped(ratio_interval(side), least, inf))
        for name, side in (("all", everything), ("member", member), ("non_member", other))
    }
    gap = ratio_difference_interval(member, other)
    return segments, _difference(segments["member"], segments["non_member"], gap)


def _rate(asked: Flags, did: Flags) -> Ratio:
    num, den = int(np.count_nonzero(asked & did)), int(np.count_nonzero(asked))
    return Ratio(num, den, num / den if den else None, wilson(num, den))


def _difference(member: Ratio, other: Ratio, interval: Interval | None) -> Difference:
    if member.value is None or other.value is None:
        return Difference(None, None)
    return Difference(member.value - other.value, interval)
