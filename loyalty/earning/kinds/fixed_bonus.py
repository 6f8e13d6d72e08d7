"""A fixed number of points for a purchase."""

from typing import Annotated, ClassVar

from msgspec import Meta

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage
from loyalty.earning.own_dates import OwnDates
from loyalty.i18n import mark


@KINDS.register("fixed_bonus")
class FixedBonus(OwnDates, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`points`, once for a purchase with a matching line; never multiplied. It may have dates of its own."""

    points: Annotated[Count, Meta(title=mark("Points"))]

    title: ClassVar[str] = mark("Bonus")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - whatever was bought
        """Give the points."""
        return Earned(self.points)
