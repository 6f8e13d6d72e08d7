"""Some days after a delivery."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, Days, News


@TRIGGERS.register("after_delivery")
class AfterDelivery(Struct, frozen=True, forbid_unknown_fields=True):
    """Each purchase, once it is delivered. A delivery that is told with its purchase is news of its own."""

    days: Days = 3

    title: ClassVar[str] = mark("After each delivery")
    events: ClassVar[frozenset[str]] = frozenset({"purchase.delivered"})

    def holds(self, news: News) -> bool:
        """Take those of which something is kept."""
        return news.rank > 0
