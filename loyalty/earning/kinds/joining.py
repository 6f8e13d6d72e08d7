"""Points for joining the programme."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage
from loyalty.i18n import mark


@KINDS.register("joining")
class Joining(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for the first joining of a customer's life."""

    points: Annotated[Count, Meta(title=mark("Points"))]

    title: ClassVar[str] = mark("Welcome")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "action"
    action: ClassVar[str] = "joining"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - who joins has done all there is to do
        """Give the points."""
        return Earned(self.points)
