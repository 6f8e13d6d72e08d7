"""From purchases and memberships to the folds of days. Pure.

Time is cut at the midnights of consecutive local days: day k lies between midnight k-1 and midnight k, counted from 0,
so its cell is k; cell 0 is before them all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from kpi.facts import NOBODY, Anonymous, Counts, Customers, Side
from kpi.rollup.fold import Fold
from kpi.rows.cells import Flags, Memberships, Purchases


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """Consecutive days as they were read; customers are their lasting numbers.

    `purchases` are summed by customer, day and status. `memberships` are all those of whoever joined or left in the
    window. `had_bought`: who of the buyers bought before the window.
    """

    purchases: Purchases
    memberships: Memberships
    anonymous: Mapping[int, Anonymous]
    left_out: Mapping[int, int]

    def days(self, number: int, had_bought: Customers) -> Iterator[Fold]:
        """Fold each of the window's days, in their order."""
        by_cell = np.argsort(self.purchases.cell, kind="stable")
        edges = np.searchsorted(self.purchases.cell[by_cell], np.arange(1, number + 2))
        for cell in range(1, number + 1):
            rows = by_cell[edges[cell - 1] : edges[cell]]
            first = _set(self.purchases.customer[rows]) - had_bought
            begins = self._begins(rows, first)
            joined, left = self.memberships.joined, self.memberships.left
            touched = self._who((joined == cell) | (left == cell))
            yield Fold(
                member=self._side(rows, begins, self.purchases.member[rows]),
                other=self._side(rows, begins, ~self.purchases.member[rows]),
                anonymous=self.anonymous.get(cell, Anonymous()),
                left_out=self.left_out.get(cell, 0),
                first=first,
                joined=self._who(joined == cell),
                left=self._who(left == cell),
                staying=touched & self._who((joined <= cell) & (left > cell)) if touched else NOBODY,
            )
            had_bought |= first

    @property
    def buyers(self) -> Customers:
        """Who bought in the window."""
        return _set(self.purchases.customer)

    def _begins(self, rows: Counts, first: Customers) -> Flags:
        """Mark the row of a day that holds a customer's first purchase of all."""
        begins = np.zeros(len(rows), dtype=np.bool_)
        customer = self.purchases.customer[rows]
        order = np.lexsort((self.purchases.first_at[rows], customer))
        earliest = order[np.flatnonzero(np.diff(customer[order], prepend=-1))]
        begins[earliest] = np.isin(customer[earliest], np.asarray(first.to_array(), dtype=np.int64))
        return begins

    def _side(self, rows: Counts, begins: Flags, chosen: Flags) -> Side:
        """Put one status of a day together; who began under it needs a second purchase there to have bought again."""
        customer, orders = self.purchases.customer[rows][chosen], self.purchases.orders[rows][chosen]
        return Side(
            orders=int(orders.sum()),
            net=int(self.purchases.net[rows][chosen].sum()),
            buyers=_set(customer),
            twice=_set(customer[orders > 1]),
            again=_set(customer[orders > begins[chosen]]),
        )

    def _who(self, which: Flags) -> Customers:
        return _set(self.memberships.customer[which])


def _set(numbers: Counts) -> Customers:
    return Customers(np.unique(numbers).astype(np.uint32))
