"""Back-tests: what was asked, by whom, how far it is, and what it came to."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

LONGEST_ERROR = 500


class Backtest(SQLModel, table=True):
    """Rules tried on past purchases. `rules` are kept as they were then: the draft goes on without it.

    `run_id`: the job's run that works on it; one that lost it finds so by its next word of progress.
    """

    __tablename__ = "backtest"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("from_on <= to_on", name="days_in_order"),
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state_is_known"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_a_result"),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_says_why"),
        CheckConstraint("(state IN ('queued', 'running')) = (ended_at IS NULL)", name="ended_has_a_time"),
        CheckConstraint("done >= 0 AND total >= 0", name="progress_not_negative"),
        CheckConstraint("point_cost_minor >= 0", name="cost_is_not_negative"),
        CheckConstraint(f"length(error) <= {LONGEST_ERROR}", name="error_is_short"),
        Index(
            "backtest_to_do_ix",
            "program_id",
            "asked_at",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    program_id: int = Field(primary_key=True)
    backtest_id: UUID = Field(primary_key=True)
    name: str
    draft_id: UUID | None = None
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    from_on: date
    to_on: date
    point_cost_minor: Decimal | None = Field(default=None, sa_type=Numeric)
    state: str = Field(default="queued", sa_column_kwargs={"server_default": text("'queued'")})
    done: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    total: int | None = Field(default=None, sa_type=BigInteger)
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    error: str | None = None
    run_id: UUID | None = None
    # A key or a person, as in the ledger.
    asked_by: str
    asked_at: datetime = Field(sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
