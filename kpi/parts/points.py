"""What became of points in a period, in the ledger's words; and what a point is said to cost."""

from dataclasses import dataclass
from fractions import Fraction

from kpi.facts import NOBODY, Counts, Customers


@dataclass(frozen=True, slots=True)
class Points:
    """Points by the instant at which their movement was effective, in [s, e); the stocks are those at e.

    `redeemed` is captured, without what was reversed: that is `restored`, a movement of its own, as in the ledger's
    balance (issued + restored ± adjusted - redeemed - expired - clawed back). `expired` holds the `forfeited` ones.
    `outstanding`: pending, available and held; `debt` is not taken off it. `redeemers`: whose points were captured; who
    never bought may be missing among them.
    """

    issued: int = 0
    redeemed: int = 0
    restored: int = 0
    expired: int = 0
    forfeited: int = 0
    clawed_back: int = 0
    outstanding: int = 0
    debt: int = 0
    redeemers: Customers = NOBODY


@dataclass(frozen=True, slots=True)
class PointWorth:
    """What a point costs when it is redeemed, in minor units, and the share of points that never will be."""

    cost_minor: Fraction
    breakage: Fraction


@dataclass(frozen=True, eq=False, slots=True)
class FirstRedemptions:
    """An entry for each customer who first joined in the period: how long they were watched, in microseconds.

    `redeemed`: the watching ended with their first redemption; else with their leaving, or with what is known.
    """

    watched: Counts
    redeemed: Counts
