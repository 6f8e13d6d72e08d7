"""Who bought lately."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import CONDITIONS, Days, Moment, Query

_SQL = "SELECT customer_id FROM bought GROUP BY customer_id HAVING max(placed_at) >= {0}::timestamptz"


@CONDITIONS.register("last_purchase_within")
class LastPurchaseWithin(Struct, frozen=True, forbid_unknown_fields=True):
    """Bought something in the last `days` days that is kept, at least in part."""

    title: ClassVar[str] = mark("Bought lately")

    days: Days

    def query(self, at: Moment) -> Query:
        """Look at the last purchase."""
        return Query(_SQL, [at.days_ago(self.days)], BOUGHT)
