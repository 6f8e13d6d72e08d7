"""Who joined lately."""

from typing import ClassVar

from msgspec import Struct

from loyalty.i18n import mark
from loyalty.segments.condition import CONDITIONS, Days, Moment, Query

_JOINED = """
SELECT customer_id FROM membership WHERE program_id = $1 AND superseded_at IS NULL
  AND joined_at BETWEEN {1}::timestamptz AND {0}::timestamptz AND (left_at IS NULL OR left_at > {0}::timestamptz)
"""


@CONDITIONS.register("joined_within")
class JoinedWithin(Struct, frozen=True, forbid_unknown_fields=True):
    """Joined in the last `days` days, and is still a member."""

    title: ClassVar[str] = mark("Joined lately")

    days: Days

    def query(self, at: Moment) -> Query:
        """Look for a membership that covers the moment and began lately."""
        return Query(_JOINED, [at.now, at.days_ago(self.days)])
