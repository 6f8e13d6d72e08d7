"""Who has points to spend."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.segments.condition import CONDITIONS, Moment, Query

_HAVE = """
SELECT customer_id FROM account WHERE program_id = $1 AND available >= {0}::bigint
"""


@CONDITIONS.register("points_available")
class PointsAvailable(Struct, frozen=True, forbid_unknown_fields=True):
    """Has `at_least` points available, as settled: the worker does so within a minute of what falls due."""

    title: ClassVar[str] = mark("Points available")

    at_least: Annotated[int, Meta(ge=1, le=10**12, title=mark("At least"))]

    def query(self, at: Moment) -> Query:  # noqa: ARG002 - balances are of now
        """Compare the balance."""
        return Query(_HAVE, [self.at_least])
