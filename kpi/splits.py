"""Members held against non-members, in the ways there are. Pure; every measure with a split is one of these shapes."""

from dataclasses import dataclass
from math import inf, sqrt

from kpi.facts import NOBODY, Customers
from kpi.measure import Difference, Outcome, People, Ratio, Segments
from loyalty.intervals import (
    Z95,
    Clusters,
    Interval,
    clipped,
    newcombe,
    ratio_difference_interval,
    ratio_interval,
    wilson,
)

SEGMENTS = ("all", "member", "non_member")


@dataclass(frozen=True, slots=True)
class Sums:
    """One side of a ratio: Σy and Σx, and both by customer where they are known."""

    num: int
    den: int
    clusters: Clusters | None = None

    @property
    def value(self) -> float | None:
        """Σy / Σx; None when there is nothing to divide by."""
        return self.num / self.den if self.den else None


def fixed_at_start(asked: Customers, did: Customers, member: Customers) -> Outcome:
    """Give the rate of those asked who did it, by status at the start: Wilson, and Newcombe for the difference.

    Nobody changes sides by joining in the period; the two groups are disjoint and make up `all`.
    """
    people = {
        name: People(who, who & did)
        for name, who in zip(SEGMENTS, (asked, asked & member, asked - member), strict=True)
    }
    segments = {name: rate(group) for name, group in people.items()}
    one, two = segments["member"], segments["non_member"]
    interval = newcombe(one.num, one.den or 0, two.num, two.den or 0)
    return Outcome(segments, _difference(one, two, interval), people=people)


def rate_at_order(everybody: People, member: People, other: People) -> Outcome:
    """Give a rate of customers by status at their purchases: Wilson; the difference counts who is on both sides once.

    u_c = f₁·(y₁−r₁)/n₁ − f₂·(y₂−r₂)/n₂, f = √(n/(n−1)), each term only where c is on that side; se = √Σu_c². As every
    y is 0 or 1, the sum needs no more than the sizes of the sets that the two sides make with each other.
    """
    people = dict(zip(SEGMENTS, (everybody, member, other), strict=True))
    segments = {name: rate(group) for name, group in people.items()}
    one, two = segments["member"], segments["non_member"]
    return Outcome(segments, _difference(one, two, _overlapping(member, other)), people=people)


def by_order(everything: Sums, member: Sums, other: Sums, *, least: float = 0.0) -> Outcome:
    """Give a ratio over purchases by status at each purchase's instant, clustered by customer.

    A customer who joined in the period can be on both sides, so the difference counts their two terms together. `least`
    is the smallest value that the ratio can have. Where the sums are not known by customer, there is no interval.
    """
    segments = {
        name: Ratio(side.num, side.den, side.value, _interval(side, least))
        for name, side in zip(SEGMENTS, (everything, member, other), strict=True)
    }
    gap = None
    if member.clusters and other.clusters:
        gap = ratio_difference_interval(member.clusters, other.clusters)
    return Outcome(segments, _difference(segments["member"], segments["non_member"], gap))


def rate(group: People) -> Ratio:
    """Give the share of those asked who did it, with its Wilson interval."""
    num, den = len(group.did), len(group.asked)
    return Ratio(num, den, num / den if den else None, wilson(num, den))


def quotient(num: int, den: int) -> Ratio:
    """Divide two sums that are no sample of anything: there is no interval. The value may exceed 1."""
    return Ratio(num, den, num / den, None) if den else Ratio(0, 0, None, None)


def counted(everybody: int, member: int | None = None, other: int | None = None) -> Outcome:
    """Give a number that is counted or summed, and has neither a denominator nor an interval."""
    sides = {"all": everybody, "member": member, "non_member": other}
    segments: Segments = {name: Ratio(n, None, float(n), None) for name, n in sides.items() if n is not None}
    if member is None or other is None:
        return Outcome(segments)
    return Outcome(segments, Difference(float(member - other), None))


def _interval(side: Sums, least: float) -> Interval | None:
    return clipped(ratio_interval(side.clusters), least, inf) if side.clusters else None


def _difference(member: Ratio, other: Ratio, interval: Interval | None) -> Difference:
    if member.value is None or other.value is None:
        return Difference(None, None)
    return Difference(member.value - other.value, interval)


def _overlapping(one: People, two: People) -> Interval | None:
    n, m = len(one.asked), len(two.asked)
    if n < 2 or m < 2:  # noqa: PLR2004 - one customer tells nothing about how customers differ
        return None
    p, q = len(one.did) / n, len(two.did) / m
    # Each term's value when y is 1, when it is 0, and when the customer is not on that side.
    terms = [sqrt(n / (n - 1)) / n * t for t in (1 - p, -p)], [sqrt(m / (m - 1)) / m * t for t in (1 - q, -q)]
    ones = [(one.did, terms[0][0]), (one.asked - one.did, terms[0][1]), (two.asked - one.asked, 0.0)]
    twos = [(two.did, terms[1][0]), (two.asked - two.did, terms[1][1]), (one.asked - two.asked, 0.0)]
    squares = sum(len(a & b) * (u - v) ** 2 for a, u in ones for b, v in twos)
    margin = Z95 * sqrt(squares)
    return (p - q - margin, p - q + margin)


EMPTY = People(NOBODY, NOBODY)
