"""Exports: what was asked, by whom, how far it is, and the file, in pieces."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, LargeBinary, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

_ZERO = {"server_default": text("0")}


class Export(SQLModel, table=True):
    """A file that somebody asked for. `run_id`: the job's run that writes it; each piece is guarded by it.

    `expired`: its time is over, or a person in it was erased since; the file is gone.
    """

    __tablename__ = "export"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        CheckConstraint("format IN ('csv', 'ndjson')", name="format_is_known"),
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')", name="state_is_known"
        ),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_says_why"),
        CheckConstraint("(state IN ('queued', 'running')) = (ended_at IS NULL)", name="ended_has_a_time"),
        CheckConstraint("from_on <= to_on", name="days_in_order"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    program_id: int = Field(primary_key=True)
    export_id: UUID = Field(primary_key=True)
    # A name of the registry in `kind.py`.
    kind: str
    format: str
    # Null: what is in it belongs to no storefront.
    storefront_id: int | None = None
    # In which the shop's ids of customers are told.
    namespace: str
    from_on: date | None = None
    to_on: date | None = None
    segment: str | None = None
    state: str = Field(default="queued", sa_column_kwargs={"server_default": text("'queued'")})
    rows: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    total: int | None = Field(default=None, sa_type=BigInteger)
    size_bytes: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    error: str | None = None
    run_id: UUID | None = None
    asked_by: str
    asked_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": text("now()")})
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)


class ExportPart(SQLModel, table=True):
    """A piece of a file, packed."""

    __tablename__ = "export_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "export_id"], ["export.program_id", "export.export_id"], ondelete="CASCADE"
        ),
    )

    program_id: int = Field(primary_key=True)
    export_id: UUID = Field(primary_key=True)
    part: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)
