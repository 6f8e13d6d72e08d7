"""What goes over the wire about members."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from loyalty.customers.facts import Profile
from loyalty.members.decisions import NewMembership
from loyalty.points.wire import BalanceOut
from loyalty.web.bounds import Email, Instant, Language, PersonName, ShopId, Word


class MemberIn(Struct, forbid_unknown_fields=True):
    """Somebody who joins (`joined_at`), or who leaves the membership that began then (`left_at`)."""

    customer_id: ShopId
    joined_at: Instant
    left_at: Instant | None = None
    email: Email | None = None
    name: PersonName | None = None
    language: Language | None = None
    birthday: date | None = None
    consent: Annotated[dict[str, bool], Meta(max_length=32)] | None = None
    referral_code: Word | None = None

    def membership(self) -> NewMembership:
        """Hand it to the members' rules."""
        profile = Profile(self.email, self.name, self.language, self.birthday, self.consent)
        return NewMembership(self.customer_id, self.joined_at, self.left_at, self.referral_code, profile)


class MemberRecorded(Struct):
    """The answer to joining or leaving; a retry gets the same. `points`: what earlier purchases gave or lost."""

    customer_id: str
    state: Literal["joined", "left"]
    joined_at: datetime
    left_at: datetime | None
    purchases: Annotated[int, Meta(description="How many earlier purchases changed their status.")]
    points: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class MembershipOut(Struct):
    """An interval of membership; open while `left_at` is null."""

    joined_at: datetime
    left_at: datetime | None


class MemberOut(Struct):
    """A member, present or former, with the balance as it is now."""

    customer_id: str
    state: Literal["member", "left"]
    email: str | None
    name: str | None
    language: str | None
    birthday: date | None
    memberships: list[MembershipOut]
    balance: BalanceOut


class LotOut(Struct):
    """Points of one earning that are left; null `expires_at`: never."""

    points: int
    earned_at: datetime
    available_from: datetime
    expires_at: datetime | None


class MemberBalance(Struct):
    """Points now, and the lots that hold them, in the order in which they will be spent."""

    customer_id: str
    available: int
    pending: int
    held: int
    debt: int
    lots: list[LotOut]
    as_of: datetime
