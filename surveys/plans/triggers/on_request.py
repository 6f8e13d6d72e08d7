"""When the storefront asks for a link."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, News


@TRIGGERS.register("on_request")
class OnRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A storefront asks for a link, and shows it itself."""

    title: ClassVar[str] = mark("When the storefront asks for a link")
    events: ClassVar[frozenset[str]] = frozenset()
    days: ClassVar[int] = 0

    def holds(self, news: News) -> bool:  # noqa: ARG002 - no news is looked at
        """Take none."""
        return False
