"""The staging of imports: a file, and those of its rows that are still to do or were refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

_NO = {"server_default": text("false")}
_ZERO = {"server_default": text("0")}


class Import(SQLModel, table=True):
    """One file brought in; `sha256` is of its bytes as they lie.

    While it is unfinished, the same file again goes on with it, so there is at most one such row. One of the command
    line appears together with its rows, in one commit. One that was `sent` over HTTP is there from its first byte on:
    `sha256` is null until the last, `staged_at` until the worker has laid its rows out. `ended`: it was given up.
    """

    __tablename__ = "import"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        CheckConstraint("recorded >= 0 AND unchanged >= 0 AND errors >= 0", name="counts_are_not_negative"),
        CheckConstraint("recorded + unchanged + errors <= rows", name="counts_are_within_rows"),
        CheckConstraint(
            "finished_at IS NULL OR ended IS NOT NULL OR recorded + unchanged + errors = rows",
            name="finished_ones_are_whole",
        ),
        CheckConstraint("format IN ('csv', 'ndjson')", name="format_is_known"),
        CheckConstraint("ended IN ('failed', 'cancelled')", name="ended_is_known"),
        CheckConstraint("ended IS NULL OR finished_at IS NOT NULL", name="ended_ones_are_finished"),
        CheckConstraint("(ended IS NOT DISTINCT FROM 'failed') = (error IS NOT NULL)", name="failed_says_why"),
        Index(
            "import_goes_on_once",
            "program_id",
            "kind",
            "storefront_id",
            "sha256",
            "sent",
            "dry_run",
            "dated_now",
            unique=True,
            postgresql_where=text("finished_at IS NULL AND sha256 IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    program_id: int = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    # A name of the registry in `kind.py`.
    kind: str
    # Null: what is brought in belongs to no storefront.
    storefront_id: int | None = None
    file_name: str
    sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    rows: int = 0
    recorded: int = 0
    unchanged: int = 0
    errors: int = 0
    # Columns that came to nothing, wholly or in some rows.
    ignored: list[str] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": text("now()")})
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    sent: bool = Field(default=False, sa_column_kwargs=_NO)
    format: str = Field(default="csv", sa_column_kwargs={"server_default": text("'csv'")})
    # Everything is checked, and nothing recorded: `recorded` then counts what would have been.
    dry_run: bool = Field(default=False, sa_column_kwargs=_NO)
    dated_now: bool = Field(default=False, sa_column_kwargs=_NO)
    namespace: str = Field(default="default", sa_column_kwargs={"server_default": text("'default'")})
    actor: str | None = None
    bytes_sent: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    bytes_read: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    # The names of the columns, for the file of refused rows.
    header: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    staged_at: datetime | None = Field(default=None, sa_type=Instant)
    ended: str | None = None
    error: str | None = None


class ImportPart(SQLModel, table=True):
    """A piece of a file that was sent, until its rows are laid out."""

    __tablename__ = "import_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "import_id"], ["import.program_id", "import.import_id"], ondelete="CASCADE"
        ),
    )

    program_id: int = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    part: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class ImportRow(SQLModel, table=True):
    """One line that is still to do (`code` null), or that was refused, with the reason and without what it said.

    A line that was recorded is deleted in the commit that records it: what it became is in the ledger.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "import_id"], ["import.program_id", "import.import_id"], ondelete="CASCADE"
        ),
        CheckConstraint("(code IS NULL) = (item IS NOT NULL AND sort_at IS NOT NULL)", name="to_do_or_refused"),
        CheckConstraint("(code IS NULL) = (message IS NULL)", name="refusals_say_why"),
        Index(
            "import_row_to_do_ix",
            "program_id",
            "import_id",
            "sort_at",
            "external_id",
            "row",
            postgresql_where=text("code IS NULL"),
        ),
    )

    program_id: int = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    # The line of the file at which it begins; the header is line 1.
    row: int = Field(primary_key=True)
    # When it happened: rows are worked off in this order, whatever the order of the file.
    sort_at: datetime | None = Field(default=None, sa_type=Instant)
    external_id: str
    item: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    code: str | None = None
    message: str | None = None
    # The column that is wrong, where it is one.
    column_name: str | None = None
    # What the file said, as a JSON array: of files that were sent, so that refused rows can be repaired.
    cells: str | None = None
