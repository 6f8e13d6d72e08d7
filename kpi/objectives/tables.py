"""Objectives that were set."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Numeric
from sqlmodel import Field, SQLModel

from loyalty.database import Instant


class Objective(SQLModel, table=True):
    """What a key figure is to reach by a local day, for all, members or non-members.

    `target` is in the measure's own unit: a share of 1, minor units, days, or a number.
    """

    __tablename__ = "objective"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("due_on > set_on", name="due_later"),
        CheckConstraint("side IN ('all', 'member', 'non_member')", name="side_is_known"),
    )

    program_id: int = Field(primary_key=True)
    objective_id: UUID = Field(primary_key=True)
    kpi_key: str
    side: str
    target: Decimal = Field(sa_type=Numeric)
    due_on: date
    set_on: date
    set_by: str
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
