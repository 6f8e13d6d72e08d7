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
# The same estimator 45 days earlier. Half of its outcome lies after joining, and holds some of a real effect.
PLACEBO = Span(back=45, base=90, after=90)
# Wholly before joining: the last 45 days against the 45 before them. It stays 0 where the programme works.
RISE = Span(back=45, base=45, after=45)


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

    def of(self, kept: NDArray[np.bool_]) -> "Sight":
        """Keep these entries."""
        before, base, after, on_day = (
            Did(did.orders[kept], did.spend[kept]) for did in (self.before, self.base, self.after, self.on_day)
        )
        return Sight(self.who[kept], before, self.recency[kept], base, after, on_day)


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
    """Looks at a shop day after day, ascending, in spans that lie equally far `back`."""

    shop: Shop
    spans: tuple[Span, ...]
    _boundaries: dict[int, _Boundary] = field(init=False)

    def __post_init__(self) -> None:
        """Put a boundary at every end of a window."""
        offsets = {-BEFORE_DAYS, 0, 1} | {end for span in self.spans for end in (-span.base, span.after)}
        n = self.shop.customers
        self._boundaries = {offset: _Boundary(*np.zeros((3, n), dtype=np.int64)) for offset in sorted(offsets)}

    def at(self, joining: int, among: NDArray[np.bool_]) -> list[Sight]:
        """Look around the day that belongs to a day of joining, at those `among` who had bought before it.

        A sight a span, of the same customers.
        """
        day = joining - self.spans[0].back
        for offset, boundary in self._boundaries.items():
            boundary.advance(self.shop, day + offset)
        now, long_ago = self._boundaries[0], self._boundaries[-BEFORE_DAYS]
        who = np.flatnonzero(among & (now.orders > long_ago.orders))
        until = {offset: Did(b.orders, b.spend).of(who) for offset, b in self._boundaries.items()}
        before, recency, on_day = until[0] - until[-BEFORE_DAYS], day - now.last[who], until[1] - until[0]
        return [
            Sight(
                who=who,
                before=before,
                recency=recency,
                base=before if span.base == BEFORE_DAYS else until[0] - until[-span.base],
                after=until[span.after] - until[0],
                on_day=on_day,
            )
            for span in self.spans
        ]
