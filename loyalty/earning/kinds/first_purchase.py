"""Points for the first purchase of a customer's life."""

from typing import ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage
from loyalty.earning.own_dates import OwnExpiry, OwnMaturity


@KINDS.register("first_purchase")
class FirstPurchase(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for the first purchase that could earn; once given it never moves to another one."""

    points: Count
    maturity: OwnMaturity | None = None
    expiry: OwnExpiry | None = None

    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:
        """Give the points if it is the first."""
        return Earned(self.points) if asked.occasion.first else Earned(0, reason="not_first_purchase")
