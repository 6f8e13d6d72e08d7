"""Rewards as the merchant offers them, and what was redeemed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.clock import utc_now
from loyalty.database import Instant


class Reward(SQLModel, table=True):
    """Something that points buy. `settings` are the fields of its kind (`rewards/kinds/`), the rest are its `Terms`.

    What is left of it is no column: it is counted from the holds, so no counter can drift. `version` is the guard of
    whoever counted; `edition` is what editors read and write.
    """

    __tablename__ = "reward"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("price_points > 0", name="price_is_positive"),
        CheckConstraint("stock >= 0", name="stock_is_not_negative"),
        CheckConstraint("per_member_limit > 0", name="limit_is_positive"),
        CheckConstraint("limit_per IN ('ever', 'day', 'month', 'year')", name="limit_per_is_known"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_it_starts"),
    )

    program_id: int = Field(primary_key=True)
    reward_id: UUID = Field(primary_key=True)
    kind: str
    name: str
    price_points: int = Field(sa_type=BigInteger)
    settings: dict[str, Any] = Field(sa_type=JSONB)
    active: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    created_at: datetime = Field(
        default_factory=utc_now, sa_type=Instant, sa_column_kwargs={"server_default": text("now()")}
    )
    stock: int | None = None
    per_member_limit: int | None = None
    limit_per: str = Field(default="ever", sa_column_kwargs={"server_default": text("'ever'")})
    minimum_tier: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    tier_prices: dict[str, int] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    segments: list[str] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    description: dict[str, str] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})
    position: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    edition: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    version: int = Field(default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})


class RewardEdition(SQLModel, table=True):
    """A reward as it was offered from `recorded_at` on, and by whom. Rows are only added."""

    __tablename__ = "reward_edition"
    __table_args__ = (ForeignKeyConstraint(["program_id", "reward_id"], ["reward.program_id", "reward.reward_id"]),)

    program_id: int = Field(primary_key=True)
    reward_id: UUID = Field(primary_key=True)
    edition: int = Field(primary_key=True)
    # As it stands in `RewardFacts`: kind, name, price, settings, whether it is in the catalogue, terms.
    offer: dict[str, Any] = Field(sa_type=JSONB)
    actor: str
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)


class Redemption(SQLModel, table=True):
    """A reward asked for, as it was offered then. How its points went on is told by the hold of the same id."""

    __tablename__ = "redemption"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "redemption_id"], ["hold.program_id", "hold.hold_id"]),
        ForeignKeyConstraint(["program_id", "reward_id"], ["reward.program_id", "reward.reward_id"]),
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        Index("redemption_account_ix", "program_id", "customer_id", "recorded_at"),
        Index("redemption_reward_ix", "program_id", "reward_id", "recorded_at"),
    )

    program_id: int = Field(primary_key=True)
    redemption_id: UUID = Field(primary_key=True)
    customer_id: UUID
    storefront_id: int
    reward_id: UUID
    # {kind, name, settings, edition, basket_minor?}: what was promised, whatever the reward becomes.
    reward: dict[str, Any] = Field(sa_type=JSONB)
    price_points: int = Field(sa_type=BigInteger)
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)


class VoucherCode(SQLModel, table=True):
    """A code of a reward: of an uploaded pool, or made up for a redemption. Once in a programme, whatever the reward.

    `redemption_id`: who has it. When that hold was let go before its capture, nobody saw it, and it is free again.
    """

    __tablename__ = "voucher_code"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "reward_id"], ["reward.program_id", "reward.reward_id"]),
        ForeignKeyConstraint(["program_id", "redemption_id"], ["redemption.program_id", "redemption.redemption_id"]),
        UniqueConstraint("program_id", "redemption_id", name="voucher_code_one_a_redemption"),
        CheckConstraint("(redemption_id IS NULL) = (taken_at IS NULL)", name="taken_has_a_time"),
        Index("voucher_code_reward_ix", "program_id", "reward_id", "code"),
        Index(
            "voucher_code_free_ix", "program_id", "reward_id", "code", postgresql_where=text("redemption_id IS NULL")
        ),
    )

    program_id: int = Field(primary_key=True)
    code: str = Field(primary_key=True)
    reward_id: UUID
    redemption_id: UUID | None = None
    taken_at: datetime | None = Field(default=None, sa_type=Instant)
