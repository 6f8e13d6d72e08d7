"""Some days after a purchase."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, Days, News


@TRIGGERS.register("after_purchase")
class AfterPurchase(Struct, frozen=True, forbid_unknown_fields=True):
    """Each purchase."""

    days: Days = 7

    title: ClassVar[str] = mark("After each purchase")
    events: ClassVar[frozenset[str]] = frozenset({"purchase.recorded"})

    def holds(self, news: News) -> bool:
        """Take those of which something is kept."""
        return news.rank > 0
