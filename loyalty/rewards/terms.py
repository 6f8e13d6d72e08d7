"""On which terms a reward is offered, whatever its kind: to whom, when, how many, and for what price."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Key = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+(?!\n)$")]
Per = Literal["ever", "day", "month", "year"]
_Text = Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*(?!\n)$")]
# Inverted bounds are a mistake of whoever typed them, and would offer the reward to nobody.
_INVERTED = "ends_on is before starts_on"


class Description(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a reward is, in the languages of the panel and of customers."""

    en: _Text = ""
    fr: _Text = ""


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything beside kind, name and price. No stock: there is always one more. No tier or segment: for everybody.

    `stock` is how many there are in all, given out or not. Days are local, both included. `tier_prices` takes the place
    of the price for members of these tiers, and of higher ones without a price of their own.
    """

    stock: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    per_member_limit: Count | None = None
    limit_per: Per = "ever"
    minimum_tier: Key | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    tier_prices: dict[Key, Annotated[int, Meta(ge=1, le=10**12)]] = {}
    segments: Annotated[list[Key], Meta(max_length=100)] = []
    description: Description = Description()
    position: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] = 0

    def __post_init__(self) -> None:
        """Refuse days that leave nothing between them."""
        if self.starts_on is not None and self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError(_INVERTED)
