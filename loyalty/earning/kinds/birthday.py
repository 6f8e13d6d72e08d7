"""Points for a birthday."""

from typing import ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage


@KINDS.register("birthday")
class Birthday(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` at the start of a member's local birthday, once a calendar year."""

    points: Count

    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "action"
    action: ClassVar[str] = "birthday"

    def earned(self, asked: Asked) -> Earned:  # noqa: ARG002 - the day itself is the reason
        """Give the points."""
        return Earned(self.points)
