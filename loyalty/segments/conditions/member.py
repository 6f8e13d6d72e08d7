"""Who is a member, or is not."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.segments.condition import CONDITIONS, Moment, Query

_MEMBERS = """
SELECT customer_id FROM membership WHERE program_id = $1 AND superseded_at IS NULL
  AND joined_at <= {0}::timestamptz AND (left_at IS NULL OR left_at > {0}::timestamptz)
"""
_OTHERS = """
SELECT customer_id FROM customer WHERE program_id = $1
EXCEPT SELECT customer_id FROM membership WHERE program_id = $1 AND superseded_at IS NULL
  AND joined_at <= {0}::timestamptz AND (left_at IS NULL OR left_at > {0}::timestamptz)
"""


@CONDITIONS.register("member")
class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """Is a member now; with `is_member` false, is none now, or never was."""

    title: ClassVar[str] = mark("Is a member")

    is_member: Annotated[bool, Meta(title=mark("Is a member now"))] = True

    def query(self, at: Moment) -> Query:
        """Look for a membership that covers the moment."""
        return Query(_MEMBERS if self.is_member else _OTHERS, [at.now])
