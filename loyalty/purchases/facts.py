"""What comes in about purchases (`New…`), and what the rules see (`…Facts`). Money in minor units."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from loyalty.customers.facts import AliasFacts, MembershipFacts, Profile
from loyalty.points.facts import AccountFacts, HoldFacts, LotFacts, RecordedAward


class NewPurchase(Struct, frozen=True):
    """A purchase as a shop tells it. `external_id` is the shop's id of the customer; None: anonymous."""

    order_id: str
    placed_at: datetime
    currency: str
    goods_minor: int
    external_id: str | None = None
    discount_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    reward_discount_minor: int = 0
    delivered_at: datetime | None = None
    payments: dict[str, int] | None = None
    lines: list[dict[str, Any]] | None = None
    referral_code: str | None = None
    redemption_ids: list[str] | None = None
    channel: str | None = None
    test: bool = False
    source_updated_at: datetime | None = None
    metadata: dict[str, Any] | None = None
    profile: Profile | None = None
    # Fingerprints of address and means of payment, by kind; a retry may leave them out.
    traces: dict[str, str] | None = None


class NewRefund(Struct, frozen=True):
    """Goods taken back; a cancellation (`refund_id` empty, `goods_minor` None) takes all that is left."""

    order_id: str
    refund_id: str
    refunded_at: datetime | None
    goods_minor: int | None
    lines: list[dict[str, Any]] | None = None

    @property
    def kind(self) -> str:
        """The word for it in tables and events."""
        return "refund" if self.refund_id else "cancellation"


class PurchaseFacts(Struct, frozen=True):
    """A purchase as read. `due` and `restored` sum what every decision on it did; the rules are the first one's."""

    purchase_id: UUID
    storefront_id: int
    order_id: str
    customer_id: UUID | None
    state: str
    version: int
    placed_at: datetime | None
    delivered_at: datetime | None
    source_updated_at: datetime | None
    goods_minor: int | None
    tax_minor: int | None
    shipping_minor: int | None
    reward_discount_minor: int | None
    lines: list[dict[str, Any]] | None
    redemption_ids: list[str] | None
    test: bool
    member: bool
    guest: bool
    fingerprint: bytes | None
    edit_fingerprint: bytes | None
    recorded_at: datetime
    due: int
    restored: int
    rules_version: int | None
    first_policy: dict[str, Any] | None
    # What its newest award stores of what was seen (`seen.py`).
    noted: dict[str, Any] | None = None
    # Whether it could earn at one of its decisions.
    earned: bool = False


class UseFacts(Struct, frozen=True):
    """What a customer holds under a rule that counts within a period, of all purchases and actions."""

    customer_id: UUID
    rule_id: str
    period: str
    points: int


class SegmentFacts(Struct, frozen=True):
    """A segment that a customer is in now, one of those asked for."""

    customer_id: UUID
    key: str


class RefundFacts(Struct, frozen=True):
    """A refund or cancellation as read."""

    purchase_id: UUID
    kind: str
    refund_id: str
    refunded_at: datetime
    goods_minor: int | None
    award_id: UUID | None
    fingerprint: bytes
    request_id: str
    recorded_at: datetime


class Read(Struct, frozen=True):
    """Everything that deciding a batch needs, read in one statement. `now` is for deciding and for writing."""

    now: datetime
    newest_rules: int
    aliases: list[AliasFacts]
    accounts: list[AccountFacts]
    lots: list[LotFacts]
    holds: list[HoldFacts]
    memberships: list[MembershipFacts]
    purchases: list[PurchaseFacts]
    refunds: list[RefundFacts]
    # The first answers of what may be a retry: by purchase, by refund, by membership.
    pinned: list[RecordedAward]
    # The newest version of the tiers; None: the programme never had any, and nothing is counted.
    newest_tiers: int | None = None
    # Only what the rules need: docs/rules.md, "Decided once". `earned`: whose purchases could earn before.
    uses: list[UseFacts] = []
    earned: list[UUID] = []
    segments: list[SegmentFacts] = []
