"""What becomes of a claim, and when it is rewarded, refused, reviewed or reversed. Pure; docs/referrals.md in code."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.points.dates import local_day, midnight_after
from loyalty.referrals.terms import Terms

State = Literal["claimed", "in_review", "qualified", "rewarded", "refused", "reversed"]
STATES = ("claimed", "in_review", "qualified", "rewarded", "refused", "reversed")
REASONS = (
    "unknown_code", "switched_off", "expired_code", "own_code", "referrer_left", "same_email", "existing_customer",
    "not_first_purchase", "below_minimum", "same_address", "same_payment", "over_cap", "shared_trace", "refunded",
    "by_staff",
)  # fmt: skip
# News of what happened longer ago earns nobody a reward: it is a shop moving in, or one that was cut off.
FRESH = timedelta(hours=72)
# Mail hosts for which "+anything" is the same box, and those that do not see dots either.
_PLUS = frozenset({
    "gmail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com", "fastmail.com", "proton.me",
    "protonmail.com", "pm.me",
})  # fmt: skip
_DOTLESS = frozenset({"gmail.com"})
_SAME_HOST = {"googlemail.com": "gmail.com"}


class Owner(Struct, frozen=True):
    """Whose code it is: the member who would be rewarded, as known now."""

    customer_id: UUID
    ends_at: datetime | None
    member: bool
    email: str | None = None


class Bought(Struct, frozen=True):
    """A purchase of the friend's as it stands: `kept_minor` is what was not taken back."""

    purchase_id: UUID
    placed_at: datetime
    recorded_at: datetime
    kept_minor: int
    origin: str = "live"
    test: bool = False
    storefront_id: int = 0

    @property
    def fresh(self) -> bool:
        """Whether it was told as it happened."""
        return self.origin == "live" and not self.test and self.recorded_at - self.placed_at <= FRESH


class Friend(Struct, frozen=True):
    """Who claims. `first` is the first purchase of a life, by the day it was placed, tests aside."""

    customer_id: UUID
    email: str | None = None
    first: Bought | None = None
    # Joined under an earlier membership already, or bought before joining.
    known_before: bool = False


class Signs(Struct, frozen=True):
    """What speaks against a referral that would qualify. `friends`: how many share a trace, this one included."""

    same_address: bool = False
    same_payment: bool = False
    friends: int = 1
    this_month: int = 0
    ever: int = 0


class Verdict(Struct, frozen=True):
    """What a referral becomes, and why."""

    state: State
    reason: str | None = None


def mailbox(email: str | None) -> str | None:
    """Tell whose box an address is: lower case; without what known hosts do not see."""
    if email is None or "@" not in email:
        return None
    local, _, host = email.strip().lower().rpartition("@")
    host = _SAME_HOST.get(host, host)
    if host in _PLUS:
        local = local.partition("+")[0]
    if host in _DOTLESS:
        local = local.replace(".", "")
    return f"{local}@{host}"


def claimed(terms: Terms, owner: Owner | None, friend: Friend, at: datetime, purchase: UUID | None = None) -> Verdict:
    """Decide a claim of an instant: on joining, or (`purchase`) with a purchase. The first reason counts."""
    if not terms.on:
        return Verdict("refused", "switched_off")
    if owner is None:
        return Verdict("refused", "unknown_code")
    box, first = mailbox(friend.email), friend.first
    return _first_that_stands(
        "claimed",
        expired_code=owner.ends_at is not None and owner.ends_at <= at,
        own_code=owner.customer_id == friend.customer_id,
        referrer_left=not owner.member,
        same_email=box is not None and box == mailbox(owner.email),
        existing_customer=purchase is None and friend.known_before,
        not_first_purchase=purchase is not None and first is not None and first.placed_at < at,
    )


def qualified(terms: Terms, first: Bought, signs: Signs) -> Verdict:
    """Decide whether the friend's first purchase rewards both; suspicious ones wait for staff."""
    verdict = _first_that_stands(
        "qualified",
        below_minimum=not enough(terms, first),
        same_address=signs.same_address,
        same_payment=signs.same_payment,
        over_cap=over_cap(terms, signs),
    )
    if verdict.state == "qualified" and signs.friends >= terms.review_from:
        return Verdict("in_review", "shared_trace")
    return verdict


def _first_that_stands(otherwise: State, **reasons: bool) -> Verdict:
    found = next((reason for reason, stands in reasons.items() if stands), None)
    return Verdict("refused", found) if found else Verdict(otherwise)


def over_cap(terms: Terms, signs: Signs) -> bool:
    """Tell whether the referrer was rewarded as often as the terms allow."""
    return (terms.per_month is not None and signs.this_month >= terms.per_month) or (
        terms.ever is not None and signs.ever >= terms.ever
    )


def enough(terms: Terms, bought: Bought) -> bool:
    """Tell whether what is left of a purchase reaches the minimum; of nothing there is never enough."""
    return not bought.test and bought.kept_minor > 0 and bought.kept_minor >= terms.minimum_minor


def matures_at(terms: Terms, placed_at: datetime, zone: ZoneInfo) -> datetime:
    """Give the end of the return window: the local midnight after its last day; none: at once."""
    if not terms.return_days:
        return placed_at
    return midnight_after(local_day(placed_at, zone) + timedelta(days=terms.return_days), zone)
