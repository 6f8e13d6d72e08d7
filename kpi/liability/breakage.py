"""The breakage estimate: which share of points is never spent, as far as the shop's own past can tell. Pure.

Only lots whose date of expiry has passed can tell: of those it is decided what became of every point. The choice does
not depend on how they ended, which makes it fair: among younger lots, those that were spent quickly would stand out.
The estimate is Σ unspent / Σ decided over them, where unspent points expired or were forfeited, and decided ones were
unspent or redeemed. Points taken back, adjusted, erased or merged away, and those that repaid a debt, say nothing about
spending and are left out. A person's points share a fate, so the interval is that of a ratio clustered by customer
(loyalty/intervals.py). Below 30 customers there is no estimate. Points that never end, or whose end slides with
activity, have no such date: they have no estimate either, and none is better than one made of their quickest spenders.

It is stated beside the share that was entered, with what the liability would be by it; the lines in money follow
what was entered.
"""

from dataclasses import dataclass
from fractions import Fraction

from kpi.measure import Reason, Text
from loyalty.intervals import Clusters, Counts, Interval, clipped, ratio_interval

ENOUGH = 30
NOTHING_ENDED = Reason(
    "no_points_ended",
    Text(
        en="No points with a fixed date of expiry have reached it yet, so nobody knows how many are never spent. No"
        " breakage is counted.",
        fr="Aucun point à date d’expiration fixe n’est encore arrivé à échéance : on ne sait donc pas combien ne sont"
        " jamais utilisés. Aucune part non utilisée n’est comptée.",
    ),
)
TOO_FEW = Reason(
    "too_few_points_ended",
    Text(
        en="Points of fewer than 30 customers have reached their date of expiry: too few data for an estimate. No"
        " breakage is counted.",
        fr="Les points de moins de 30 clients sont arrivés à échéance : trop peu de données pour une estimation. Aucune"
        " part non utilisée n’est comptée.",
    ),
)


@dataclass(frozen=True, slots=True)
class Breakage:
    """The estimate; `share` and `ci95` are None with a `reason` where there are too few data."""

    customers: int
    decided: int
    unspent: int
    share: float | None
    ci95: Interval | None
    reason: Reason | None

    @property
    def left(self) -> Fraction:
        """The share that is expected to be redeemed: all of it, where there is no estimate."""
        return Fraction(1) if self.share is None else 1 - Fraction(self.unspent, self.decided)


def estimate(decided: Counts, unspent: Counts) -> Breakage:
    """Estimate from each customer's points; those with none decided are left out."""
    sides = Clusters(y=unspent, x=decided)
    share, interval = sides.ratio, clipped(ratio_interval(sides), 0.0, 1.0)
    reason = NOTHING_ENDED if not sides.den else TOO_FEW if sides.n < ENOUGH else None
    if reason is not None:
        share, interval = None, None
    return Breakage(sides.n, sides.den, sides.num, share, interval, reason)
