"""What the rules see of customers, and what the shops tell about them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace


class Profile(Struct, frozen=True):
    """What a shop may tell about a person; none of it reaches the ledger."""

    email: str | None = None
    name: str | None = None
    language: str | None = None
    birthday_on: date | None = None
    consent: dict[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was told."""
        return self == _NOTHING

    def filled_by(self, other: "Profile") -> "Profile":
        """Keep what is told here, and take the rest from another."""
        missing = [name for name in self.__struct_fields__ if getattr(self, name) is None]
        return replace(self, **{name: getattr(other, name) for name in missing})


_NOTHING = Profile()


class AliasFacts(Struct, frozen=True):
    """A shop's id and the customer it means."""

    external_id: str
    customer_id: UUID
    erased: bool = False


class MembershipFacts(Struct, frozen=True):
    """One recorded interval `[joined_at, left_at)`; superseded when a later row corrects it."""

    membership_id: UUID
    customer_id: UUID
    joined_at: datetime
    left_at: datetime | None
    fingerprint: bytes
    recorded_at: datetime
    superseded_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether somebody with this interval is a member at that instant."""
        return self.superseded_at is None and self.joined_at <= at and (self.left_at is None or at < self.left_at)
