"""Estimates of the programme's effect, and the classes of spend that they keep to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

LONGEST_ERROR = 500


class ImpactEstimate(SQLModel, table=True):
    """An estimate that was asked for. `result` holds what it was made of, too: it is never computed over.

    `run_id`: the job's run that works on it; one that lost it finds so by its next word of progress.
    """

    __tablename__ = "impact_estimate"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state_is_known"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_a_result"),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_says_why"),
        CheckConstraint("(state IN ('queued', 'running')) = (ended_at IS NULL)", name="ended_has_a_time"),
        CheckConstraint("done >= 0 AND total >= 0", name="progress_not_negative"),
        CheckConstraint(f"length(error) <= {LONGEST_ERROR}", name="error_is_short"),
        Index(
            "impact_estimate_to_do_ix",
            "program_id",
            "asked_at",
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    program_id: int = Field(primary_key=True)
    estimate_id: UUID = Field(primary_key=True)
    state: str = Field(default="queued", sa_column_kwargs={"server_default": text("'queued'")})
    done: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    total: int | None = Field(default=None, sa_type=BigInteger)
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    error: str | None = None
    run_id: UUID | None = None
    # A key or a person, as in the ledger, or `schedule`.
    asked_by: str
    asked_at: datetime = Field(sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class ImpactCuts(SQLModel, table=True):
    """Where a programme's classes of spend begin, in minor units: septiles, computed once and kept."""

    __tablename__ = "impact_cuts"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("cardinality(cuts) = 6", name="seven_classes"),
    )

    program_id: int = Field(primary_key=True)
    cuts: list[int] = Field(sa_type=ARRAY(BigInteger))
    computed_at: datetime = Field(sa_type=Instant)


class ImpactMeasurement(SQLModel, table=True):
    """What was read of a holdout, as known at `as_of`: the lot while it runs, and the effect once its day had come.

    `final`: its day had come. From then on it stays, whatever is told later of the days it is about.
    """

    __tablename__ = "impact_measurement"
    __table_args__ = (ForeignKeyConstraint(["program_id", "holdout_id"], ["holdout.program_id", "holdout.holdout_id"]),)

    program_id: int = Field(primary_key=True)
    holdout_id: UUID = Field(primary_key=True)
    as_of: datetime = Field(sa_type=Instant)
    method: int
    final: bool
    result: dict[str, Any] = Field(sa_type=JSONB)
