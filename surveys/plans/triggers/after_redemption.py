"""Some days after a reward was redeemed."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, Days, News


@TRIGGERS.register("after_redemption")
class AfterRedemption(Struct, frozen=True, forbid_unknown_fields=True):
    """Each redemption that was captured."""

    days: Days = 1

    title: ClassVar[str] = mark("After a reward was redeemed")
    events: ClassVar[frozenset[str]] = frozenset({"redemption.captured"})

    def holds(self, news: News) -> bool:  # noqa: ARG002 - the redemption itself is the reason
        """Take all."""
        return True
