"""Points for the first purchase of a customer's life."""

from typing import Annotated, ClassVar

from loyalty.earning.kind import KINDS, POINTS, Asked, Count, Earned, On, Stage
from loyalty.earning.own_dates import OwnDates
from loyalty.i18n import mark


@KINDS.register("first_purchase")
class FirstPurchase(OwnDates, frozen=True, forbid_unknown_fields=True):
    """`points` for the first purchase that could earn; once given it never moves to another one."""

    points: Annotated[Count, POINTS]

    title: ClassVar[str] = mark("Points for the first purchase")
    about: ClassVar[str] = mark("Extra points for the first purchase of a customer’s life.")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:
        """Give the points if it is the first."""
        return Earned(self.points) if asked.occasion.first else Earned(0, reason="not_first_purchase")
