"""What staff did about members, in words."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from loyalty.database import Instant
from loyalty.points.tables import AWARD_KEY


class Adjustment(SQLModel, table=True):
    """Why staff gave or took points. Beside the award, because the reason is free text and may have to be blanked."""

    __tablename__ = "adjustment"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="adjustment_award_fk"),
        CheckConstraint("points <> 0", name="points_are_not_zero"),
        Index("adjustment_account_ix", "program_id", "customer_id"),
    )

    program_id: int = Field(primary_key=True)
    award_id: UUID = Field(primary_key=True)
    customer_id: UUID
    points: int = Field(sa_type=BigInteger)
    # Null: blanked when the person was erased.
    reason: str | None = None
    recorded_at: datetime = Field(sa_type=Instant)


class OpeningBalance(SQLModel, table=True):
    """Points that somebody brought along from another programme, once: `digest` is of the row's own id.

    The digest leads to the customer, so the row goes with the person.
    """

    __tablename__ = "opening_balance"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="opening_balance_award_fk"),
        CheckConstraint("points > 0", name="points_are_positive"),
        Index("opening_balance_account_ix", "program_id", "customer_id"),
    )

    program_id: int = Field(primary_key=True)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    customer_id: UUID
    award_id: UUID
    points: int = Field(sa_type=BigInteger)
    recorded_at: datetime = Field(sa_type=Instant)
