"""The lines of a roll-forward, in the order in which they are read, with their numbers in points and in money."""

from collections.abc import Sequence
from dataclasses import dataclass

from kpi.liability.actions import Period
from loyalty.i18n import mark

OPENING, CLOSING = mark("Opening"), mark("Closing")


@dataclass(frozen=True)
class Line:
    """One line; what goes off is negative. `money` is in minor units; None: not known."""

    title: str
    points: int
    money: int | None
    total: bool = False


def lines_of(one: Period) -> Sequence[Line]:
    """Give the lines from opening to closing; what they add up to is the last."""
    roll, flows, money = one.roll, one.roll.flows, one.money
    if money is None:
        known: tuple[int | None, ...] = (None,) * 8
    else:
        known = (
            money.opening,
            money.issued,
            money.restored,
            money.adjusted,
            -money.redeemed,
            -money.expired,
            -money.clawed_back,
            money.closing,
        )
    points = (
        roll.opening.net,
        flows.issued,
        flows.restored,
        flows.adjusted,
        -flows.redeemed,
        -flows.expired,
        -flows.clawed_back,
        roll.closing.net,
    )
    return [
        Line(title, number, minor, total=title in {OPENING, CLOSING})
        for title, number, minor in zip(TITLES, points, known, strict=True)
    ]


TITLES = (
    OPENING,
    mark("Issued"),
    mark("Restored"),
    mark("Adjusted"),
    mark("Redeemed"),
    mark("Expired"),
    mark("Taken back"),
    CLOSING,
)
