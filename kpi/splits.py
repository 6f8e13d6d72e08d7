"""Members held against non-members, in the ways there are. Pure; every measure with a split is one of these shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, sqrt

from kpi.facts import NOBODY, Customers
from kpi.measure import Difference, Outcome, People, Ratio, Reason, Segments
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
NO_FIGURE = Ratio(0, 0, None, None)


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


def by_order(everything: Sums, member: Sums, other: Sums, *, least: float = 0.0, unit: float = 1.0) -> Outcome:
    """Give a ratio over purchases by status at each purchase's instant, clustered by customer.

    A customer who joined in the period can be on both sides, so the difference counts their two terms together. `least`
    is the smallest value that the ratio can have. Where the sums are not known by customer, there is no interval.
    Values are told in units of so many of what is summed (a day: 86,400 seconds).
    """
    segments = {
        name: ratio(side, least=least, unit=unit)
        for name, side in zip(SEGMENTS, (everything, member, other), strict=True)
    }
    gap = None
    if member.clusters and other.clusters:
        gap = _scaled(ratio_difference_interval(member.clusters, other.clusters), unit)
    return Outcome(segments, _difference(segments["member"], segments["non_member"], gap))


def ratio(side: Sums, *, least: float = 0.0, unit: float = 1.0) -> Ratio:
    """Give a ratio over customers and its interval, clustered by them; without a denominator there is nothing to tell.

    `least` and `unit` as for `by_order`.
    """
    if side.value is None:
        return NO_FIGURE
    interval = _scaled(ratio_interval(side.clusters), unit) if side.clusters else None
    return Ratio(side.num, side.den, side.value / unit, clipped(interval, least, inf))


def rate(group: People) -> Ratio:
    """Give the share of those asked who did it, with its Wilson interval."""
    num, den = len(group.did), len(group.asked)
    return Ratio(num, den, num / den if den else None, wilson(num, den))


def quotient(num: int, den: int) -> Ratio:
    """Divide two sums that are no sample of anything: there is no interval. The value may exceed 1."""
    return Ratio(num, den, num / den, None) if den else NO_FIGURE


def rate_of_members(asked: Customers, did: Customers) -> Outcome:
    """Give the rate of those asked who did it, where the question makes no sense for the others: Wilson, no split."""
    people = People(asked, asked & did)
    return Outcome({"all": rate(people)}, people={"all": people})


def share(part: int, whole: int) -> Outcome:
    """Give the share of so many purchases, of whomever: Wilson, no split."""
    return Outcome({"all": Ratio(part, whole, part / whole if whole else None, wilson(part, whole))})


def counted_customers(everybody: Customers, member: Customers, other: Customers) -> Outcome:
    """Give how many customers did it, by status; who is on both sides counts on each, and once in `all`."""
    people = {name: People(who, who) for name, who in zip(SEGMENTS, (everybody, member, other), strict=True)}
    return replace(counted(*map(len, (everybody, member, other))), people=people)


def counted(everybody: int, member: int | None = None, other: int | None = None) -> Outcome:
    """Give a number that is counted or summed, and has neither a denominator nor an interval."""
    sides = {"all": everybody, "member": member, "non_member": other}
    segments: Segments = {name: Ratio(n, None, float(n), None) for name, n in sides.items() if n is not None}
    if member is None or other is None:
        return Outcome(segments)
    return Outcome(segments, Difference(float(member - other), None))


def without(reason: Reason, *segments: str, counts: Mapping[str, int] | None = None) -> Outcome:
    """Give no figure, and say what would make one; `counts` tell what there is."""
    return Outcome(dict.fromkeys(segments or ("all",), NO_FIGURE), counts=counts or {}, reason=reason)


def _scaled(interval: Interval | None, unit: float) -> Interval | None:
    return None if interval is None else (interval[0] / unit, interval[1] / unit)


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
    squares = sum(a.intersection_cardinality(b) * (u - v) ** 2 for a, u in ones for b, v in twos)
    margin = Z95 * sqrt(squares)
    return (p - q - margin, p - q + margin)


EMPTY = People(NOBODY, NOBODY)
