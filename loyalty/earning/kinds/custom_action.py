"""Points for something else that a storefront tells: a review, a visit, a newsletter."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, PERIODS, POINTS, ActionName, Asked, Count, Counted, Earned, On, Per, Stage
from loyalty.i18n import mark


@KINDS.register("custom_action")
class CustomAction(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` when the storefront tells `action`, at most once each `once_per` if that is set."""

    action: Annotated[
        ActionName,
        Meta(
            title=mark("Action"),
            description=mark("The word by which the storefront tells it: small letters, digits, dots and hyphens."),
        ),
    ]
    points: Annotated[Count, POINTS]
    once_per: Annotated[
        Per | None,
        Meta(title=mark("At most once per"), description=mark("Empty: every time."), extra={"choices": PERIODS}),
    ] = None

    title: ClassVar[str] = mark("Points for something else")
    about: ClassVar[str] = mark("Points when the storefront tells that a member did something: a review, a visit.")
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
