"""What a programme's tiers are: what counts towards them, within which window, and the tiers themselves. Pure."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loyalty.errors import Invalid

MOST_TIERS = 20
_HIGHEST_FACTOR = 100

Key = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}(?!\\n)$", description="What the tier is called for ever.")]
Words = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[^\\x00-\\x1f\\x7f]+(?!\\n)$")]
Tongue = Literal["en", "fr"]
Factor = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?(?!\n)$",
        description="By which a purchase's points are multiplied: 1 to 100, at most 4 decimals.",
        examples=["1.5"],
    ),
]


class _Window(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Which days count."""


class Rolling(_Window, frozen=True, tag="rolling"):
    """Those since the same day so many months ago; every day ends a period."""

    months: Annotated[int, Meta(ge=1, le=120)] = 12


class Calendar(_Window, frozen=True, tag="calendar"):
    """Those of this calendar year, or of the year before, whichever is better; 31 December ends a period."""


class Lifetime(_Window, frozen=True, tag="lifetime"):
    """All of them; every day ends a period."""


Window = Rolling | Calendar | Lifetime


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """One tier. `threshold`: whole points, or minor units of money, whichever the scheme counts."""

    key: Key
    name: dict[Tongue, Words]
    threshold: Annotated[int, Meta(ge=1, le=10**15)]
    factor: Factor = "1"
    benefits: dict[Tongue, Annotated[list[Words], Meta(max_length=20)]] = {}

    @property
    def times(self) -> Fraction:
        """By what its holders' points are multiplied, exactly."""
        return Fraction(self.factor)


class Scheme(Struct, frozen=True, forbid_unknown_fields=True):
    """A programme's tiers, lowest first. Without any, nobody has one."""

    counts: Literal["points_earned", "money_spent"]
    window: Window
    tiers: Annotated[list[Tier], Meta(max_length=MOST_TIERS)]
    grace_days: Annotated[int, Meta(ge=0, le=3_650)] = 0

    def rank(self, key: str | None) -> int:
        """Give a tier's place, counted from 1 for the lowest; 0: none, or one that the scheme does not know."""
        return next((place for place, tier in enumerate(self.tiers, 1) if tier.key == key), 0)

    def key(self, rank: int) -> str | None:
        """Name the tier of a rank; None below the lowest."""
        return self.tiers[rank - 1].key if rank else None

    def threshold(self, rank: int) -> int:
        """Tell from which sum on a rank is reached."""
        return self.tiers[rank - 1].threshold if rank else 0

    def reached(self, total: int) -> int:
        """Give the rank that a sum reaches."""
        return sum(tier.threshold <= total for tier in self.tiers)


class StoredScheme(Struct, frozen=True):
    """One published version."""

    version: int
    scheme: Scheme


def scheme_from(told: dict[str, Any]) -> Scheme:
    """Read a scheme; `Invalid` names the field that is wrong."""
    try:
        scheme = msgspec.convert(told, Scheme)
    except msgspec.ValidationError as error:
        raise Invalid(f"These tiers cannot be: {error}.", pointer="/") from error
    return checked(scheme)


def checked(scheme: Scheme) -> Scheme:
    """Refuse a scheme that contradicts itself; gives it with the tiers lowest first."""
    tiers = sorted(scheme.tiers, key=lambda tier: tier.threshold)
    for lower, higher in pairwise(tiers):
        if lower.threshold == higher.threshold:
            msg = f"{lower.key} and {higher.key} have the same threshold; each tier needs one of its own."
            raise Invalid(msg, pointer=f"/tiers/{scheme.tiers.index(higher)}/threshold")
    for place, tier in enumerate(scheme.tiers):
        if tier.threshold < 1:
            msg = "Below the lowest tier there is none; a threshold is above zero."
            raise Invalid(msg, pointer=f"/tiers/{place}/threshold")
        if any(other.key == tier.key for other in scheme.tiers[:place]):
            msg = f"There are two tiers with the key {tier.key}."
            raise Invalid(msg, pointer=f"/tiers/{place}/key")
        if not tier.name:
            msg = "A tier has a name in one language at least."
            raise Invalid(msg, pointer=f"/tiers/{place}/name")
        if not 1 <= Decimal(tier.factor) <= _HIGHEST_FACTOR:
            msg = "A tier's factor is from 1 to 100."
            raise Invalid(msg, pointer=f"/tiers/{place}/factor")
    return msgspec.structs.replace(scheme, tiers=tiers)
