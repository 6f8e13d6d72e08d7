"""What a reward is: a frozen struct of settings, registered under a lasting name, with one method.

A new kind is one file in `kinds/`. Its settings are the fields of the struct: stored as JSONB, checked by msgspec.
"""

from typing import Any, Protocol
from uuid import UUID

import msgspec

from loyalty.errors import Invalid
from loyalty.registry import Registry


class RewardKind(Protocol):
    """The settings of one reward."""

    def value_minor(self, captured: int, price: int) -> int | None:
        """Give what the reward is worth in minor units when `captured` of its price were spent; None: not in money."""
        ...


class RewardFacts(msgspec.Struct, frozen=True):
    """A reward as read, or as a redemption remembers it."""

    reward_id: UUID
    kind: str
    name: str
    price_points: int
    settings: dict[str, Any]
    active: bool = True

    def value_minor(self, captured: int) -> int | None:
        """Give what it is worth when so many points were spent on it."""
        return load(self.kind, self.settings).value_minor(captured, self.price_points)


KINDS: Registry[type[RewardKind]] = Registry("reward", "loyalty.rewards.kinds")


def load(kind: str, settings: dict[str, Any]) -> RewardKind:
    """Make a reward of its stored settings; `Invalid` names the kinds there are, or the field that is wrong."""
    found = KINDS.find(kind)
    if found is None:
        known = ", ".join(KINDS.all())
        msg = f"There is no reward of kind {kind!r}; the kinds are: {known}."
        raise Invalid(msg, pointer="/kind")
    try:
        return msgspec.convert(settings, found)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer="/settings") from error
