"""At most so many points: for a purchase, or within a day, a week, a month …"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, Asked, Count, Counted, Earned, On, Per, RuleId, Stage


@KINDS.register("cap")
class Cap(Struct, frozen=True, forbid_unknown_fields=True):
    """No points: limits those of `rules` (all, when it names none) to `points` each `per`."""

    points: Count
    per: Literal["purchase"] | Per
    rules: Annotated[tuple[RuleId, ...], Meta(max_length=100)] = ()

    stage: ClassVar[Stage] = "cap"
    on: ClassVar[On] = "purchase"

    @property
    def counted(self) -> Counted | None:
        """Count the points that it let through."""
        return None if self.per == "purchase" else Counted(self.per, self.points)

    def earned(self, asked: Asked) -> Earned:
        """Take what is too much."""
        room = self.points if self.per == "purchase" else asked.room
        return Earned(min(0, room - asked.points))
