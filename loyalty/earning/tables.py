"""The earning rules of a programme: published versions that never change, drafts, and what is held under caps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.clock import utc_now
from loyalty.database import Instant
from loyalty.points.tables import ACCOUNT_KEY


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
    name: str | None = None
    # A key or a person, as in the ledger; null: the programme's birth.
    published_by: str | None = None


class EarningDraft(SQLModel, table=True):
    """A version in the making; published or deleted, it is gone. `version` rises with every edit: nobody overwrites."""

    __tablename__ = "earning_draft"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    draft_id: UUID = Field(primary_key=True)
    name: str
    rules: list[dict[str, Any]] = Field(sa_type=JSONB)
    in_force_from: datetime | None = Field(default=None, sa_type=Instant)
    # The version that it was copied from, if any.
    based_on: int | None = None
    version: int = Field(default=1, sa_type=BigInteger)
    updated_at: datetime = Field(sa_type=Instant)
    updated_by: str


class CapUse(SQLModel, table=True):
    """What a customer holds under a rule that counts within a period, written with the account's version.

    `@first_purchase` in the period `ever` marks who was merged with somebody whose purchases could earn.
    """

    __tablename__ = "cap_use"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="cap_use_account_fk"),
        CheckConstraint("points >= 0", name="points_not_negative"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    rule_id: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    points: int = Field(sa_type=BigInteger)
