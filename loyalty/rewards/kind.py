"""What a reward is: a frozen struct of settings, registered under a lasting name, with a few promises.

A new kind is one file in `kinds/`. Its settings are the fields of the struct: stored as JSONB, checked by msgspec.
Money is `…_minor`; over the wire the same field is a decimal without that ending.
"""

from abc import ABCMeta, abstractmethod
from fractions import Fraction
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, StructMeta

from loyalty.errors import Invalid
from loyalty.registry import Registry
from loyalty.rewards.terms import Terms

MOST_POINTS = 10**12
Minor = Annotated[int, Meta(ge=1, le=10**15)]
# Text, as a float is never exact.
Percent = Annotated[
    str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?(?!\n)$", description="A decimal as text, above 0 to 100.")
]


class Asked(Struct, frozen=True):
    """What a storefront tells with a redemption. Neither is believed: each may only lower what may be spent."""

    points: int | None = None
    basket_minor: int | None = None


class Spent(Struct, frozen=True):
    """`captured` points of `price`; `basket_minor` as it was told with the redemption."""

    captured: int
    price: int
    basket_minor: int | None = None

    def part_of(self, amount_minor: int) -> int:
        """Give the part of an amount that was paid for, rounded down to minor units."""
        return amount_minor * self.captured // self.price

    def within_basket(self, amount_minor: int) -> int:
        """Take no more off a basket than there is in it."""
        return amount_minor if self.basket_minor is None else min(amount_minor, self.basket_minor)


class _AbstractStruct(StructMeta, ABCMeta):
    """A struct that leaves something to those made of it."""


class RewardKind(Struct, frozen=True, forbid_unknown_fields=True, metaclass=_AbstractStruct):
    """The settings of one reward. Most kinds only say what they are worth."""

    @abstractmethod
    def value_minor(self, spent: Spent) -> int | None:
        """Give what the reward is worth in minor units for what was spent; None: not known in money."""

    def listed(self, price_points: int | None) -> int:
        """Give the price in the catalogue, of the one that the merchant set."""
        if price_points is None:
            msg = "This kind of reward needs a price in points."
            raise Invalid(msg, pointer="/price_points")
        return price_points

    def price(self, listed: int, asked: Asked) -> int:
        """Give what it costs now. The price is the service's: no storefront tells it."""
        if asked.points is not None:
            msg = "How many points this reward costs is not the caller's to say. Leave `points` out."
            raise Invalid(msg, pointer="/points")
        return listed

    @property
    def codes(self) -> Literal["generated", "uploaded"] | None:
        """Tell where the codes come from that are handed out; None: it has none."""
        return None

    def new_code(self) -> str | None:
        """Make up a code; None: it makes up none."""
        return None


class RewardFacts(Struct, frozen=True):
    """A reward as read, or as a redemption remembers it: for what it was paid, with the basket and the code of then.

    `version` rises with every edit, and with every redemption that something limited depends on; `edition` with edits.
    """

    reward_id: UUID
    kind: str
    name: str
    price_points: int
    settings: dict[str, Any]
    active: bool = True
    terms: Terms = Terms()
    edition: int = 1
    version: int = 1
    basket_minor: int | None = None
    code: str | None = None

    @property
    def loaded(self) -> RewardKind:
        """Its settings, as its kind."""
        return load(self.kind, self.settings)

    @property
    def scarce(self) -> bool:
        """Whether two customers can be after the last one of it."""
        return self.terms.stock is not None or self.loaded.codes == "uploaded"

    def value_minor(self, captured: int) -> int | None:
        """Give what it is worth when so many points were spent on it."""
        return self.loaded.value_minor(Spent(captured, self.price_points, self.basket_minor))


KINDS: Registry[type[RewardKind]] = Registry("reward", "loyalty.rewards.kinds")


def kind_named(kind: str) -> type[RewardKind]:
    """Find a kind; `Invalid` names those there are."""
    found = KINDS.find(kind)
    if found is None:
        known = ", ".join(KINDS.all())
        msg = f"There is no reward of kind {kind!r}; the kinds are: {known}."
        raise Invalid(msg, pointer="/kind")
    return found


def load(kind: str, settings: dict[str, Any]) -> RewardKind:
    """Make a reward of its stored settings; `Invalid` names the kinds there are, or the field that is wrong."""
    found = kind_named(kind)
    try:
        return msgspec.convert(settings, found)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer="/settings") from error


def share(percent: str) -> Fraction:
    """Give a percentage as an exact share; `ValueError` when it is not above 0 to 100."""
    found = Fraction(percent) / 100
    if not 0 < found <= 1:
        msg = f"{percent} is not a percentage above 0 to 100"
        raise ValueError(msg)
    return found
