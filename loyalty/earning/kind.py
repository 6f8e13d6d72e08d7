"""What an earning rule is: a frozen struct of settings, registered under a lasting name, with one method.

A new kind is one file in `kinds/`. Its settings are the fields of the struct: stored as JSONB under `kind`, checked by
msgspec on the way in.
"""

from fractions import Fraction
from typing import Any, Protocol

import msgspec

from loyalty.errors import Invalid
from loyalty.registry import Registry

# Never a float. Mostly a whole number, which is ten times as fast: only a division needs a fraction.
Exact = int | Fraction


class BasketLine(msgspec.Struct, frozen=True):
    """A line as the rules see it: its share of the basis, in exact minor units, and why it has none."""

    line_id: str
    basis: Exact
    reason: str | None


class Basket(msgspec.Struct, frozen=True):
    """What a rule may look at. `basis` is the earning basis in exact minor units."""

    basis: Exact
    lines: list[BasketLine]


class Earned(msgspec.Struct, frozen=True):
    """What one rule gives, exactly and unrounded, and the steps it counted."""

    points: Exact
    steps: Exact


class EarningKind(Protocol):
    """The settings of one rule."""

    def points(self, basket: Basket) -> Earned:
        """Give the exact points of this rule for the basket; rounding comes once, later."""
        ...


KINDS: Registry[type[EarningKind]] = Registry("earning rule", "loyalty.earning.kinds")


def load(settings: dict[str, Any]) -> tuple[str, EarningKind]:
    """Make a rule of its stored settings; `Invalid` names the kinds there are, or the field that is wrong."""
    name = settings.get("kind")
    kind = KINDS.find(str(name))
    if kind is None:
        known = ", ".join(KINDS.all())
        msg = f"There is no earning rule of kind {name!r}; the kinds are: {known}."
        raise Invalid(msg, pointer="/kind")
    fields = {key: value for key, value in settings.items() if key != "kind"}
    try:
        return str(name), msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer="/") from error
