"""When a file names whom to ask."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, News


@TRIGGERS.register("by_file")
class ByFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of customers was imported for this survey."""

    title: ClassVar[str] = mark("When a file names whom to ask")
    events: ClassVar[frozenset[str]] = frozenset()
    days: ClassVar[int] = 0

    def holds(self, news: News) -> bool:  # noqa: ARG002 - no news is looked at
        """Take none."""
        return False
