"""Where somebody stands among the buyers of a year: by recency, frequency and money."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import CONDITIONS, Moment, Query

_YEAR_DAYS = 365
_Score = Annotated[int, Meta(ge=1, le=5)]
# The quintiles of those who bought in the year: 5 is best. Ties go by customer id: so it can be counted again.
_RFM = """
SELECT customer_id FROM (
  SELECT customer_id, ntile(5) OVER (ORDER BY last_at, customer_id) AS r,
    ntile(5) OVER (ORDER BY orders, customer_id) AS f, ntile(5) OVER (ORDER BY spent, customer_id) AS m
  FROM (
    SELECT customer_id, max(placed_at) AS last_at, count(*) AS orders, sum(kept_minor) AS spent
    FROM bought WHERE placed_at >= {0}::timestamptz GROUP BY customer_id) buyers) scored
WHERE r BETWEEN {1}::int AND {2}::int AND f BETWEEN {3}::int AND {4}::int AND m BETWEEN {5}::int AND {6}::int
"""


@CONDITIONS.register("rfm")
class Rfm(Struct, frozen=True, forbid_unknown_fields=True):
    """Scores from 1 to 5 (5: most recent, most often, most money), by fifths of the buyers of the last 365 days."""

    title: ClassVar[str] = mark("Recency, frequency, money (RFM)")

    recency_from: Annotated[_Score, Meta(title=mark("Recency from"), description=mark("1 to 5; 5 is best."))] = 1
    recency_to: Annotated[_Score, Meta(title=mark("Recency to"))] = 5
    frequency_from: Annotated[_Score, Meta(title=mark("Frequency from"))] = 1
    frequency_to: Annotated[_Score, Meta(title=mark("Frequency to"))] = 5
    money_from: Annotated[_Score, Meta(title=mark("Money from"))] = 1
    money_to: Annotated[_Score, Meta(title=mark("Money to"))] = 5

    def __post_init__(self) -> None:
        """Refuse a range that means nothing."""
        for first, last in self._ranges:
            if first > last:
                msg = mark("The first of two scores may not be above the second.")
                raise ValueError(msg)

    @property
    def _ranges(self) -> tuple[tuple[int, int], ...]:
        recency, frequency = (self.recency_from, self.recency_to), (self.frequency_from, self.frequency_to)
        return recency, frequency, (self.money_from, self.money_to)

    def query(self, at: Moment) -> Query:
        """Score the buyers of the year."""
        scores = [score for both in self._ranges for score in both]
        return Query(_RFM, [at.days_ago(_YEAR_DAYS), *scores], BOUGHT)
