"""Some days after a change of tier."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, Days, News


@TRIGGERS.register("tier_change")
class TierChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A change to a higher tier, to a lower one, or either."""

    direction: Annotated[
        Literal["up", "down", "any"],
        Meta(
            title=mark("Direction"),
            extra={"choices": {"up": mark("To a higher tier"), "down": mark("To a lower tier"), "any": mark("Either")}},
        ),
    ] = "up"
    days: Days = 1

    title: ClassVar[str] = mark("After a change of tier")
    events: ClassVar[frozenset[str]] = frozenset({"tier.changed"})

    def holds(self, news: News) -> bool:
        """Look which way it went."""
        return news.direction is not None and self.direction in {"any", news.direction}
