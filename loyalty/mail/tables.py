"""What is to be mailed, and that it was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

_NOW = {"server_default": text("clock_timestamp()")}


class Mail(SQLModel, table=True):
    """One letter to one person. Its words and the address are there only until it is sent, or given up."""

    __tablename__ = "mail"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state_is_known"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_has_a_time"),
        CheckConstraint("(state = 'queued') = (letter IS NOT NULL)", name="words_go_with_the_sending"),
        Index("mail_queue_ix", "program_id", "next_at", postgresql_where=text("state = 'queued'")),
        Index("mail_customer_ix", "program_id", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    program_id: int = Field(primary_key=True)
    mail_id: UUID = Field(primary_key=True)
    kind: str
    customer_id: UUID | None = None
    # JSON of the whole letter, address included.
    letter: str | None = None
    state: str = Field(default="queued", sa_column_kwargs={"server_default": text("'queued'")})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    # The last refusal of the mail server, by its number only: its words quote people's addresses.
    error: str | None = None
    recorded_at: datetime = Field(sa_type=Instant, sa_column_kwargs=_NOW)
    next_at: datetime = Field(sa_type=Instant, sa_column_kwargs=_NOW)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
