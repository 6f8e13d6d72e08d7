"""How much somebody spent."""

from typing import Annotated, ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import AT_LEAST, AT_MOST, CONDITIONS, EVER, Amount, Days, Moment, Query, check_range

_SPENT = """
SELECT c.customer_id FROM customer c LEFT JOIN (
  SELECT customer_id, sum(kept_minor) AS spent FROM bought
  WHERE {0}::timestamptz IS NULL OR placed_at >= {0}::timestamptz GROUP BY customer_id) b USING (customer_id)
WHERE c.program_id = $1 AND coalesce(b.spent, 0) >= {1}::bigint
  AND coalesce(b.spent, 0) <= coalesce({2}::bigint, 9223372036854775807)
"""


@CONDITIONS.register("spent")
class Spent(Struct, frozen=True, forbid_unknown_fields=True):
    """Spent `at_least` and `at_most` so much in the last `days` days, or ever: goods, less what was taken back."""

    title: ClassVar[str] = mark("Amount spent")

    at_least_minor: Annotated[Amount | None, AT_LEAST] = None
    at_most_minor: Annotated[Amount | None, AT_MOST] = None
    days: Annotated[Days | None, EVER] = None

    def __post_init__(self) -> None:
        """Refuse a range that means nothing."""
        check_range(self.at_least_minor, self.at_most_minor)

    def query(self, at: Moment) -> Query:
        """Sum what is kept of the purchases."""
        since = None if self.days is None else at.days_ago(self.days)
        return Query(_SPENT, [since, self.at_least_minor or 0, self.at_most_minor], BOUGHT)
