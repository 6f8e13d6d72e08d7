"""An article of the shop, for points instead of money."""

from typing import Annotated, ClassVar

from msgspec import Meta

from loyalty.i18n import mark
from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent


@KINDS.register("free_product")
class FreeProduct(RewardKind, frozen=True, forbid_unknown_fields=True):
    """One of `sku`. `worth_minor` is what customers would pay for it, if it is to be told."""

    title: ClassVar[str] = mark("Free product")

    sku: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+(?!\n)$",
            title=mark("Article number"),
        ),
    ]
    worth_minor: Annotated[
        Minor | None,
        Meta(title=mark("Worth"), description=mark("What it is worth to the customer, if it is to be told.")),
    ] = None

    def value_minor(self, spent: Spent) -> int | None:
        """Give what it is said to be worth."""
        return None if self.worth_minor is None else spent.part_of(self.worth_minor)
