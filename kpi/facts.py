"""What is known of a period: for every customer, whether they were a member and what they bought. Pure.

`Facts` is what one read brought, for every period that was asked for. Time is cut at the boundaries of these periods,
which count from 0: cell 0 lies before boundary 0, cell k between the boundaries k-1 and k, so the period between
boundaries i and j is the cells i+1 to j. `PeriodFacts` is one period's part of it, and all that a measure sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Purchases of nobody we know, each a cluster of its own: how many, Σ net and Σ net² in minor units."""

    purchases: int = 0
    net: int = 0
    net_squared: int = 0


@dataclass(frozen=True, eq=False)
class PeriodFacts:
    """One period. The arrays have an entry per customer, always the same one; money is in minor units.

    `member_at_start`: M(s), joined before the start and not left before it. `known`: H(s), a purchase before the start.
    `bought_before`: a purchase in the period before. `joined`: joined in the period. `orders`, `net`: all qualifying
    purchases in the period; `member_orders`, `member_net`: those at whose instant the customer was a member.
    `left_out`: purchases of which nothing was kept.
    """

    member_at_start: Flags
    known: Flags
    bought_before: Flags
    joined: Flags
    orders: Counts
    net: Counts
    member_orders: Counts
    member_net: Counts
    anonymous: Anonymous = Anonymous()
    left_out: int = 0

    @cached_property
    def bought(self) -> Flags:
        """B: who bought in the period."""
        return self.orders > 0

    @property
    def other_orders(self) -> Counts:
        """Purchases as a non-member, per customer; the anonymous ones are apart."""
        return self.orders - self.member_orders

    @property
    def other_net(self) -> Counts:
        """What they came to."""
        return self.net - self.member_net

    @property
    def joiners(self) -> int:
        """How many customers joined in the period."""
        return int(np.count_nonzero(self.joined))

    @property
    def overlap(self) -> int:
        """How many customers bought in the period both as a member and as a non-member."""
        return int(np.count_nonzero((self.member_orders > 0) & (self.other_orders > 0)))


@dataclass(frozen=True, eq=False, slots=True)
class Purchases:
    """Qualifying purchases of known customers, summed by customer, cell and status at the purchase's instant."""

    customer: Counts
    cell: Counts
    member: Flags
    orders: Counts
    net: Counts


@dataclass(frozen=True, eq=False, slots=True)
class Memberships:
    """One entry an interval. `joined` and `left` count the boundaries that are not after that instant; open: all."""

    customer: Counts
    joined: Counts
    left: Counts


@dataclass(frozen=True, eq=False)
class Facts:
    """What one read brought. `boundaries` are ascending instants; `anonymous` and `left_out` go by cell."""

    boundaries: list[datetime]
    customers: int
    purchases: Purchases
    memberships: Memberships
    anonymous: Mapping[int, Anonymous]
    left_out: Mapping[int, int]

    def between(self, before: datetime, start: datetime, end: datetime) -> PeriodFacts:
        """Give the facts of [start, end), whose previous period is [before, start); all three must be boundaries."""
        first, start_at, end_at = (self.boundaries.index(instant) for instant in (before, start, end))
        inside = self._rows(start_at, end_at)
        as_member = inside[self.purchases.member[inside]]
        cells = range(start_at + 1, end_at + 1)
        anonymous = [self.anonymous[cell] for cell in cells if cell in self.anonymous]
        joined = (self.memberships.joined > start_at) & (self.memberships.joined <= end_at)
        return PeriodFacts(
            member_at_start=self._who((self.memberships.joined <= start_at) & (self.memberships.left > start_at)),
            known=self._first_cell <= start_at,
            bought_before=self._sum(self._rows(first, start_at), self.purchases.orders) > 0,
            joined=self._who(joined),
            orders=self._sum(inside, self.purchases.orders),
            net=self._sum(inside, self.purchases.net),
            member_orders=self._sum(as_member, self.purchases.orders),
            member_net=self._sum(as_member, self.purchases.net),
            anonymous=Anonymous(
                sum(part.purchases for part in anonymous),
                sum(part.net for part in anonymous),
                sum(part.net_squared for part in anonymous),
            ),
            left_out=sum(self.left_out.get(cell, 0) for cell in cells),
        )

    @cached_property
    def _by_cell(self) -> Counts:
        return np.argsort(self.purchases.cell, kind="stable")

    @cached_property
    def _cells_in_order(self) -> Counts:
        return self.purchases.cell[self._by_cell]

    @cached_property
    def _first_cell(self) -> Counts:
        """Tell the cell of each customer's first purchase; past all cells for those who never bought."""
        first = np.full(self.customers, len(self.boundaries) + 1, dtype=np.int64)
        np.minimum.at(first, self.purchases.customer, self.purchases.cell)
        return first

    def _rows(self, after: int, to: int) -> Counts:
        """Find the rows of the cells after boundary `after`, up to boundary `to`."""
        low, high = np.searchsorted(self._cells_in_order, (after, to), side="right")
        return self._by_cell[low:high]

    def _sum(self, rows: Counts, what: Counts) -> Counts:
        """Sum a column by customer, in whole numbers: `bincount` would sum floats, and lose the last cents."""
        total = np.zeros(self.customers, dtype=np.int64)
        np.add.at(total, self.purchases.customer[rows], what[rows])
        return total

    def _who(self, which: Flags) -> Flags:
        """Mark the customers who have one of these memberships."""
        flags = np.zeros(self.customers, dtype=np.bool_)
        flags[self.memberships.customer[which]] = True
        return flags
