"""Points per amount spent."""

from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, Basket, Earned

_Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]


@KINDS.register("points_per_amount")
class PointsPerAmount(Struct, frozen=True, forbid_unknown_fields=True):
    """`points_per_step` for every `step_minor` of the basis.

    With `whole_steps` (the default) only full steps of the order count: 5 points per 10.00 on 19.99 are 5, not 9.99.
    """

    points_per_step: _Count
    step_minor: _Count
    whole_steps: bool = True

    def points(self, basket: Basket) -> Earned:
        """Count the steps in the basis, and give the points of each."""
        steps = basket.basis // self.step_minor if self.whole_steps else Fraction(basket.basis) / self.step_minor
        return Earned(points=steps * self.points_per_step, steps=steps)
