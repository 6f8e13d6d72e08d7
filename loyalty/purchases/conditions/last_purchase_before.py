"""Who has not bought for a while, and may be lost."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import CONDITIONS, Days, Moment, Query

_SQL = "SELECT customer_id FROM bought GROUP BY customer_id HAVING max(placed_at) < {0}::timestamptz"


@CONDITIONS.register("last_purchase_before")
class LastPurchaseBefore(Struct, frozen=True, forbid_unknown_fields=True):
    """Bought something once, and nothing in the last `days` days."""

    title: ClassVar[str] = mark("Has not bought for a while")

    days: Days

    def query(self, at: Moment) -> Query:
        """Look at the last purchase."""
        return Query(_SQL, [at.days_ago(self.days)], BOUGHT)
