"""Tiers: the versions of a programme's scheme, what each day counts, where each customer stands, and every change."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant
from loyalty.points.tables import ACCOUNT_KEY, AWARD_KEY, ZERO

CAUSES = ("reached", "period", "floor", "floor_ended", "scheme", "merged", "erased")


class TierScheme(SQLModel, table=True):
    """One published version of a programme's tiers; the newest is in force. `scheme`: as `tiers/scheme.py` has it."""

    __tablename__ = "tier_scheme"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
    )

    program_id: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    scheme: dict[str, Any] = Field(sa_type=JSONB)
    actor: str
    published_at: datetime = Field(sa_type=Instant)


class TierDay(SQLModel, table=True):
    """What a customer's local day counts: points due by its purchases and actions, and money kept of the purchases.

    A sum over decisions, kept from the programme's first scheme on; refunds and edits change the purchase's day.
    """

    __tablename__ = "tier_day"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="tier_day_account_fk"),
        CheckConstraint("points >= 0 AND spent_minor >= 0", name="nothing_counts_against"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    points: int = Field(sa_type=BigInteger)
    spent_minor: int = Field(sa_type=BigInteger)


class TierStanding(SQLModel, table=True):
    """Where a customer stands; a cache of days, changes and scheme, but for the floor. Gone with an erasure.

    `tier` is what is held: the better of `earned_tier` and the floor. `below_since`: the first day of grace.
    """

    __tablename__ = "tier_standing"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="tier_standing_account_fk"),
        CheckConstraint(
            "(floor_tier IS NULL) = (floor_reason IS NULL) AND (floor_tier IS NULL) = (floor_actor IS NULL)"
            " AND (floor_tier IS NULL) = (floor_set_at IS NULL)",
            name="floor_says_why_and_who",
        ),
        CheckConstraint("floor_until IS NULL OR floor_tier IS NOT NULL", name="only_floors_end"),
        CheckConstraint("changes >= 0", name="changes_are_counted"),
        Index("tier_standing_review_ix", "program_id", "review_on"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    tier: str | None = None
    earned_tier: str | None = None
    since: datetime | None = Field(default=None, sa_type=Instant)
    below_since: date | None = None
    # At the first instant of this day something may change; null: not by time alone.
    review_on: date | None = None
    floor_tier: str | None = None
    floor_until: date | None = None
    floor_reason: str | None = None
    floor_actor: str | None = None
    floor_set_at: datetime | None = Field(default=None, sa_type=Instant)
    scheme_version: int
    changes: int = Field(default=0, sa_column_kwargs=ZERO)


class TierChange(SQLModel, table=True):
    """A change of a customer's tier, added and never changed: from when on, and when it became known.

    The tier held at an instant, as known now, is that of the last row by `seq` that was effective by then.
    """

    __tablename__ = "tier_change"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="tier_change_account_fk"),
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="tier_change_award_fk"),
        CheckConstraint("tier_from IS DISTINCT FROM tier_to", name="tier_changes"),
        CheckConstraint(f"cause IN ({', '.join(repr(cause) for cause in CAUSES)})", name="cause_is_known"),
        CheckConstraint("effective_at <= recorded_at", name="effective_when_recorded"),
        Index("tier_change_effective_ix", "program_id", "effective_at"),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    tier_from: str | None = None
    tier_to: str | None = None
    effective_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    cause: str
    scheme_version: int
    award_id: UUID | None = None
