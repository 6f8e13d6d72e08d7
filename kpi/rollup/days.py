"""From purchases and memberships to the folds of days. Pure.

Time is cut at the midnights of consecutive local days: day k lies between midnight k-1 and midnight k, counted from 0,
so its cell is k; cell 0 is before them all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from kpi.facts import NOBODY, Anonymous, Counts, Customers, Side
from kpi.parts.gaps import DAY, LASTED, GapSums
from kpi.rollup.fold import Fold
from kpi.rollup.ledger import Moved
from kpi.rollup.lines import Lines
from kpi.rollup.sums import LineSums, PointSums
from kpi.rows.cells import Flags, Memberships, Purchases

# When somebody bought who never did. Instants are microseconds, as the database counts them.
NEVER = np.iinfo(np.int64).min
_SECOND = 1_000_000


@dataclass(frozen=True, eq=False, slots=True)
class Openings:
    """Each buyer's first purchase in a window."""

    customer: Counts
    cell: Counts
    member: Flags
    at: Counts
    net: Counts


@dataclass(frozen=True, eq=False, slots=True)
class Spacing:
    """The gaps between two purchases of a window, by the day and the status of the later, and by how long they were."""

    cell: Counts
    member: Flags
    lasted: Counts
    number: Counts
    seconds: Counts


@dataclass(frozen=True, eq=False, slots=True)
class Welcomed:
    """Who joined on a day of the window, and bought within 30 days of the first time they did so on it."""

    customer: Counts
    cell: Counts


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """Consecutive days as they were read; customers are their lasting numbers.

    `purchases` are summed by customer, day and status; `last_at` is the instant of the last of each. `memberships` are
    all those of whoever joined or left in the window. By day: `lined` counts purchases that tell their lines, and
    `rewards` is what members paid with them, and `newcomers` has those who joined for the first time, packed.
    """

    purchases: Purchases
    memberships: Memberships
    anonymous: Mapping[int, Anonymous]
    left_out: Mapping[int, int]
    last_at: Counts
    openings: Openings
    spacing: Spacing
    lined: Mapping[int, int]
    rewards: Mapping[int, int]
    welcomed: Welcomed
    lines: Lines
    points: Moved
    newcomers: Mapping[int, bytes]

    def days(self, number: int, last: Counts) -> Iterator[Fold]:
        """Fold each of the window's days, in their order; `last`: when customers last bought before it, by number."""
        had_bought = _set(np.flatnonzero(last != NEVER))
        gaps, first_net = self._gaps(number, last), self._first_net(number, last)
        first_cost, first_covered = self._first_costs(number, last)
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
                welcomed=_set(self.welcomed.customer[self.welcomed.cell == cell]),
                lined=self.lined.get(cell, 0),
                member_rewards=self.rewards.get(cell, 0),
                first_net=int(first_net[cell]),
                member_gaps=gaps[cell, True],
                other_gaps=gaps[cell, False],
                lines=self.lines.by_day.get(cell, LineSums())._replace(
                    first_cost=int(first_cost[cell]), first_covered=int(first_covered[cell])
                ),
                points=self.points.by_day.get(cell, PointSums()),
                redeemers=_set(self.points.redeemer[self.points.cell == cell]),
                newcomers=self.newcomers.get(cell, b""),
            )
            had_bought |= first

    @property
    def buyers(self) -> Customers:
        """Who bought in the window."""
        return _set(self.purchases.customer)

    def bought(self, last: Counts) -> Counts:
        """Tell when customers last bought once the window is over, by number."""
        found = grown(last, self.purchases.customer)
        np.maximum.at(found, self.purchases.customer, self.last_at)
        return found

    def _gaps(self, number: int, last: Counts) -> dict[tuple[int, bool], GapSums]:
        """Sum the gaps up by day and status: those within the window, and those that began before it."""
        spacing, openings = self.spacing, self.openings
        before = last[openings.customer]
        again = before != NEVER
        opened = (openings.at[again] - before[again]) // _SECOND
        place = np.concatenate((2 * spacing.cell + spacing.member, 2 * openings.cell[again] + openings.member[again]))
        lasted = np.concatenate((spacing.lasted, np.minimum(opened // DAY, LASTED - 1)))
        by_day = np.zeros((2 * number + 2, LASTED), dtype=np.int64)
        np.add.at(by_day, (place, lasted), np.concatenate((spacing.number, np.ones(len(opened), dtype=np.int64))))
        seconds = np.zeros(2 * number + 2, dtype=np.int64)
        np.add.at(seconds, place, np.concatenate((spacing.seconds, opened)))
        return {
            (n // 2, n % 2 == 1): GapSums(int(seconds[n]), tuple(row.tolist()) if row.any() else ())
            for n, row in enumerate(by_day)
        }

    def _first_net(self, number: int, last: Counts) -> Counts:
        """Sum up by day what first purchases of all came to."""
        total = np.zeros(number + 1, dtype=np.int64)
        new = last[self.openings.customer] == NEVER
        np.add.at(total, self.openings.cell[new], self.openings.net[new])
        return total

    def _first_costs(self, number: int, last: Counts) -> tuple[Counts, Counts]:
        """Sum up by day what first purchases of all cost, and how much of them has a cost."""
        firsts = self.lines.firsts
        new = last[firsts.customer] == NEVER
        cost, covered = np.zeros(number + 1, dtype=np.int64), np.zeros(number + 1, dtype=np.int64)
        np.add.at(cost, firsts.cell[new], firsts.cost[new])
        np.add.at(covered, firsts.cell[new], firsts.covered[new])
        return cost, covered

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


def grown(last: Counts, customers: Counts) -> Counts:
    """Give everybody among these customers a place."""
    size = int(customers.max(initial=-1)) + 1
    return np.concatenate((last, np.full(max(0, size - len(last)), NEVER, dtype=np.int64)))


def _set(numbers: Counts) -> Customers:
    return Customers(np.unique(numbers).astype(np.uint32))
