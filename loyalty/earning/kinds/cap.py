"""At most so many points: for a purchase, or within a day, a week, a month …"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, PERIODS, Asked, Count, Counted, Earned, On, RuleId, Stage
from loyalty.i18n import mark

_Per = Literal["purchase", "day", "week", "month", "quarter", "year", "ever"]
_PERIODS = {"purchase": mark("purchase"), **PERIODS}


@KINDS.register("cap")
class Cap(Struct, frozen=True, forbid_unknown_fields=True):
    """No points: limits those of `rules` (all, when it names none) to `points` each `per`."""

    points: Annotated[Count, Meta(title=mark("At most, in points"))]
    per: Annotated[_Per, Meta(title=mark("Per"), extra={"choices": _PERIODS})]
    rules: Annotated[
        tuple[RuleId, ...],
        Meta(max_length=100, title=mark("Of these rules"), description=mark("None: of all of them together.")),
    ] = ()

    title: ClassVar[str] = mark("A limit")
    about: ClassVar[str] = mark("At most so many points for a purchase, or within a day, a week, a month.")
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
