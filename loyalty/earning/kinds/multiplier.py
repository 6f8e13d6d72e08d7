"""Points multiplied: double points on a weekend, three times for a category."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, Asked, Earned, On, Stage
from loyalty.i18n import mark

_MOST = 100
_Factor = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?(?!\n)$",
        examples=["2", "1.5"],
        title=mark("Multiply by"),
        description=mark("From 1 to 100, with at most 4 decimals."),
        extra={"shape": "decimal"},
    ),
]


@KINDS.register("multiplier")
class Multiplier(Struct, frozen=True, forbid_unknown_fields=True):
    """Multiplies what the matching lines have so far by `factor`, from 1 to 100."""

    factor: _Factor

    title: ClassVar[str] = mark("Multiply points")
    about: ClassVar[str] = mark("What a purchase earned, times two or more: on some days, products, or customers.")
    stage: ClassVar[Stage] = "multiplier"
    on: ClassVar[On] = "purchase"

    def __post_init__(self) -> None:
        """Refuse a factor that would take points away."""
        if not 1 <= Fraction(self.factor) <= _MOST:
            msg = "factor is a decimal from 1 to 100"
            raise ValueError(msg)

    def earned(self, asked: Asked) -> Earned:
        """Give what comes on top."""
        if not asked.points:
            return Earned(0, reason="nothing_to_multiply")
        return Earned(asked.points * (Fraction(self.factor) - 1))
