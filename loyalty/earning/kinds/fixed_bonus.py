"""A fixed number of points for a purchase."""

from typing import ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage
from loyalty.earning.own_dates import OwnExpiry, OwnMaturity


@KINDS.register("fixed_bonus")
class FixedBonus(Struct, frozen=True, forbid_unknown_fields=True):
    """`points`, once for a purchase with a matching line; never multiplied. It may have dates of its own."""

    points: Count
    maturity: OwnMaturity | None = None
    expiry: OwnExpiry | None = None

    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - whatever was bought
        """Give the points."""
        return Earned(self.points)
