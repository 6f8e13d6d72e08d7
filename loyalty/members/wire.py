"""What goes over the wire about members."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.customers.facts import Profile
from loyalty.members.adjustments import MOST_POINTS
from loyalty.members.decisions import NewMembership
from loyalty.points.wire import AwardOut, BalanceOut, EntryOut, LotOut
from loyalty.tiers.wire import MemberTier
from loyalty.web.bounds import Email, Instant, Language, PersonName, ShopId, Word

OverrideReason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        description="Why somebody joins who is held out; without it that is a 409 `not_offered`.",
    ),
]


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
    override_reason: OverrideReason | None = None

    def membership(self) -> NewMembership:
        """Hand it to the members' rules."""
        profile = Profile(self.email, self.name, self.language, self.birthday, self.consent)
        told = (self.customer_id, self.joined_at, self.left_at, self.referral_code, profile)
        return NewMembership(*told, self.override_reason)


class MemberRecorded(Struct):
    """The answer to joining or leaving; a retry gets the same.

    `points`: what earlier purchases gave or lost; `bonus`: what joining itself gave.
    """

    customer_id: str
    state: Literal["joined", "left"]
    joined_at: datetime
    left_at: datetime | None
    purchases: Annotated[int, Meta(description="How many earlier purchases changed their status.")]
    points: int
    bonus: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class MembershipOut(Struct):
    """An interval of membership; open while `left_at` is null."""

    joined_at: datetime
    left_at: datetime | None


class MemberOut(Struct):
    """A member, present or former, with the balance as it is now; a present one's tier, where there are any."""

    customer_id: str
    state: Literal["member", "left"]
    email: str | None
    name: str | None
    language: str | None
    birthday: date | None
    memberships: list[MembershipOut]
    balance: BalanceOut
    tier: MemberTier | None = None


class MemberBalance(Struct):
    """Points now, settled, and the lots that hold them, in the order in which they will be spent."""

    customer_id: str
    available: int
    pending: int
    held: int
    debt: int
    lots: list[LotOut]
    as_of: datetime
    tier: MemberTier | None = None


class MemberChange(Struct, forbid_unknown_fields=True):
    """What is known anew of a person; what is not told stays. Null takes nothing away."""

    email: Email | None = None
    name: PersonName | None = None
    language: Language | None = None
    birthday: date | None = None
    consent: Annotated[dict[str, bool], Meta(max_length=32)] | None = None

    def profile(self) -> Profile:
        """Hand it to the customers."""
        return Profile(self.email, self.name, self.language, self.birthday, self.consent)


class AdjustmentIn(Struct, forbid_unknown_fields=True):
    """Points that staff give (> 0) or take (< 0), and why. Taking stops at what is available."""

    points: Annotated[int, Meta(ge=-MOST_POINTS, le=MOST_POINTS)]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class AdjustmentRecorded(Struct):
    """The answer to an adjustment; a retry gets the same."""

    award_id: UUID
    customer_id: str
    points: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class MergeIn(Struct, forbid_unknown_fields=True):
    """The customer who goes on: the one of the path is merged into him."""

    into: ShopId


class MergeRecorded(Struct):
    """The answer to a merge. `purchases`: how many changed their status by it, and `points` what that gave or took."""

    customer_id: str
    into: str
    purchases: int
    points: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class ErasureRecorded(Struct):
    """The answer to an erasure. Nothing in it is about the person."""

    state: Literal["erased"]
    recorded_at: datetime
    request_id: str


class CustomerOut(Struct):
    """A customer, member or not, with the balance as it is now."""

    customer_id: str
    member: bool
    email: str | None
    name: str | None
    language: str | None
    birthday: date | None
    consent: dict[str, Any] | None
    known_since: datetime
    balance: BalanceOut


class Entries(Struct):
    """A page of movements, newest first."""

    data: list[EntryOut]
    next_cursor: str | None


class Awards(Struct):
    """A page of decisions, newest first."""

    data: list[AwardOut]
    next_cursor: str | None
