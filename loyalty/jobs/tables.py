"""When each job is due, who has it now, and how it went. Owned by the installation: workers ask across programmes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Integer, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

LONGEST_ERROR = 500


class Schedule(SQLModel, table=True):
    """One job of one programme, or of the installation (`program_id` 0, so that it can be part of the key).

    While a lease is on it, `next_at` is already the time after; `attempts` are the starts since the last success. An
    error stays after a later success, to be looked at.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        CheckConstraint("(lease_until IS NULL) = (run_id IS NULL)", name="lease_is_of_a_run"),
        CheckConstraint("(run_id IS NULL) = (leased_by IS NULL)", name="run_is_of_a_worker"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint(f"length(last_error) <= {LONGEST_ERROR}", name="error_is_short"),
        # Every run updates its row, several times a minute.
        {"postgresql_with": {"fillfactor": "50"}},
    )

    job: str = Field(primary_key=True)
    program_id: int = Field(primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False})
    next_at: datetime = Field(sa_type=Instant)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    leased_by: str | None = None
    run_id: UUID | None = None
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    last_started_at: datetime | None = Field(default=None, sa_type=Instant)
    last_succeeded_at: datetime | None = Field(default=None, sa_type=Instant)
    last_failed_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = None
