"""Actions as they were told, once each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from loyalty.database import Instant
from loyalty.points.tables import ACCOUNT_KEY, AWARD_KEY


class Action(SQLModel, table=True):
    """Something that a member did, by the storefront's own id of it; storefront 0 is the service itself."""

    __tablename__ = "action"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="action_account_fk"),
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="action_award_fk"),
        Index("action_customer_ix", "program_id", "customer_id", "performed_at"),
    )

    program_id: int = Field(primary_key=True)
    storefront_id: int = Field(primary_key=True)
    action_id: str = Field(primary_key=True)
    customer_id: UUID
    action: str
    performed_at: datetime = Field(sa_type=Instant)
    award_id: UUID
    fingerprint: bytes = Field(sa_type=LargeBinary)
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)
