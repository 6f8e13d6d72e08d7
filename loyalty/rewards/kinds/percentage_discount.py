"""A part of an order off."""

from loyalty.rewards.kind import KINDS, Minor, Percent, RewardKind, Spent, share


@KINDS.register("percentage_discount")
class PercentageDiscount(RewardKind, frozen=True, forbid_unknown_fields=True):
    """`percent` of the basket off, at most `most_minor`. What that is in money is known where the basket was told."""

    percent: Percent
    most_minor: Minor | None = None

    def __post_init__(self) -> None:
        """Refuse what is no percentage."""
        share(self.percent)

    def value_minor(self, spent: Spent) -> int | None:
        """Give the discount in minor units, rounded down; None when no basket was told."""
        if spent.basket_minor is None:
            return None
        off = int(spent.basket_minor * share(self.percent))
        return spent.part_of(off if self.most_minor is None else min(off, self.most_minor))
