"""What is known of a period: sets of customers, sums of what they bought, and whatever else a measure needs. Pure.

A customer is a number here, dense and without meaning outside one reading; sets are exact (roaring bitmaps). Two
readings give the same facts: `rows/` from the purchases themselves, for every knowledge time, and `rollup/` from the
day sets that the worker keeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import FrozenBitMap

Counts = NDArray[np.int64]
Customers = FrozenBitMap
NOBODY = FrozenBitMap()


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Purchases of nobody we know, each a cluster of its own: how many, Σ net and Σ net² in minor units."""

    purchases: int = 0
    net: int = 0
    net_squared: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """What known customers bought under one status at the purchase's own instant; money in minor units.

    `buyers` bought, `twice` bought two times or more; `again` made a purchase that was not the first of their lives.
    """

    orders: int = 0
    net: int = 0
    buyers: Customers = NOBODY
    twice: Customers = NOBODY
    again: Customers = NOBODY

    def __or__(self, other: "Side") -> "Side":
        """Lay both sides together; who bought once on each has bought twice."""
        return Side(
            self.orders + other.orders,
            self.net + other.net,
            self.buyers | other.buyers,
            self.twice | other.twice | (self.buyers & other.buyers),
            self.again | other.again,
        )


@dataclass(frozen=True, eq=False, slots=True)
class Spread:
    """The same, by customer: intervals of means need squares, which cannot be summed from day to day.

    A customer's number is their place in each array; the arrays may end before those who did nothing.
    """

    member_orders: Counts
    member_net: Counts
    other_orders: Counts
    other_net: Counts

    @property
    def orders(self) -> Counts:
        """Purchases under whichever status."""
        return self.member_orders + self.other_orders

    @property
    def net(self) -> Counts:
        """What they came to."""
        return self.member_net + self.other_net


@dataclass(frozen=True, eq=False, slots=True)
class Around:
    """What is asked of a period that only lies around a wanted one: of sums and of sides there is nothing here.

    `known` had bought before it began, `members` were members then, `bought` did so in it.
    """

    known: Customers = NOBODY
    members: Customers = NOBODY
    bought: Customers = NOBODY


@dataclass(frozen=True, eq=False)
class PeriodFacts:
    """One period [s, e).

    `member_at_start`: M(s), joined before the start and not left before it. `known`: H(s), a purchase before the start.
    `bought_before`: a purchase in the period before. `joined`, `left`: did so in the period. `member`, `other`:
    qualifying purchases by status at their own instant. `left_out`: purchases of which nothing was kept.
    `spread` is None where only the day sets were read: what depends on it has no interval yet. `parts` are the further
    facts (`kpi/parts/`) that some measure needs, by name.
    """

    member_at_start: Customers = NOBODY
    known: Customers = NOBODY
    bought_before: Customers = NOBODY
    joined: Customers = NOBODY
    left: Customers = NOBODY
    member: Side = field(default_factory=Side)
    other: Side = field(default_factory=Side)
    anonymous: Anonymous = Anonymous()
    left_out: int = 0
    spread: Spread | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def everybody(self) -> Side:
        """Known customers' purchases under whichever status."""
        return self.member | self.other

    @property
    def bought(self) -> Customers:
        """B: who bought in the period."""
        return self.everybody.buyers

    @property
    def joiners(self) -> int:
        """How many customers joined in the period."""
        return len(self.joined)

    @cached_property
    def overlap(self) -> int:
        """How many customers bought in the period both as a member and as a non-member."""
        return self.member.buyers.intersection_cardinality(self.other.buyers)
