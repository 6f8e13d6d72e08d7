"""What the worker keeps of days and months. All of it is made from the rows, and can be made again."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant


class KpiRollup(SQLModel, table=True):
    """One build for a programme: by which zone and definitions. `version` rises with every commit that changes days.

    `next_number` rises with every change of the customers' numbers, also where none is given out.
    """

    __tablename__ = "kpi_rollup"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    build_id: UUID
    timezone: str
    kpi_version: int
    version: int = Field(sa_type=BigInteger)
    next_number: int = Field(sa_type=BigInteger)


class KpiCustomer(SQLModel, table=True):
    """A customer's dense number. Who was merged into another has that one's, and does not survive."""

    __tablename__ = "kpi_customer"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("number BETWEEN 0 AND 4294967295", name="number_fits_a_set"),
        Index("kpi_customer_number_ix", "program_id", "number"),
        Index("kpi_customer_numbered_once", "program_id", "number", unique=True, postgresql_where=text("survives")),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    survives: bool


class KpiSpan(SQLModel, table=True):
    """What can be summed of a day or a month: qualifying purchases by status at their instant; money in minor units.

    `lined` counts all purchases that tell their lines. Gaps end at a purchase of the span: how many lasted 0 to 180
    whole days, or longer, are 182 numbers of 8 bytes, big-endian; empty where there are none. What lines say, from
    `member_sold` on, and points are told in `sums.py`. `newcomers`: when each joined, left and first redeemed, 3
    numbers of 8 bytes.
    """

    __tablename__ = "kpi_span"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("grain IN ('day', 'month')", name="grain_is_known"),
    )

    program_id: int = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    first_on: date = Field(primary_key=True)
    # The programme's version when it was counted.
    version: int = Field(sa_type=BigInteger)
    member_orders: int = Field(sa_type=BigInteger)
    member_net_minor: int = Field(sa_type=BigInteger)
    other_orders: int = Field(sa_type=BigInteger)
    other_net_minor: int = Field(sa_type=BigInteger)
    anonymous_orders: int = Field(sa_type=BigInteger)
    anonymous_net_minor: int = Field(sa_type=BigInteger)
    anonymous_net_squared: Decimal = Field(sa_type=Numeric)
    left_out: int = Field(sa_type=BigInteger)
    lined: int = Field(sa_type=BigInteger)
    member_rewards_minor: int = Field(sa_type=BigInteger)
    first_net_minor: int = Field(sa_type=BigInteger)
    member_gap_seconds: int = Field(sa_type=BigInteger)
    other_gap_seconds: int = Field(sa_type=BigInteger)
    member_gaps: bytes = Field(sa_type=LargeBinary)
    other_gaps: bytes = Field(sa_type=LargeBinary)
    member_sold: int = Field(sa_type=BigInteger)
    member_returned: int = Field(sa_type=BigInteger)
    member_back: int = Field(sa_type=BigInteger)
    other_sold: int = Field(sa_type=BigInteger)
    other_returned: int = Field(sa_type=BigInteger)
    other_back: int = Field(sa_type=BigInteger)
    told: int = Field(sa_type=BigInteger)
    untold: int = Field(sa_type=BigInteger)
    member_cost_minor: int = Field(sa_type=BigInteger)
    member_covered_minor: int = Field(sa_type=BigInteger)
    other_cost_minor: int = Field(sa_type=BigInteger)
    other_covered_minor: int = Field(sa_type=BigInteger)
    first_cost_minor: int = Field(sa_type=BigInteger)
    first_covered_minor: int = Field(sa_type=BigInteger)
    points_issued: int = Field(sa_type=BigInteger)
    points_redeemed: int = Field(sa_type=BigInteger)
    points_restored: int = Field(sa_type=BigInteger)
    points_expired: int = Field(sa_type=BigInteger)
    points_forfeited: int = Field(sa_type=BigInteger)
    points_clawed_back: int = Field(sa_type=BigInteger)
    points_held: int = Field(sa_type=BigInteger)
    points_debt: int = Field(sa_type=BigInteger)
    newcomers: bytes = Field(sa_type=LargeBinary)


class KpiSpanSet(SQLModel, table=True):
    """Who did something in a day or a month: a roaring bitmap of customers' numbers. Empty ones are not kept."""

    __tablename__ = "kpi_span_set"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "grain", "first_on"],
            ["kpi_span.program_id", "kpi_span.grain", "kpi_span.first_on"],
            name="kpi_span_set_span_fk",
            ondelete="CASCADE",
        ),
    )

    program_id: int = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    first_on: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    customers: bytes = Field(sa_type=LargeBinary)


class KpiPointsFlow(SQLModel, table=True):
    """How many points went from one code to another on a day, by the kind of their entries."""

    __tablename__ = "kpi_points_flow"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    local_day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    debit_code: str = Field(primary_key=True)
    credit_code: str = Field(primary_key=True)
    points: int = Field(sa_type=BigInteger)


class KpiDirty(SQLModel, table=True):
    """A day to be counted anew, for something recorded then. Every event adds its own, so nobody waits for another."""

    __tablename__ = "kpi_dirty"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    mark_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    local_day: date
    recorded_at: datetime = Field(sa_type=Instant)


class KpiSnapshot(SQLModel, table=True):
    """What a measure came to over a period when the worker counted it by customer: figures with their intervals.

    `was` is what a period that was over had come to first, where it came to something else later (`restated_at`).
    """

    __tablename__ = "kpi_snapshot"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("start_on < end_on", name="period_is_in_order"),
        CheckConstraint("(was IS NULL) = (restated_at IS NULL)", name="restated_has_a_time"),
    )

    program_id: int = Field(primary_key=True)
    start_on: date = Field(primary_key=True)
    end_on: date = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    kpi_version: int
    # The highest version of the days that it is about, when they were counted.
    seen_version: int = Field(sa_type=BigInteger)
    computed_at: datetime = Field(sa_type=Instant)
    # Up to here everything was counted.
    watermark: datetime = Field(sa_type=Instant)
    figures: dict[str, Any] = Field(sa_type=JSONB)
    was: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    restated_at: datetime | None = Field(default=None, sa_type=Instant)


class KpiWanted(SQLModel, table=True):
    """A period of which somebody saw a figure without its interval."""

    __tablename__ = "kpi_wanted"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    start_on: date = Field(primary_key=True)
    end_on: date = Field(primary_key=True)
