"""Holdouts, who was drawn into which arm, and who joined all the same."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

LONGEST_REASON = 500


class Holdout(SQLModel, table=True):
    """A share of the customers who were no members when it began is not offered the programme until it ends.

    Whom it holds out is told by `salt` and the customer's id from `started_at` on; `drawn_at` is when all arms had been
    written down, too, and counted. `ends_at` is fixed at the start, and never moved; `ended_at` is when it was stopped,
    or when another one began.
    """

    __tablename__ = "holdout"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("holdout_bp > 0 AND holdout_bp < 10000", name="share_is_a_part"),
        CheckConstraint("ends_at > started_at", name="ends_after_it_began"),
        CheckConstraint("offered >= 0 AND held_out >= 0", name="arms_not_negative"),
        Index("holdout_one_at_a_time", "program_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    program_id: int = Field(primary_key=True)
    holdout_id: UUID = Field(primary_key=True)
    salt: str
    holdout_bp: int
    weeks: int
    # As they were drawn; 0 until then.
    offered: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    held_out: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    drawn_at: datetime | None = Field(default=None, sa_type=Instant)
    started_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    started_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None


class HoldoutArm(SQLModel, table=True):
    """Into which arm a customer was drawn: for good, whatever happens later."""

    __tablename__ = "holdout_arm"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "holdout_id"], ["holdout.program_id", "holdout.holdout_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        CheckConstraint("arm IN ('offered', 'held_out')", name="arm_is_known"),
        Index("holdout_arm_customer_ix", "program_id", "customer_id"),
    )

    program_id: int = Field(primary_key=True)
    holdout_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    arm: str


class HoldoutOverride(SQLModel, table=True):
    """Somebody who was held out and joined all the same, and why. The arm stays: who is drawn counts where drawn."""

    __tablename__ = "holdout_override"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "holdout_id"], ["holdout.program_id", "holdout.holdout_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        CheckConstraint(f"length(reason) <= {LONGEST_REASON}", name="reason_is_short"),
        Index("holdout_override_customer_ix", "program_id", "customer_id"),
    )

    program_id: int = Field(primary_key=True)
    membership_id: UUID = Field(primary_key=True)
    holdout_id: UUID
    customer_id: UUID
    # Null: forgotten with the person.
    reason: str | None = None
    actor: str
    recorded_at: datetime = Field(sa_type=Instant)
