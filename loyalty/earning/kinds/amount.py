"""Points per amount spent."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, POINTS, Asked, Count, Earned, On, Stage
from loyalty.i18n import mark


@KINDS.register("points_per_amount")
class PointsPerAmount(Struct, frozen=True, forbid_unknown_fields=True):
    """`points_per_step` for every `step_minor` of the matching basis.

    With `whole_steps` (the default) only full steps count: 5 points per 10.00 on 19.99 are 5, not 9.99.
    """

    points_per_step: Annotated[Count, POINTS]
    step_minor: Annotated[Count, Meta(title=mark("For every"))]
    whole_steps: Annotated[
        bool,
        Meta(
            title=mark("Only full steps count"),
            description=mark("On: the rest of a step gives nothing. Off: it gives its part, rounded once at the end."),
        ),
    ] = True

    title: ClassVar[str] = mark("Points for the amount spent")
    about: ClassVar[str] = mark("So many points for every so much that was bought, on everything or on some products.")
    stage: ClassVar[Stage] = "base"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:
        """Count the steps in the basis, and give the points of each."""
        steps = asked.basis // self.step_minor if self.whole_steps else Fraction(asked.basis) / self.step_minor
        return Earned(points=steps * self.points_per_step, steps=steps)
