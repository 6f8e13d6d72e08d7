"""What goes over the wire about referrals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.referrals.codes import LONGEST
from loyalty.referrals.terms import Cap, Days, Points, StoredTerms, Terms
from loyalty.web.bounds import Instant, Money, ShopId, Word, decimal_text, minor_units

_BUYS = "A reward: the points it costs when the friend qualifies, which buy it when the return window is over."


class TermsIn(Struct, forbid_unknown_fields=True):
    """What is promised to who brings a friend, and to the friend, when the friend's first purchase is kept."""

    on: bool = True
    referrer_points: Annotated[Points, Meta(examples=[500])] = 0
    friend_points: Annotated[Points, Meta(examples=[500])] = 0
    minimum: Annotated[
        Money, Meta(description="Of the friend's first purchase, goods that are kept.", examples=["50.00"])
    ] = "0"
    return_days: Annotated[Days, Meta(description="Local days after the purchase's own; the points are pending.")] = 14
    per_month: Annotated[Cap | None, Meta(description="Rewarded referrals of one member in a local month.")] = None
    ever: Cap | None = None
    code_days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    review_from: Annotated[
        int, Meta(ge=2, le=100, description="The n-th friend from one address or means of payment waits for staff.")
    ] = 2
    link: Annotated[
        Word | None,
        Meta(
            description="The storefront's address, to which `?ref=CODE` is added.",
            examples=["https://shop.example/welcome"],
        ),
    ] = None
    referrer_reward: Annotated[UUID | None, Meta(description=f"Instead of points. {_BUYS}")] = None
    friend_reward: Annotated[UUID | None, Meta(description="The same for the friend.")] = None

    def terms(self, digits: int) -> Terms:
        """Hand it to the rules, with amounts in minor units."""
        told = {name: getattr(self, name) for name in Terms.__struct_fields__ if name != "minimum_minor"}
        return Terms(**told, minimum_minor=minor_units(self.minimum, digits, "/minimum"))


class TermsOut(Struct):
    """A programme's referral terms in force; `version` 0: it never had any."""

    version: int
    on: bool
    referrer_points: int
    friend_points: int
    minimum: str
    return_days: int
    per_month: int | None
    ever: int | None
    code_days: int | None
    review_from: int
    link: str | None
    referrer_reward: UUID | None
    friend_reward: UUID | None


class CodeIn(Struct, forbid_unknown_fields=True):
    """A code that staff made up for a member."""

    code: Annotated[str, Meta(min_length=1, max_length=2 * LONGEST, examples=["MARIE-10"])]


class CodeOut(Struct):
    """A member's code; the link and the picture carry it into the storefront."""

    customer_id: ShopId
    code: str
    custom: bool
    ends_at: datetime | None
    link: str | None


class ValidityOut(Struct):
    """Whether a code could be claimed now; if not, `reason` says why. Nothing is told of whose it is."""

    code: str
    valid: bool
    reason: str | None


class InvitationIn(Struct, forbid_unknown_fields=True):
    """A member shared the code."""

    channel: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,39}(?!\\n)$", examples=["email", "whatsapp", "qr"])]
    shared_at: Instant | None = None


class InvitationRecorded(Struct):
    """The answer to a share; a retry gets the same."""

    invitation_id: UUID
    customer_id: ShopId
    channel: str
    shared_at: datetime
    request_id: str


def terms_out(stored: StoredTerms, digits: int) -> TermsOut:
    """Show the terms."""
    terms = stored.terms
    told = {name: getattr(terms, name) for name in Terms.__struct_fields__ if name != "minimum_minor"}
    return TermsOut(stored.version, **told, minimum=decimal_text(terms.minimum_minor, digits))
