"""Who is spoken to in some language."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.segments.condition import CONDITIONS, Moment, Query

_SPEAKS = """
SELECT customer_id FROM customer WHERE program_id = $1
  AND (lower(language) = lower({0}::text) OR starts_with(lower(language), lower({0}::text) || '-'))
"""


@CONDITIONS.register("language")
class Language(Struct, frozen=True, forbid_unknown_fields=True):
    """Is known to speak `language` (BCP 47): `fr` also means those of `fr-CH`, not the other way round."""

    title: ClassVar[str] = mark("Language")

    language: Annotated[
        str,
        Meta(
            pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*(?!\n)$",
            max_length=35,
            title=mark("Language code"),
            description=mark("As fr or fr-CH; fr means those of fr-CH too."),
            examples=["fr"],
        ),
    ]

    def query(self, at: Moment) -> Query:  # noqa: ARG002 - a language has no date
        """Compare the code, or what it begins with."""
        return Query(_SPEAKS, [self.language])
