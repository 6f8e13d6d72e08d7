"""Persons as a programme knows them, and when they were members of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.customers.finding import WORDS
from loyalty.database import Instant

CUSTOMER_KEY = ["customer.program_id", "customer.customer_id"]


class Customer(SQLModel, table=True):
    """A person, member or not. What the shop told last about them; the ledger itself holds none of it."""

    __tablename__ = "customer"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "merged_into"], CUSTOMER_KEY, name="customer_merged_into_fk"),
        CheckConstraint("(merged_into IS NULL) = (merged_at IS NULL)", name="merge_has_a_time"),
        Index("customer_merged_ix", "program_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        # Every word of the name, and the e-mail: how people are looked for (`finding.py`).
        Index("customer_words_ix", text(WORDS), postgresql_using="gin", postgresql_with={"fastupdate": False}),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    email: str | None = None
    name: str | None = None
    language: str | None = None
    birthday_on: date | None = None
    consent: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    recorded_at: datetime = Field(sa_type=Instant)
    merged_into: UUID | None = None
    merged_at: datetime | None = Field(default=None, sa_type=Instant)
    erased_at: datetime | None = Field(default=None, sa_type=Instant)


class CustomerAlias(SQLModel, table=True):
    """`(namespace, external_id)`: the id by which a shop calls a customer."""

    __tablename__ = "customer_alias"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY),
        Index("customer_alias_customer_ix", "program_id", "customer_id"),
        Index(
            "customer_alias_found_ix",
            "program_id",
            literal_column("lower(external_id)").label("found"),
            postgresql_ops={"found": "text_pattern_ops"},
        ),
    )

    program_id: int = Field(primary_key=True)
    namespace: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    customer_id: UUID


class ErasedAlias(SQLModel, table=True):
    """The keyed hash of an id by which a shop called somebody who was erased: a re-import makes no new customer."""

    __tablename__ = "erased_alias"
    __table_args__ = (ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY),)

    program_id: int = Field(primary_key=True)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    customer_id: UUID


class Membership(SQLModel, table=True):
    """An interval `[joined_at, left_at)`, corrected by adding: leaving supersedes the open row with a closed one."""

    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY),
        CheckConstraint("left_at > joined_at", name="leaves_after_joining"),
        CheckConstraint("superseded_at >= recorded_at", name="superseded_after_recorded"),
        Index(
            "membership_joined_once",
            "program_id",
            "customer_id",
            "joined_at",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("membership_history_ix", "program_id", "customer_id", "joined_at"),
        # Few ever leave: the newest of them are found without a look at everybody.
        Index(
            "membership_left_ix",
            "program_id",
            "customer_id",
            postgresql_where=text("superseded_at IS NULL AND left_at IS NOT NULL"),
        ),
    )

    program_id: int = Field(primary_key=True)
    membership_id: UUID = Field(primary_key=True)
    customer_id: UUID
    joined_at: datetime = Field(sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    referral_code: str | None = None
    fingerprint: bytes = Field(sa_type=LargeBinary)
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)
