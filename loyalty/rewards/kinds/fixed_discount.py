"""An amount off an order."""

from typing import Annotated, ClassVar

from msgspec import Meta

from loyalty.i18n import mark
from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent


@KINDS.register("fixed_discount")
class FixedDiscount(RewardKind, frozen=True, forbid_unknown_fields=True):
    """`amount_minor` off; of a partial capture the part of it that was paid for, rounded down to minor units."""

    title: ClassVar[str] = mark("Amount off")

    amount_minor: Annotated[Minor, Meta(title=mark("Amount off an order"))]

    def value_minor(self, spent: Spent) -> int:
        """Give the discount in minor units; no more than there is in the basket, where that was told."""
        return spent.part_of(spent.within_basket(self.amount_minor))
