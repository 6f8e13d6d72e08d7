"""Points for joining the programme."""

from typing import Annotated, ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, POINTS, Asked, Count, Earned, On, Stage
from loyalty.i18n import mark


@KINDS.register("joining")
class Joining(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for the first joining of a customer's life."""

    points: Annotated[Count, POINTS]

    title: ClassVar[str] = mark("Points for joining")
    about: ClassVar[str] = mark("Welcome points, once in a customer’s life.")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "action"
    action: ClassVar[str] = "joining"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - who joins has done all there is to do
        """Give the points."""
        return Earned(self.points)
