"""Points for a birthday."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage
from loyalty.i18n import mark


@KINDS.register("birthday")
class Birthday(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` at the start of a member's local birthday, once a calendar year."""

    points: Annotated[Count, Meta(title=mark("Points"))]

    title: ClassVar[str] = mark("Birthday")
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "action"
    action: ClassVar[str] = "birthday"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - the day itself is the reason
        """Give the points."""
        return Earned(self.points)
