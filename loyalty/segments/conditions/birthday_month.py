"""Whose birthday is in some month."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.segments.condition import CONDITIONS, Moment, Query

_BORN = """
SELECT customer_id FROM customer WHERE program_id = $1 AND extract(month FROM birthday_on) = {0}::int
"""


@CONDITIONS.register("birthday_month")
class BirthdayMonth(Struct, frozen=True, forbid_unknown_fields=True):
    """Has a birthday in `month`; without one, in the month that it is in the programme's zone."""

    title: ClassVar[str] = mark("Birthday month")

    month: Annotated[
        Annotated[int, Meta(ge=1, le=12)] | None,
        Meta(title=mark("Month"), description=mark("1 to 12; empty for the month that it is.")),
    ] = None

    def query(self, at: Moment) -> Query:
        """Compare the month of birth."""
        return Query(_BORN, [self.month or at.month])
