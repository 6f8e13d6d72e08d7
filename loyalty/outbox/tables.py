"""The news of the ledger: what happened, and who has yet to be told.

Events are only ever added; `migrations/` gives the service no right to do more.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant


class Event(SQLModel, table=True):
    """What happened, for whoever is told later. `subject` names the row it is about: `purchase/{purchase_id}`."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("origin IN ('live', 'import', 'simulated')", name="origin_is_known"),
        Index("event_recorded_ix", "program_id", "recorded_at"),
    )

    program_id: int = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    type: str
    subject: str
    customer_id: UUID | None = None
    account_version: int | None = Field(default=None, sa_type=BigInteger)
    award_id: UUID | None = None
    origin: str
    recorded_at: datetime = Field(sa_type=Instant)


class Outbox(SQLModel, table=True):
    """An event that a registered consumer has not had yet; gone when it has."""

    __tablename__ = "outbox"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "event_id"], ["event.program_id", "event.event_id"], ondelete="CASCADE"),
    )

    program_id: int = Field(primary_key=True)
    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)


class ConsumerBuilt(SQLModel, table=True):
    """That a consumer has had all there was before its first event. Without the row it is rebuilt, then told."""

    __tablename__ = "consumer_built"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    consumer: str = Field(primary_key=True)
    built_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": text("now()")})


class Notice(SQLModel, table=True):
    """What was told once, and is not told again: a job found it (`kind`) about something (`subject`)."""

    __tablename__ = "notice"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    recorded_at: datetime = Field(sa_type=Instant)
