"""A thing that is handed over; the reward's description says what it is."""

from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent


@KINDS.register("gift")
class Gift(RewardKind, frozen=True, forbid_unknown_fields=True):
    """Something that is no article of the shop. `worth_minor` is what it is worth, if it is to be told."""

    worth_minor: Minor | None = None

    def value_minor(self, spent: Spent) -> int | None:
        """Give what it is said to be worth."""
        return None if self.worth_minor is None else spent.part_of(self.worth_minor)
