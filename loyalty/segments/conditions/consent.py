"""Who agreed to something."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.segments.condition import CONDITIONS, Moment, Query

_AGREED = """
SELECT customer_id FROM customer WHERE program_id = $1 AND consent -> {0}::text = 'true'::jsonb
"""


@CONDITIONS.register("consent")
class Consent(Struct, frozen=True, forbid_unknown_fields=True):
    """Gave consent to `purpose`, under the name by which shops tell it; who was never asked did not."""

    title: ClassVar[str] = mark("Gave consent")

    purpose: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            pattern="^[^\\x00-\\x1f\\x7f]+(?!\\n)$",
            title=mark("Consent to"),
            description=mark("The name by which your shop tells it, as email or sms."),
            examples=["email"],
        ),
    ]

    def query(self, at: Moment) -> Query:  # noqa: ARG002 - consent has no date
        """Look into what the shops told."""
        return Query(_AGREED, [self.purpose])
