"""One read of the rows, cut into cells: every period between its boundaries can be put together from it. Pure.

Time is cut at the boundaries of the periods that were asked for, which count from 0: cell 0 lies before boundary 0,
cell k between the boundaries k-1 and k, so the period between boundaries i and j is the cells i+1 to j.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Anonymous, Counts, Customers, PeriodFacts, Side, Spread

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Purchases:
    """Qualifying purchases of known customers, summed by customer, cell and status at the purchase's instant.

    `first_at` is the instant of the first of them, in microseconds: it tells under which status a customer began.
    """

    customer: Counts
    cell: Counts
    member: Flags
    orders: Counts
    net: Counts
    first_at: Counts


@dataclass(frozen=True, eq=False, slots=True)
class Memberships:
    """One entry an interval. `joined` and `left` count the boundaries that are not after that instant; open: all."""

    customer: Counts
    joined: Counts
    left: Counts


@dataclass(frozen=True, eq=False)
class Cells:
    """What one read brought. `boundaries` are ascending instants; `anonymous` and `left_out` go by cell.

    `ids` are the customers, 16 bytes each: a customer's number is the place among them.
    """

    boundaries: list[datetime]
    ids: NDArray[np.bytes_]
    purchases: Purchases
    memberships: Memberships
    anonymous: Mapping[int, Anonymous]
    left_out: Mapping[int, int]

    def between(self, before: datetime, start: datetime, end: datetime) -> PeriodFacts:
        """Give the facts of [start, end), whose previous period is [before, start); all three must be boundaries."""
        first, start_at, end_at = (self.boundaries.index(instant) for instant in (before, start, end))
        inside = self._rows(start_at, end_at)
        is_member = self.purchases.member[inside]
        spread = Spread(*self._sums(inside[is_member]), *self._sums(inside[~is_member]))
        joined, left = self.memberships.joined, self.memberships.left
        cells = range(start_at + 1, end_at + 1)
        anonymous = [self.anonymous[cell] for cell in cells if cell in self.anonymous]
        return PeriodFacts(
            member_at_start=self._who((joined <= start_at) & (left > start_at)),
            known=_set(np.flatnonzero(self._first_cell <= start_at)),
            bought_before=self.buyers(self.boundaries[first], start),
            joined=self._who((joined > start_at) & (joined <= end_at)),
            left=self._who((left > start_at) & (left <= end_at)),
            member=self._side(inside[is_member], spread.member_orders, spread.member_net),
            other=self._side(inside[~is_member], spread.other_orders, spread.other_net),
            anonymous=Anonymous(
                sum(part.purchases for part in anonymous),
                sum(part.net for part in anonymous),
                sum(part.net_squared for part in anonymous),
            ),
            left_out=sum(self.left_out.get(cell, 0) for cell in cells),
            spread=spread,
        )

    def buyers(self, start: datetime, end: datetime) -> Customers:
        """Give who bought between two boundaries."""
        rows = self._rows(self.boundaries.index(start), self.boundaries.index(end))
        return _set(np.unique(self.purchases.customer[rows]))

    def numbers(self, ids: Iterable[UUID]) -> Customers:
        """Give the customers of these ids; others are left out."""
        asked = np.array([one.bytes for one in ids], dtype="S16")
        if not len(self.ids):
            return Customers()
        places = np.minimum(np.searchsorted(self.ids, asked), len(self.ids) - 1)
        return _set(np.unique(places[self.ids[places] == asked]))

    def after(self, customer_id: UUID) -> Customers:
        """Give everybody whose id comes after this one."""
        begin = int(np.searchsorted(self.ids, np.bytes_(customer_id.bytes), side="right"))
        return Customers(range(begin, len(self.ids)))

    def named(self, customers: Customers) -> list[tuple[UUID, int]]:
        """Give the ids of customers with their numbers, in the order of both."""
        return [(UUID(bytes=self.ids[number].ljust(16, b"\0")), number) for number in customers]

    def _side(self, rows: Counts, orders: Counts, net: Counts) -> Side:
        """Put one status together; who began under it needs a second purchase there to have bought again."""
        buyers = np.flatnonzero(orders)
        began = np.zeros(len(self.ids), dtype=np.bool_)
        began[self.purchases.customer[rows[self._begins[rows]]]] = True
        return Side(
            orders=int(orders.sum()),
            net=int(net.sum()),
            buyers=_set(buyers),
            twice=_set(np.flatnonzero(orders > 1)),
            again=_set(np.flatnonzero(orders > began)),
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
        first = np.full(len(self.ids), len(self.boundaries) + 1, dtype=np.int64)
        np.minimum.at(first, self.purchases.customer, self.purchases.cell)
        return first

    @cached_property
    def _begins(self) -> Flags:
        """Mark the row that holds each customer's first purchase."""
        order = np.lexsort((self.purchases.first_at, self.purchases.customer))
        customer = self.purchases.customer[order]
        begins = np.zeros(len(order), dtype=np.bool_)
        begins[order[np.flatnonzero(np.diff(customer, prepend=-1))]] = True
        return begins

    def _rows(self, after: int, to: int) -> Counts:
        """Find the rows of the cells after boundary `after`, up to boundary `to`."""
        low, high = np.searchsorted(self._cells_in_order, (after, to), side="right")
        return self._by_cell[low:high]

    def _sums(self, rows: Counts) -> tuple[Counts, Counts]:
        return self._sum(rows, self.purchases.orders), self._sum(rows, self.purchases.net)

    def _sum(self, rows: Counts, what: Counts) -> Counts:
        """Sum a column by customer, in whole numbers: `bincount` would sum floats, and lose the last cents."""
        total = np.zeros(len(self.ids), dtype=np.int64)
        np.add.at(total, self.purchases.customer[rows], what[rows])
        return total

    def _who(self, which: Flags) -> Customers:
        """Give the customers who have one of these memberships."""
        return _set(np.unique(self.memberships.customer[which]))


def _set(numbers: Counts) -> Customers:
    return Customers(numbers.astype(np.uint32))
