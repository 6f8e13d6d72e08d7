"""The settings of a kind over the wire: amounts are decimals there, and minor units at rest."""

from typing import Any

import msgspec

from loyalty.errors import Invalid
from loyalty.rewards.kind import kind_named, load
from loyalty.web.bounds import Money, decimal_text, minor_units


def settings_in(kind: str, told: dict[str, Any], digits: int) -> dict[str, Any]:
    """Turn the settings of a kind as they are told into those that are stored: amounts into minor units."""
    fields = kind_named(kind).__struct_fields__
    stored: dict[str, Any] = {}
    for name, value in told.items():
        place = f"/settings/{name}"
        if f"{name}_minor" in fields and value is not None:
            try:
                stored[f"{name}_minor"] = minor_units(msgspec.convert(value, Money), digits, place)
            except msgspec.ValidationError:
                msg = "An amount is a decimal as text, like 5.00."
                raise Invalid(msg, pointer=place) from None
        elif f"{name}_minor" in fields:
            stored[f"{name}_minor"] = None
        elif name not in fields or name.endswith("_minor"):
            known = ", ".join(field.removesuffix("_minor") for field in fields)
            msg = f"A reward of kind {kind} has no setting {name!r}; it has: {known}."
            raise Invalid(msg, pointer=place)
        else:
            stored[name] = value
    try:
        load(kind, stored)
    except Invalid as error:
        raise Invalid(error.detail.replace("_minor", ""), pointer="/settings") from None
    return stored


def settings_out(settings: dict[str, Any], digits: int) -> dict[str, Any]:
    """Show settings as they are told: amounts as decimals."""
    return {
        name.removesuffix("_minor"): decimal_text(value, digits) if name.endswith("_minor") and value else value
        for name, value in settings.items()
    }
