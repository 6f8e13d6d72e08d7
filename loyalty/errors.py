"""What can go wrong, in the business's words. `web.py` alone knows which HTTP status each family is.

`code` is lasting: clients branch on it. The message is for a person and says what to do.
"""

from typing import ClassVar
from uuid import UUID


class LoyaltyError(Exception):
    """Any refusal of the service; never a bug."""

    code: ClassVar[str] = "error"
    # Whom a refusal tells about: where its answer is pinned, it goes with the person.
    customer_id: UUID | None = None

    def __init__(self, detail: str, *, pointer: str = "") -> None:
        """Say what was wrong, and where in the request (a JSON pointer) if that helps."""
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer


class Invalid(LoyaltyError):
    """The request cannot mean anything: 422. Several places may be named at once in `problems`."""

    code = "invalid"

    def __init__(self, detail: str, *, pointer: str = "", problems: list["Invalid"] | None = None) -> None:
        """Collect what is wrong with a request."""
        super().__init__(detail, pointer=pointer)
        self.problems = problems or ([] if not pointer else [self])


class Malformed(LoyaltyError):
    """The request cannot be read: 400."""

    code = "malformed"


class NotFound(LoyaltyError):
    """There is no such thing in this programme: 404. Another programme's thing answers exactly so."""

    code = "not_found"


class Conflict(LoyaltyError):
    """The request contradicts what is already recorded: 409."""

    code = "conflict"


class Gone(LoyaltyError):
    """It was there, and is no more, for good: 410."""

    code = "gone"


class Unauthorized(LoyaltyError):
    """No valid key or session: 401."""

    code = "unauthorized"


class Forbidden(LoyaltyError):
    """The key or session is valid, and may not do that: 403."""

    code = "forbidden"


class PreconditionFailed(LoyaltyError):
    """It changed since the caller read it: 412. Nothing was changed by this request."""

    code = "precondition_failed"


class TooManyRequests(LoyaltyError):
    """The key has used up what it may ask for in this minute: 429. Nothing was done."""

    code = "rate_limited"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        """Say when the same request may be sent again."""
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(LoyaltyError):
    """The service cannot do it now; the same request may be sent again: 503."""

    code = "unavailable"


class OtherFacts(Conflict):
    """The same natural key came with other facts than the first time. `first` is what was answered then."""

    code = "other_facts"

    def __init__(self, detail: str, *, first: object = None) -> None:
        """Keep the first answer, so that the caller sees what stands."""
        super().__init__(detail)
        self.first = first


class AlreadyMember(Conflict):
    """A membership under another `joined_at` overlaps the one asked for."""

    code = "already_member_since"


class LeftAlready(Conflict):
    """The membership ended already, at another instant."""

    code = "left_already"


class NameTaken(Conflict):
    """Another programme or storefront has that name."""

    code = "name_taken"


class NotEnoughPoints(Conflict):
    """More points are asked for than are available."""

    code = "not_enough_points"

    def __init__(self, *, available: int, price: int, pending: int = 0, held: int = 0, debt: int = 0) -> None:
        """Say how many there are, and how many are asked for."""
        super().__init__(f"{price} points are needed, and {available} are available.")
        self.balance = {"available": available, "pending": pending, "held": held, "debt": debt}


class NotAMember(Conflict):
    """Only a member may do that, and this customer is none now."""

    code = "not_a_member"


class HoldEnded(Conflict):
    """The hold was captured, released or timed out already, another way than asked for."""

    code = "hold_ended"


class HoldTimedOut(HoldEnded):
    """The hold ran out before it was captured; its points are back."""

    code = "hold_timed_out"


class OpenHolds(Conflict):
    """Points of the customer are held for a redemption; capture or release it first."""

    code = "open_holds"


class Erased(Conflict):
    """The person was erased; the customer id is not given again."""

    code = "customer_erased"


class OtherCustomer(Conflict):
    """An edit would move a purchase from one customer to another."""

    code = "other_customer"


class RewardUnavailable(Conflict):
    """The reward cannot be had now, or not by this customer. `why` has the code's numbers, as the catalogue tells."""

    code = "reward_unavailable"

    def __init__(self, detail: str, why: object = None) -> None:
        """Keep the reason for whoever reads it by machine."""
        super().__init__(detail)
        self.why = why


class EditedMeanwhile(Conflict):
    """Somebody edited it since it was read."""

    code = "edited_meanwhile"


class ReferralDecided(Conflict):
    """The referral was decided already, and is not for staff to decide any more."""

    code = "referral_decided"


class DraftEdited(Conflict):
    """Somebody changed the draft since it was read."""

    code = "draft_edited"

    def __init__(self, *, newest: object) -> None:
        """Keep what stands now, so that the caller sees it."""
        super().__init__("Somebody changed this draft since you read it. `first` is the draft as it stands now.")
        self.first = newest


class SamePerson(Conflict):
    """The two customers are one already."""

    code = "same_customer"


class KeyTaken(Conflict):
    """Something else has that key, or had it: it is not given again."""

    code = "key_taken"


class InUse(Conflict):
    """Something that is to be no more is still named. `users`: each as it is said, with `%(name)s` in it, and its name.

    So whoever shows it can say it in another language.
    """

    what: ClassVar[str]

    def __init__(self, key: str, users: list[tuple[str, str]]) -> None:
        """Say what still names it."""
        self.key, self.users = key, users
        named = ", ".join(said % {"name": name} for said, name in users)
        super().__init__(f"The {self.what} {key!r} is still named by {named}.")


class SegmentInUse(InUse):
    """The segment is named by something that would mean another thing without it."""

    code, what = "segment_in_use", "segment"


class TierInUse(InUse):
    """A tier that is to be no more is named by something that would be nobody's without it."""

    code, what = "tier_in_use", "tier"


class SegmentKept(Conflict):
    """Who is in the segment is said by its conditions, or by what keeps it; not the way it was asked."""

    code = "segment_kept"


class InFlight(Conflict):
    """The same request, or one about the same customer, is still being worked on; it may be sent again."""

    code = "in_flight"
    retry_after_seconds: ClassVar[int] = 1
