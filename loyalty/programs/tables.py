"""What a merchant's installation is made of: programmes and their storefronts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Interval, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.clock import utc_now
from loyalty.database import Instant


class Program(SQLModel, table=True):
    """A loyalty programme: one currency, one time zone, its own everything. Owned by the installation."""

    __tablename__ = "program"
    __table_args__ = (
        UniqueConstraint("name", name="program_name_is_taken_once"),
        CheckConstraint("mode IN ('live', 'test')", name="mode_is_known"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        CheckConstraint("mode = 'test' OR clock_offset = interval '0'", name="only_test_clocks_move"),
        ForeignKeyConstraint(["twin_of"], ["program.program_id"], name="program_twin_of_fk"),
        UniqueConstraint("twin_of", name="program_has_one_twin"),
        CheckConstraint("twin_of IS NULL OR mode = 'test'", name="twins_are_for_tests"),
    )

    program_id: int | None = Field(default=None, primary_key=True, sa_column_args=[Identity()])
    name: str
    mode: str = "live"
    currency: str
    timezone: str
    # The live programme that this one is the test mode of.
    twin_of: int | None = None
    clock_offset: timedelta = Field(
        default=timedelta(), sa_type=Interval, sa_column_kwargs={"server_default": text("'0'")}
    )
    # The period on which the panel opens, "2017-12"; null: the last complete month with enough purchases.
    default_period: str | None = None
    # Where the data comes from, {"en": …, "fr": …}, shown over every figure of a sample.
    data_origin: dict[str, str] | None = Field(default=None, sa_type=JSONB)
    policies: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")}
    )
    # The key of the hashes of erased persons' ids; two random UUIDs.
    erasure_key: bytes = Field(
        default=None,
        sa_type=LargeBinary,
        sa_column_kwargs={
            "server_default": text("uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"),
            "nullable": False,
        },
    )
    created_at: datetime = Field(
        default_factory=utc_now, sa_type=Instant, sa_column_kwargs={"server_default": text("now()")}
    )


class Storefront(SQLModel, table=True):
    """A web shop or till of a programme. Its orders are numbered by itself; its customers' ids live in `namespace`."""

    __tablename__ = "storefront"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        UniqueConstraint("program_id", "name", name="storefront_name_is_taken_once"),
    )

    program_id: int = Field(primary_key=True)
    storefront_id: int | None = Field(default=None, primary_key=True, sa_column_args=[Identity()])
    name: str
    namespace: str = Field(default="default", sa_column_kwargs={"server_default": text("'default'")})
    created_at: datetime = Field(
        default_factory=utc_now, sa_type=Instant, sa_column_kwargs={"server_default": text("now()")}
    )
