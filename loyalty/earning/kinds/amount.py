"""Points per amount spent."""

from fractions import Fraction
from typing import ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage


@KINDS.register("points_per_amount")
class PointsPerAmount(Struct, frozen=True, forbid_unknown_fields=True):
    """`points_per_step` for every `step_minor` of the matching basis.

    With `whole_steps` (the default) only full steps count: 5 points per 10.00 on 19.99 are 5, not 9.99.
    """

    points_per_step: Count
    step_minor: Count
    whole_steps: bool = True

    stage: ClassVar[Stage] = "base"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:
        """Count the steps in the basis, and give the points of each."""
        steps = asked.basis // self.step_minor if self.whole_steps else Fraction(asked.basis) / self.step_minor
        return Earned(points=steps * self.points_per_step, steps=steps)
