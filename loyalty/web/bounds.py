"""The types that cross the border, with their bounds, and how money becomes minor units."""

from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from loyalty.errors import Invalid

# No control characters, so no NUL, which PostgreSQL cannot store; no line or paragraph separators.
# Python's `$` also matches before a line's end at the end of the text; browsers' does not, and (?!\n) makes them agree.
_END = r"(?!\n)$"
_PRINTABLE = "^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]+" + _END

ShopId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=_PRINTABLE,
        description="The shop's own id: 1 to 128 printable characters.",
    ),
]
Word = Annotated[str, Meta(min_length=1, max_length=128, pattern=_PRINTABLE)]
PersonName = Annotated[str, Meta(min_length=1, max_length=256, pattern=_PRINTABLE)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern="^[^\\x00]+$")]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+" + _END)]
Language = Annotated[
    str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*" + _END, max_length=35, description="BCP 47, as fr or fr-CH.")
]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}" + _END, description="ISO 4217.")]
Money = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,13}(\.[0-9]{1,4})?" + _END,
        description="A decimal as text, with no more decimals than the currency has.",
        examples=["84.00"],
    ),
]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset.", examples=["2026-11-21T10:30:00Z"])]
Quantity = Annotated[int, Meta(ge=0, le=1_000_000)]
Metadata = dict[Annotated[str, Meta(max_length=128)], Any]

MAX_METADATA_BYTES = 4096


def minor_units(amount: str, digits: int, pointer: str) -> int:
    """Turn a decimal of the wire into exact minor units; more decimals than the currency has are an error."""
    scaled = Decimal(amount).scaleb(digits)
    if scaled % 1:
        msg = f"{amount} has more decimals than the currency, which has {digits}."
        raise Invalid(msg, pointer=pointer)
    return int(scaled)


def decimal_text(minor: int, digits: int) -> str:
    """Write minor units as the decimal of the wire."""
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def checked_metadata(metadata: Metadata | None) -> Metadata | None:
    """Refuse metadata over 4 kB as JSON."""
    if metadata is not None and len(msgspec.json.encode(metadata)) > MAX_METADATA_BYTES:
        msg = "metadata may hold at most 4 kB of JSON."
        raise Invalid(msg, pointer="/metadata")
    return metadata


def without_nul(value: object, pointer: str = "") -> None:
    """Refuse a NUL character anywhere in a decoded body; PostgreSQL stores none."""
    if isinstance(value, str):
        if "\x00" in value:
            msg = "Text may not hold a NUL character."
            raise Invalid(msg, pointer=pointer)
    elif isinstance(value, dict):
        for key, inner in value.items():
            without_nul(key, pointer)
            without_nul(inner, f"{pointer}/{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            without_nul(inner, f"{pointer}/{place}")


def parts_of(kind: Any) -> list[Any]:  # noqa: ANN401 - any annotation
    """Give the types of which one may come, where there is a choice."""
    return list(get_args(kind)) if get_origin(kind) in {Union, UnionType} else [kind]


def instant(value: str | None, what: str) -> datetime | None:
    """Check an instant of a query like one of a body: text, and with an offset."""
    if value is None:
        return None
    try:
        return msgspec.convert(value, Instant)
    except msgspec.ValidationError:
        msg = f"{what} is an instant with its offset, like 2026-03-31T23:59:59Z."
        raise Invalid(msg, pointer=f"/{what}") from None


def shop_id(value: str, what: str) -> str:
    """Check an id of a path or query like one of a body."""
    try:
        return msgspec.convert(value, ShopId)
    except msgspec.ValidationError:
        msg = f"{what} has 1 to 128 printable characters."
        raise Invalid(msg, pointer=f"/{what}") from None
