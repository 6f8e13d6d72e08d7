"""A fixed number of points for a purchase."""

from typing import Annotated, ClassVar

from loyalty.earning.kind import KINDS, POINTS, Asked, Count, Earned, On, Stage
from loyalty.earning.own_dates import OwnDates
from loyalty.i18n import mark


@KINDS.register("fixed_bonus")
class FixedBonus(OwnDates, frozen=True, forbid_unknown_fields=True):
    """`points`, once for a purchase with a matching line; never multiplied. It may have dates of its own."""

    points: Annotated[Count, POINTS]

    title: ClassVar[str] = mark("Extra points for a purchase")
    about: ClassVar[str] = mark("The same number of points for every purchase that meets the conditions.")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - whatever was bought
        """Give the points."""
        return Earned(self.points)
