"""An amount off an order."""

from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent


@KINDS.register("fixed_discount")
class FixedDiscount(RewardKind, frozen=True, forbid_unknown_fields=True):
    """`amount_minor` off; of a partial capture the part of it that was paid for, rounded down to minor units."""

    amount_minor: Minor

    def value_minor(self, spent: Spent) -> int:
        """Give the discount in minor units; no more than there is in the basket, where that was told."""
        return spent.part_of(spent.within_basket(self.amount_minor))
