"""A part of an order off."""

from typing import Annotated, ClassVar

from msgspec import Meta

from loyalty.i18n import mark
from loyalty.rewards.kind import KINDS, Minor, Percent, RewardKind, Spent, share


@KINDS.register("percentage_discount")
class PercentageDiscount(RewardKind, frozen=True, forbid_unknown_fields=True):
    """`percent` of the basket off, at most `most_minor`. What that is in money is known where the basket was told."""

    title: ClassVar[str] = mark("Percentage off")

    percent: Annotated[Percent, Meta(title=mark("Percent off"), description=mark("Above 0 to 100, like 12.5."))]
    most_minor: Annotated[Minor | None, Meta(title=mark("At most"))] = None

    def __post_init__(self) -> None:
        """Refuse what is no percentage."""
        share(self.percent)

    def value_minor(self, spent: Spent) -> int | None:
        """Give the discount in minor units, rounded down; None when no basket was told."""
        if spent.basket_minor is None:
            return None
        off = int(spent.basket_minor * share(self.percent))
        return spent.part_of(off if self.most_minor is None else min(off, self.most_minor))
