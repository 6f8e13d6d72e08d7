"""Who bought some article, or something of a category."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.purchases.kept import BOUGHT
from loyalty.segments.condition import CONDITIONS, EVER, Days, Moment, Query

_Word = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[^\\x00-\\x1f\\x7f]+(?!\\n)$")]
_Words = Annotated[list[_Word], Meta(max_length=100)]
_BOUGHT = """
SELECT b.customer_id FROM bought b CROSS JOIN jsonb_array_elements(
  CASE jsonb_typeof(b.lines) WHEN 'array' THEN b.lines END) l
WHERE ({0}::timestamptz IS NULL OR b.placed_at >= {0}::timestamptz)
  AND (l ->> 'sku' = ANY({1}::text[]) OR l ->> 'category' = ANY({2}::text[]))
"""


@CONDITIONS.register("bought_articles")
class BoughtArticles(Struct, frozen=True, forbid_unknown_fields=True):
    """Bought one of `skus`, or something of one of `categories`, in the last `days` days, or ever.

    A purchase counts as long as something of it is kept.
    """

    title: ClassVar[str] = mark("Bought an article or category")

    skus: Annotated[_Words, Meta(title=mark("Articles (SKU)"), description=mark("One a line; any of them."))] = []
    categories: Annotated[_Words, Meta(title=mark("Categories"), description=mark("One a line; any of them."))] = []
    days: Annotated[Days | None, EVER] = None

    def __post_init__(self) -> None:
        """Refuse to look for nothing."""
        if not self.skus and not self.categories:
            msg = mark("Name an article or a category.")
            raise ValueError(msg)

    def query(self, at: Moment) -> Query:
        """Look into the lines of the purchases."""
        since = None if self.days is None else at.days_ago(self.days)
        return Query(_BOUGHT, [since, self.skus, self.categories], BOUGHT)
