"""Segments as they are defined, and who is in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant


class Segment(SQLModel, table=True):
    """A group of customers. By `conditions`, all of which must hold; or `kept_by` another room, which sets its members.

    A deleted one stays without members: its key is not given again, since awards remember who was in it.
    """

    __tablename__ = "segment"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("(conditions IS NULL) = (kept_by IS NOT NULL)", name="by_conditions_or_kept"),
        CheckConstraint("segment_key ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="key_is_a_slug"),
        CheckConstraint("customers >= 0", name="customers_not_negative"),
    )

    program_id: int = Field(primary_key=True)
    segment_key: str = Field(primary_key=True)
    name: str
    conditions: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    kept_by: str | None = None
    # Rises with every edit: a refresh that began before it has nothing to say.
    version: int = Field(default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})
    # As of `refreshed_at`, by the programme's clock; null: never yet.
    customers: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    refreshed_at: datetime | None = Field(default=None, sa_type=Instant)
    # Somebody wants it refreshed before the night.
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    deleted_at: datetime | None = Field(default=None, sa_type=Instant)


class SegmentMember(SQLModel, table=True):
    """Somebody who is in a segment, and since which refresh."""

    __tablename__ = "segment_member"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "segment_key"], ["segment.program_id", "segment.segment_key"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        Index("segment_member_customer_ix", "program_id", "customer_id", "segment_key"),
    )

    program_id: int = Field(primary_key=True)
    segment_key: str = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=Instant)
