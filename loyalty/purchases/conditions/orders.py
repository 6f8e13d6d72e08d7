"""How often somebody bought."""

from typing import Annotated, ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import AT_LEAST, AT_MOST, CONDITIONS, EVER, Count, Days, Moment, Query, check_range

# Who bought nothing has made no order, and may be meant by "at most".
_ORDERS = """
SELECT c.customer_id FROM customer c LEFT JOIN (
  SELECT customer_id, count(*) AS orders FROM bought
  WHERE {0}::timestamptz IS NULL OR placed_at >= {0}::timestamptz GROUP BY customer_id) b USING (customer_id)
WHERE c.program_id = $1 AND coalesce(b.orders, 0) BETWEEN {1}::int AND coalesce({2}::int, 2147483647)
"""


@CONDITIONS.register("orders")
class Orders(Struct, frozen=True, forbid_unknown_fields=True):
    """Made `at_least` and `at_most` so many purchases in the last `days` days, or ever. Taken back whole: none."""

    title: ClassVar[str] = mark("Number of purchases")

    at_least: Annotated[Count | None, AT_LEAST] = None
    at_most: Annotated[Count | None, AT_MOST] = None
    days: Annotated[Days | None, EVER] = None

    def __post_init__(self) -> None:
        """Refuse a range that means nothing."""
        check_range(self.at_least, self.at_most)

    def query(self, at: Moment) -> Query:
        """Count the purchases of which something is kept."""
        since = None if self.days is None else at.days_ago(self.days)
        return Query(_ORDERS, [since, self.at_least or 0, self.at_most], BOUGHT)
