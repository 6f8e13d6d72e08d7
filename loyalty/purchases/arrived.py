"""Purchases that arrived, as staff see them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

PurchaseState = Literal["recorded", "edited", "refunded", "cancelled", "awaited"]
STATES: tuple[PurchaseState, ...] = ("recorded", "edited", "refunded", "cancelled", "awaited")


class PurchasesAsked(Struct, frozen=True):
    """Which purchases are looked for, newest first. `text`: how an order's number or its customer begins.

    `after`: (time, id) of the last one on the page before. `state` "" is all that are recorded.
    """

    text: str = ""
    state: str = ""
    storefront_id: int | None = None
    member: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    customer_id: UUID | None = None
    after: tuple[datetime, UUID] | None = None


class PurchaseSeen(Struct, frozen=True):
    """A purchase on the list. `at`: when it was placed; of an awaited one, when the first refund of it came."""

    purchase_id: UUID
    order_id: str
    storefront: str
    state: Literal["recorded", "awaited"]
    at: datetime
    recorded_at: datetime
    goods_minor: int | None
    member: bool
    test: bool
    edited: bool
    customer_id: UUID | None
    name: str | None
    email: str | None
    shop_id: str | None
    points: int
    refunded_minor: int
    refunds: int
    cancelled: bool


class PurchasesSeen(Struct, frozen=True):
    """A page of purchases. `too_many`: so many customers begin so that only orders were looked for."""

    purchases: list[PurchaseSeen]
    more: bool
    too_many: bool = False


class Told(Struct, frozen=True):
    """What was told at a time: `facts` as a storefront tells them. `until`: when others were told; None: they hold."""

    version: int
    at: datetime
    until: datetime | None
    facts: dict[str, Any]


class AwardSeen(Struct, frozen=True):
    """A decision about the points of a purchase; of nobody where it has no customer."""

    award_id: UUID
    cause: str
    given: int
    recorded_at: datetime
    customer_id: UUID | None
    survivor: UUID | None
    name: str | None
    email: str | None
    shop_id: str | None
    reason: str | None


class RefundSeen(Struct, frozen=True):
    """Goods taken back; `parked`: it came before the purchase."""

    kind: Literal["refund", "cancellation"]
    refund_id: str
    refunded_at: datetime
    goods_minor: int | None
    lines: list[dict[str, Any]] | None
    recorded_at: datetime
    parked: bool


class RedemptionSeen(Struct, frozen=True):
    """A reward that the purchase names as used on it, and what became of it; a shop may name one of somebody else."""

    redemption_id: UUID
    reward_id: UUID
    reward: str
    points: int
    captured: int
    returned: int
    state: Literal["open", "captured", "released", "timed_out"]
    opened_at: datetime
    survivor: UUID
    name: str | None = None
    email: str | None = None
    shop_id: str | None = None


class PurchaseOpened(Struct, frozen=True):
    """A purchase with all that was told of it, newest first, and all that it led to, in order."""

    seen: PurchaseSeen
    told: list[Told]
    awards: list[AwardSeen]
    refunds: list[RefundSeen]
    redemptions: list[RedemptionSeen] = []
