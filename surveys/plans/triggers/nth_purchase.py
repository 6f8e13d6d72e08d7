"""After the n-th purchase of a life."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from surveys.plans.trigger import TRIGGERS, Days, News


@TRIGGERS.register("nth_purchase")
class NthPurchase(Struct, frozen=True, forbid_unknown_fields=True):
    """The n-th purchase that is kept, tests aside."""

    n: Annotated[int, Meta(ge=1, le=10_000, title=mark("Which purchase"))] = 1
    days: Days = 0

    title: ClassVar[str] = mark("After the n-th purchase")
    events: ClassVar[frozenset[str]] = frozenset({"purchase.recorded"})

    def holds(self, news: News) -> bool:
        """Count."""
        return news.rank == self.n
