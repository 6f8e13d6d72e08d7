"""The earning rules of a programme, in published versions that never change."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.clock import utc_now
from loyalty.database import Instant


class EarningRules(SQLModel, table=True):
    """One published version: the rules in force for purchases placed from `in_force_from` until the next version's."""

    __tablename__ = "earning_rules"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
        CheckConstraint("version = 1 OR in_force_from >= published_at", name="later_versions_start_later"),
    )

    program_id: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    # Null only for the first version: in force since ever.
    in_force_from: datetime | None = Field(default=None, sa_type=Instant)
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    published_at: datetime = Field(
        default_factory=utc_now, sa_type=Instant, sa_column_kwargs={"server_default": text("now()")}
    )
