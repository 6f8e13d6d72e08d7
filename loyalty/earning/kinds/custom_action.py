"""Points for something else that a storefront tells: a review, a visit, a newsletter."""

from typing import ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, ActionName, Asked, Count, Counted, Earned, On, Per, Stage


@KINDS.register("custom_action")
class CustomAction(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` when the storefront tells `action`, at most once each `once_per` if that is set."""

    action: ActionName
    points: Count
    once_per: Per | None = None

    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "action"

    @property
    def counted(self) -> Counted | None:
        """Count how often it gave."""
        return Counted(self.once_per, 1) if self.once_per else None

    def earned(self, asked: Asked) -> Earned:
        """Give the points, unless it did in this period."""
        done = self.once_per is not None and not asked.room
        return Earned(0, reason="done_already") if done else Earned(self.points)
