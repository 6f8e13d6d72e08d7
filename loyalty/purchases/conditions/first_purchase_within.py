"""Whose first purchase was lately."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import CONDITIONS, Days, Moment, Query

_SQL = "SELECT customer_id FROM bought GROUP BY customer_id HAVING min(placed_at) >= {0}::timestamptz"


@CONDITIONS.register("first_purchase_within")
class FirstPurchaseWithin(Struct, frozen=True, forbid_unknown_fields=True):
    """Bought for the first time in the last `days` days."""

    title: ClassVar[str] = mark("First purchase lately")

    days: Days

    def query(self, at: Moment) -> Query:
        """Look at the first purchase."""
        return Query(_SQL, [at.days_ago(self.days)], BOUGHT)
