"""Points for the first purchase of a customer's life."""

from typing import Annotated, ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, POINTS, Asked, Count, Earned, On, Stage
from loyalty.earning.own_dates import EXPIRY, MATURITY, OwnExpiry, OwnMaturity
from loyalty.i18n import mark


@KINDS.register("first_purchase")
class FirstPurchase(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for the first purchase that could earn; once given it never moves to another one."""

    points: Annotated[Count, POINTS]
    maturity: Annotated[OwnMaturity | None, MATURITY] = None
    expiry: Annotated[OwnExpiry | None, EXPIRY] = None

    title: ClassVar[str] = mark("Points for the first purchase")
    about: ClassVar[str] = mark("Extra points for the first purchase of a customer’s life.")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:
        """Give the points if it is the first."""
        return Earned(self.points) if asked.occasion.first else Earned(0, reason="not_first_purchase")
