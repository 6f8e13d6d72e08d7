"""An amount off an order."""

from typing import Annotated

from msgspec import Meta, Struct

from loyalty.rewards.kind import KINDS


@KINDS.register("fixed_discount")
class FixedDiscount(Struct, frozen=True, forbid_unknown_fields=True):
    """`amount_minor` off; of a partial capture the part of it that was paid for, rounded down to minor units."""

    amount_minor: Annotated[int, Meta(ge=1, le=10**15)]

    def value_minor(self, captured: int, price: int) -> int:
        """Give the discount in minor units."""
        return self.amount_minor * captured // price
