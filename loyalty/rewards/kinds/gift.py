"""A thing that is handed over; the reward's description says what it is."""

from typing import Annotated, ClassVar

from msgspec import Meta

from loyalty.i18n import mark
from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent


@KINDS.register("gift")
class Gift(RewardKind, frozen=True, forbid_unknown_fields=True):
    """Something that is no article of the shop. `worth_minor` is what it is worth, if it is to be told."""

    title: ClassVar[str] = mark("Gift")

    worth_minor: Annotated[
        Minor | None,
        Meta(title=mark("Worth"), description=mark("What it is worth to the customer, if it is to be told.")),
    ] = None

    def value_minor(self, spent: Spent) -> int | None:
        """Give what it is said to be worth."""
        return None if self.worth_minor is None else spent.part_of(self.worth_minor)
