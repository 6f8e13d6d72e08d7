"""The roll-forward of points: what was there, what moved, and what is there then. Pure.

opening + issued + restored ± adjusted - redeemed - expired - clawed back = closing, in every period, where opening and
closing are what customers hold (pending, available, held) less what they owe. It closes by construction of the ledger:
an entry moves points between two codes, and only what crosses the border of the accounts changes their sum.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kpi.periods import Days


class Moved(NamedTuple):
    """Points that went from one code to another; `cell` n: at or after the n-th boundary and before the next."""

    cell: int
    kind: str
    debit: str
    credit: str
    points: int


@dataclass(frozen=True, slots=True)
class Stock:
    """What customers hold and owe at an instant, in points. A debt is told beside what others hold, not taken off."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0

    @property
    def outstanding(self) -> int:
        """What is held: points of an open redemption too, until they are captured."""
        return self.available + self.pending + self.held

    @property
    def net(self) -> int:
        """What is held less what is owed: the opening or closing of a roll-forward."""
        return self.outstanding - self.debt


@dataclass(frozen=True, slots=True)
class Flows:
    """What changed the net stock in a period, in points; all but the adjustments are 0 or more.

    `redeemed`: captured; what was reversed is `restored`. `expired` holds `forfeited`, those lost by leaving.
    `by_staff`, `merged` and `erased` may be negative and make up `adjusted`. A merge moves points from account to
    account at one instant, so it is 0 of a whole programme. What an erased person held goes, what he owed comes back.
    `owed` and `repaid` say how the debt changed; neither changes the net stock.
    """

    issued: int = 0
    restored: int = 0
    by_staff: int = 0
    merged: int = 0
    erased: int = 0
    redeemed: int = 0
    expired: int = 0
    forfeited: int = 0
    clawed_back: int = 0
    owed: int = 0
    repaid: int = 0

    @property
    def adjusted(self) -> int:
        """What staff gave less what they took, and what merges and erasures moved."""
        return self.by_staff + self.merged + self.erased

    @property
    def net(self) -> int:
        """How all of it changed the net stock."""
        return self.issued + self.restored + self.adjusted - self.redeemed - self.expired - self.clawed_back


@dataclass(frozen=True, slots=True)
class Roll:
    """The roll-forward of one period."""

    days: Days
    opening: Stock
    flows: Flows
    closing: Stock


def roll_forward(moved: Iterable[Moved], wanted: Sequence[Days], places: Mapping[Days, tuple[int, int]]) -> list[Roll]:
    """Roll each of the periods forward; `places` are the numbers (from 1) of the boundaries of their two ends."""
    by_cell: defaultdict[int, list[Moved]] = defaultdict(list)
    for one in moved:
        by_cell[one.cell].append(one)
    stocks, codes = [Stock()], defaultdict[str, int](int)
    last = max((end for _, end in places.values()), default=0)
    # The stock at boundary n is all that lies in the cells before it, the first of which is 0.
    for cell in range(last):
        for one in by_cell[cell]:
            codes[one.debit] -= one.points
            codes[one.credit] += one.points
        stocks.append(Stock(codes["available"], codes["pending"], codes["held"], -codes["debt"]))
    rolls = []
    for days in wanted:
        start, end = places[days]
        flows = _flows(one for cell in range(start, end) for one in by_cell[cell])
        rolls.append(Roll(days, stocks[start], flows, stocks[end]))
    return rolls


def _flows(moved: Iterable[Moved]) -> Flows:
    gave, got, adjusted = defaultdict[str, int](int), defaultdict[str, int](int), defaultdict[str, int](int)
    forfeited = 0
    for one in moved:
        gave[one.debit] += one.points
        got[one.credit] += one.points
        if "adjusted" in {one.debit, one.credit}:
            adjusted[one.kind] += one.points if one.debit == "adjusted" else -one.points
        if one.kind == "forfeit":
            forfeited += one.points
    return Flows(
        issued=gave["issued"],
        restored=gave["redeemed"],
        by_staff=sum(adjusted.values()) - adjusted["merge"] - adjusted["erase"],
        merged=adjusted["merge"],
        erased=adjusted["erase"],
        redeemed=got["redeemed"],
        expired=got["expired"],
        forfeited=forfeited,
        clawed_back=got["clawed_back"],
        owed=gave["debt"],
        repaid=got["debt"],
    )
