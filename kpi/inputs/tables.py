"""Versions of what was entered. Only added to, but for leads, in which a person is forgotten."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Numeric
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

SPEND_KINDS = ("acquisition", "enrolment", "running")


class Spend(SQLModel, table=True):
    """Money spent, booked on a local day; in minor units of the programme's currency."""

    __tablename__ = "kpi_spend"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("kind IN ('acquisition', 'enrolment', 'running')", name="kind_is_known"),
        CheckConstraint("amount_minor >= 0", name="amount_is_not_negative"),
    )

    program_id: int = Field(primary_key=True)
    spend_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    kind: str
    booked_on: date
    amount_minor: int = Field(sa_type=BigInteger)
    channel: str | None = None
    note: str | None = None
    withdrawn: bool = False
    actor: str
    recorded_at: datetime = Field(sa_type=Instant)


class Lead(SQLModel, table=True):
    """Somebody who might become a customer, linked to one by the shop's id or by e-mail, whenever that one appears.

    When the person is forgotten, both go, and `customer_id` stays in their place.
    """

    __tablename__ = "kpi_lead"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        Index("kpi_lead_created_ix", "program_id", "created_at"),
    )

    program_id: int = Field(primary_key=True)
    lead_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    created_at: datetime = Field(sa_type=Instant)
    channel: str | None = None
    qualified: bool
    namespace: str
    external_id: str | None = None
    email: str | None = None
    customer_id: UUID | None = None
    withdrawn: bool = False
    actor: str
    recorded_at: datetime = Field(sa_type=Instant)


class UnitCost(SQLModel, table=True):
    """What a unit of an article costs the shop, from a local day until the next such row; a line's own cost wins."""

    __tablename__ = "kpi_unit_cost"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("unit_cost_minor >= 0", name="cost_is_not_negative"),
    )

    program_id: int = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    from_on: date = Field(primary_key=True)
    version: int = Field(primary_key=True)
    unit_cost_minor: int = Field(sa_type=BigInteger)
    withdrawn: bool = False
    actor: str
    recorded_at: datetime = Field(sa_type=Instant)


class PointCost(SQLModel, table=True):
    """What a redeemed point costs, in minor units, and the share never redeemed; from a local day until the next."""

    __tablename__ = "kpi_point_cost"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("cost_minor >= 0", name="cost_is_not_negative"),
        CheckConstraint("breakage BETWEEN 0 AND 1", name="breakage_is_a_share"),
    )

    program_id: int = Field(primary_key=True)
    from_on: date = Field(primary_key=True)
    version: int = Field(primary_key=True)
    cost_minor: Decimal = Field(sa_type=Numeric)
    breakage: Decimal = Field(sa_type=Numeric)
    withdrawn: bool = False
    actor: str
    recorded_at: datetime = Field(sa_type=Instant)
