"""The roll-forward in money: every line at what a point is expected to cost. Pure; whole minor units, half up.

A point is worth its cost x (1 - the share entered as never redeemed), as in the measure `points_liability`: opening at
what was in force on the last day before the period, all else on its last day. What a change of cost or share makes of
the opening, and what rounding each line leaves over (less than a minor unit a line), is the line `revalued`; so
opening + issued + restored ± adjusted - redeemed - expired - clawed back ± revalued = closing, to the cent.
"""

from dataclasses import dataclass
from fractions import Fraction

from kpi.liability.rules import Roll, Stock
from kpi.parts.points import PointWorth


@dataclass(frozen=True, slots=True)
class Valued:
    """A roll-forward in minor units; `closing` is `liability` less `debt`.

    `opening` and `revalued` are None where no cost was entered for so early a day.
    """

    opening: int | None
    issued: int
    restored: int
    adjusted: int
    redeemed: int
    expired: int
    clawed_back: int
    revalued: int | None
    closing: int
    liability: int
    debt: int


def value(roll: Roll, before: PointWorth | None, now: PointWorth | None) -> Valued | None:
    """Value the lines; None where no cost of a point was entered for the last day of the period."""
    if now is None:
        return None
    flows, worth = roll.flows, worth_of(now)
    issued, restored, adjusted = (minor(n, worth) for n in (flows.issued, flows.restored, flows.adjusted))
    redeemed, expired, clawed_back = (minor(n, worth) for n in (flows.redeemed, flows.expired, flows.clawed_back))
    closing = _net(roll.closing, worth)
    opening = None if before is None else _net(roll.opening, worth_of(before))
    moved = issued + restored + adjusted - redeemed - expired - clawed_back
    return Valued(
        opening=opening,
        issued=issued,
        restored=restored,
        adjusted=adjusted,
        redeemed=redeemed,
        expired=expired,
        clawed_back=clawed_back,
        revalued=None if opening is None else closing - opening - moved,
        closing=closing,
        liability=minor(roll.closing.outstanding, worth),
        debt=minor(roll.closing.debt, worth),
    )


def worth_of(entered: PointWorth) -> Fraction:
    """Give what a point is expected to cost, in minor units."""
    return entered.cost_minor * (1 - entered.breakage)


def minor(points: int, worth: Fraction) -> int:
    """Value points, rounded half up (of a negative number as of a positive one)."""
    exact = abs(points) * worth
    rounded = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    return rounded if points >= 0 else -rounded


def _net(stock: Stock, worth: Fraction) -> int:
    return minor(stock.outstanding, worth) - minor(stock.debt, worth)
