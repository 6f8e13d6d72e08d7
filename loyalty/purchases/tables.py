"""Purchases as they are known now, as they were known before, and what was taken back of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

PURCHASE_KEY = ["purchase.program_id", "purchase.purchase_id"]


class PurchaseColumns(SQLModel):
    """What the shop tells about a purchase; money in minor units of the programme's currency."""

    storefront_id: int
    order_id: str
    customer_id: UUID | None = None
    placed_at: datetime | None = Field(default=None, sa_type=Instant)
    currency: str | None = None
    goods_minor: int | None = Field(default=None, sa_type=BigInteger)
    discount_minor: int | None = Field(default=None, sa_type=BigInteger)
    tax_minor: int | None = Field(default=None, sa_type=BigInteger)
    shipping_minor: int | None = Field(default=None, sa_type=BigInteger)
    reward_discount_minor: int | None = Field(default=None, sa_type=BigInteger)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    payments: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    lines: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    referral_code: str | None = None
    redemption_ids: list[str] | None = Field(default=None, sa_type=JSONB)
    channel: str | None = None
    test: bool = False
    source_updated_at: datetime | None = Field(default=None, sa_type=Instant)
    meta: dict[str, Any] | None = Field(default=None, sa_type=JSONB, sa_column_kwargs={"name": "metadata"})
    # A cache of "the memberships cover `placed_at`", rebuilt in the commit that changes them.
    member: bool = False
    # When these facts were recorded; of an awaited purchase, when the first refund came.
    recorded_at: datetime = Field(sa_type=Instant)


class Purchase(PurchaseColumns, table=True):
    """One order of one storefront. `awaited`: only a refund or cancellation of it has come yet; nobody sees it."""

    __tablename__ = "purchase"
    __table_args__ = (
        UniqueConstraint("program_id", "storefront_id", "order_id", name="purchase_recorded_once"),
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        CheckConstraint("state IN ('awaited', 'recorded')", name="state_is_known"),
        CheckConstraint(
            "state = 'awaited' OR (placed_at IS NOT NULL AND currency IS NOT NULL AND goods_minor >= 0"
            " AND discount_minor >= 0 AND tax_minor >= 0 AND shipping_minor >= 0"
            " AND reward_discount_minor BETWEEN 0 AND goods_minor AND fingerprint IS NOT NULL)",
            name="recorded_ones_are_whole",
        ),
        Index("purchase_customer_ix", "program_id", "customer_id", "placed_at"),
        Index("purchase_placed_ix", "program_id", "placed_at"),
        # Few wait for their purchase, and they have no time of their own but this.
        Index(
            "purchase_awaited_ix",
            "program_id",
            "recorded_at",
            "purchase_id",
            postgresql_where=text("state = 'awaited'"),
        ),
    )

    program_id: int = Field(primary_key=True)
    purchase_id: UUID = Field(primary_key=True)
    state: str
    version: int = Field(sa_type=BigInteger)
    # The first write's, for ever: a retry is known by it.
    fingerprint: bytes | None = Field(default=None, sa_type=LargeBinary)
    request_id: str | None = None
    # The latest edit's, where there was one.
    edit_fingerprint: bytes | None = Field(default=None, sa_type=LargeBinary)
    origin: str = "live"


class PurchaseFormer(PurchaseColumns, table=True):
    """The facts that an edit or a claim replaced, valid while known: `[recorded_at, superseded_at)`. Only added to."""

    __tablename__ = "purchase_former"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "purchase_id"], PURCHASE_KEY),
        CheckConstraint("superseded_at >= recorded_at", name="superseded_after_recorded"),
    )

    program_id: int = Field(primary_key=True)
    purchase_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_type=BigInteger)
    superseded_at: datetime = Field(sa_type=Instant)


class Refund(SQLModel, table=True):
    """Goods taken back, or (`cancellation`) all that was left. Only added to; without effect beyond what is left."""

    __tablename__ = "refund"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "purchase_id"], PURCHASE_KEY),
        ForeignKeyConstraint(["program_id", "award_id"], ["award.program_id", "award.award_id"]),
        CheckConstraint("kind IN ('refund', 'cancellation')", name="kind_is_known"),
        CheckConstraint("(kind = 'cancellation') = (refund_id = '')", name="cancellation_has_no_id"),
        CheckConstraint("(kind = 'cancellation') = (goods_minor IS NULL)", name="cancellation_takes_what_is_left"),
        CheckConstraint("goods_minor >= 0", name="goods_not_negative"),
        # As for entries: what came back on a day.
        Index(
            "refund_refunded_ix",
            "program_id",
            "refunded_at",
            postgresql_using="brin",
            postgresql_ops={"refunded_at": "timestamptz_minmax_multi_ops"},
        ),
    )

    program_id: int = Field(primary_key=True)
    purchase_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    refund_id: str = Field(primary_key=True)
    refunded_at: datetime = Field(sa_type=Instant)
    goods_minor: int | None = Field(default=None, sa_type=BigInteger)
    lines: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB)
    # The decision it led to at once; null: it came before its purchase and was parked.
    award_id: UUID | None = None
    fingerprint: bytes = Field(sa_type=LargeBinary)
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)
