"""Money beside purchases: what was spent, what things cost, what rewards cost, what was returned, and leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from kpi.facts import Counts

# For so long after a period's end its goods are still coming back.
MATURE_AFTER = timedelta(days=30)


def nothing() -> Counts:
    """Give an array of nobody."""
    return np.array([], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in the period, by kind of spend, in minor units; a kind of which nothing was entered is absent."""

    minor: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Covered:
    """Net of purchases in minor units, what they cost, and how much of the net has a cost at all."""

    net: int = 0
    cost: int = 0
    covered: int = 0
    purchases: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Margins:
    """An entry for each customer and status under which they bought; `person` numbers them within the period.

    Or only one for each status, summed over customers: then not `by_customer`.
    """

    person: Counts = field(default_factory=nothing)
    member: Counts = field(default_factory=nothing)
    net: Counts = field(default_factory=nothing)
    cost: Counts = field(default_factory=nothing)
    covered: Counts = field(default_factory=nothing)
    by_customer: bool = True


@dataclass(frozen=True, slots=True)
class Rewards:
    """What members' purchases came to, kept, in minor units: paid (`net`), and paid with rewards."""

    net: int = 0
    rewards: int = 0


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What rewards cost that no purchase tells of, in minor units: handed over in the period, and taken back in it.

    `uncosted`: how many handings over and takings back have no cost that anybody entered; they are in neither sum.
    """

    given: int = 0
    returned: int = 0
    uncosted: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Units:
    """Units of goods, an entry for each customer (an anonymous purchase is one) and status; or one for each status.

    `sold` and `returned` are of the sales placed in the period; `flow` was returned in it, by status of the sale, of
    whenever. `unlined`: purchases without lines; `untold`: refunds of a part that do not say which goods came back.
    `immature`: the period ended too recently for its returns to be in. `by_customer` as for margins.
    """

    person: Counts = field(default_factory=nothing)
    member: Counts = field(default_factory=nothing)
    sold: Counts = field(default_factory=nothing)
    returned: Counts = field(default_factory=nothing)
    flow: tuple[int, int] = (0, 0)
    unlined: int = 0
    untold: int = 0
    immature: bool = False
    by_customer: bool = True


@dataclass(frozen=True, slots=True)
class Channel:
    """Qualified leads of a channel that are old enough, and how many of them became customers in time."""

    leads: int = 0
    converted: int = 0


@dataclass(frozen=True, slots=True)
class Leads:
    """Leads created in the period. `channels` by name, "" where none was told; the young ones are only counted."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    immature: int = 0
    unqualified: int = 0
