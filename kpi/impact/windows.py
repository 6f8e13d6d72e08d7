"""What every customer did in the windows around a day. Pure.

Each boundary of a window is a running total of all purchases before it. Days are asked for in ascending order, so every
purchase is added once to each boundary, however many days there are; a window is the difference of two boundaries.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts
from kpi.impact.shop import Shop

BEFORE_DAYS = 90
RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Span:
    """Which windows to look at, in days around a day that lies `back` before the day of joining.

    `base` days before it are held against `after` days from it on.
    """

    back: int
    base: int
    after: int


JOINING = Span(back=0, base=90, after=90)
# A time without membership: its outcome ends where membership begins, or it would hold some of the real effect.
PLACEBO = Span(back=45, base=45, after=45)


@dataclass(frozen=True, eq=False, slots=True)
class Did:
    """Purchases and what they came to, an entry a customer."""

    orders: Counts
    spend: Counts

    def __sub__(self, earlier: "Did") -> "Did":
        """Give what was done between two boundaries."""
        return Did(self.orders - earlier.orders, self.spend - earlier.spend)

    def of(self, who: Counts) -> "Did":
        """Keep these customers."""
        return Did(self.orders[who], self.spend[who])


@dataclass(frozen=True, eq=False, slots=True)
class Sight:
    """What the customers `who` did around a day: `before` it makes them alike, `base` and `after` are compared.

    `on_day` is the day itself, which is part of `after`; `recency` counts the days from the last purchase before it.
    """

    who: Counts
    before: Did
    recency: Counts
    base: Did
    after: Did
    on_day: Did


@dataclass(eq=False, slots=True)
class _Boundary:
    """All purchases before a day, by customer; `last` is the day of the latest."""

    orders: Counts
    spend: Counts
    last: Counts
    rows: int = 0

    def advance(self, shop: Shop, day: int) -> None:
        """Add what lies between the day before and this one."""
        rows = slice(self.rows, int(np.searchsorted(shop.day, day)))
        if rows.start == rows.stop:
            return
        who = shop.customer[rows]
        np.add.at(self.orders, who, 1)
        np.add.at(self.spend, who, shop.net[rows])
        # Ascending by day: of several, the latest is written last.
        self.last[who] = shop.day[rows]
        self.rows = rows.stop


@dataclass(eq=False)
class Windows:
    """Looks at a shop day after day, ascending."""

    shop: Shop
    span: Span
    _boundaries: dict[int, _Boundary] = field(init=False)

    def __post_init__(self) -> None:
        """Put a boundary at every end of a window."""
        span, n = self.span, self.shop.customers
        offsets = {-BEFORE_DAYS, -span.base, 0, 1, span.after}
        self._boundaries = {offset: _Boundary(*np.zeros((3, n), dtype=np.int64)) for offset in sorted(offsets)}

    def at(self, joining: int, among: NDArray[np.bool_]) -> Sight:
        """Look around the day that belongs to a day of joining, at those `among` who had bought before it."""
        day = joining - self.span.back
        for offset, boundary in self._boundaries.items():
            boundary.advance(self.shop, day + offset)
        now, long_ago = self._boundaries[0], self._boundaries[-BEFORE_DAYS]
        who = np.flatnonzero(among & (now.orders > long_ago.orders))
        until = {offset: Did(b.orders, b.spend).of(who) for offset, b in self._boundaries.items()}
        return Sight(
            who=who,
            before=until[0] - until[-BEFORE_DAYS],
            recency=day - now.last[who],
            base=until[0] - until[-self.span.base],
            after=until[self.span.after] - until[0],
            on_day=until[1] - until[0],
        )
