"""What is summed of a stretch of days beside purchases: what their lines say, and how points moved. Pure."""

from operator import add
from typing import NamedTuple


class LineSums(NamedTuple):
    """What lines say. Units of goods by status of the sale, nobody's sales among the others; money in minor units.

    `sold` and `returned` are of the sales of the stretch, `back` came back in it, of whichever sale. `told`: purchases
    that tell their lines; `untold`: refunds of these that do not say which goods came back. Costs and what they cover
    are of known customers' purchases, and `first` of those that were the first of all.
    """

    member_sold: int = 0
    member_returned: int = 0
    member_back: int = 0
    other_sold: int = 0
    other_returned: int = 0
    other_back: int = 0
    told: int = 0
    untold: int = 0
    member_cost: int = 0
    member_covered: int = 0
    other_cost: int = 0
    other_covered: int = 0
    first_cost: int = 0
    first_covered: int = 0

    def __or__(self, other: "LineSums") -> "LineSums":
        """Lay two together."""
        return LineSums(*map(add, self, other))


class PointSums(NamedTuple):
    """Points by the day on which their movement was effective; `held` and `debt` by how much these became more."""

    issued: int = 0
    redeemed: int = 0
    restored: int = 0
    expired: int = 0
    forfeited: int = 0
    clawed_back: int = 0
    held: int = 0
    debt: int = 0

    def __or__(self, other: "PointSums") -> "PointSums":
        """Lay two together."""
        return PointSums(*map(add, self, other))
