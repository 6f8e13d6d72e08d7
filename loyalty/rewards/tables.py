"""Rewards as the merchant offers them, and what was redeemed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.clock import utc_now
from loyalty.database import Instant


class Reward(SQLModel, table=True):
    """Something that points buy. `settings` are the fields of its kind (`rewards/kinds/`)."""

    __tablename__ = "reward"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("price_points > 0", name="price_is_positive"),
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


class Redemption(SQLModel, table=True):
    """A reward asked for, as it was offered then. How its points went on is told by the hold of the same id."""

    __tablename__ = "redemption"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "redemption_id"], ["hold.program_id", "hold.hold_id"]),
        ForeignKeyConstraint(["program_id", "reward_id"], ["reward.program_id", "reward.reward_id"]),
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        Index("redemption_account_ix", "program_id", "customer_id", "recorded_at"),
    )

    program_id: int = Field(primary_key=True)
    redemption_id: UUID = Field(primary_key=True)
    customer_id: UUID
    storefront_id: int
    reward_id: UUID
    # {kind, name, settings}: what was promised, whatever the reward becomes.
    reward: dict[str, Any] = Field(sa_type=JSONB)
    price_points: int = Field(sa_type=BigInteger)
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)
