"""Points for a birthday."""

from typing import Annotated, ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, POINTS, Asked, Count, Earned, On, Stage
from loyalty.i18n import mark


@KINDS.register("birthday")
class Birthday(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` at the start of a member's local birthday, once a calendar year."""

    points: Annotated[Count, POINTS]

    title: ClassVar[str] = mark("Points for a birthday")
    about: ClassVar[str] = mark("Points for every member on their birthday, once a year.")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "action"
    action: ClassVar[str] = "birthday"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - the day itself is the reason
        """Give the points."""
        return Earned(self.points)
