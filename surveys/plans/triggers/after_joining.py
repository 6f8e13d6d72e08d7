"""Some days after joining."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, Days, News


@TRIGGERS.register("after_joining")
class AfterJoining(Struct, frozen=True, forbid_unknown_fields=True):
    """Each joining."""

    days: Days = 14

    title: ClassVar[str] = mark("After joining")
    events: ClassVar[frozenset[str]] = frozenset({"member.joined"})

    def holds(self, news: News) -> bool:  # noqa: ARG002 - the joining itself is the reason
        """Take all."""
        return True
