"""The staging of imports: one row a line of the file, with what came of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant


class Import(SQLModel, table=True):
    """One file brought in. The same file again resumes an unfinished one; `sha256` is of its bytes as they lie."""

    __tablename__ = "import"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        CheckConstraint("kind IN ('members', 'purchases', 'refunds')", name="kind_is_known"),
        CheckConstraint("state IN ('staging', 'working', 'done')", name="state_is_known"),
    )

    program_id: int = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    kind: str
    storefront_id: int | None = None
    file_name: str
    sha256: bytes = Field(sa_type=LargeBinary)
    state: str = "staging"
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": text("now()")})
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class ImportRow(SQLModel, table=True):
    """One line. `outcome` null: still to do; else recorded, unchanged or error (with `code` and `message`)."""

    __tablename__ = "import_row"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "import_id"], ["import.program_id", "import.import_id"], ondelete="CASCADE"),
        CheckConstraint("outcome IN ('recorded', 'unchanged', 'error')", name="outcome_is_known"),
        Index("import_row_to_do_ix", "program_id", "import_id", "sort_at", "row", postgresql_where=text("outcome IS NULL")),
    )

    program_id: int = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    row: int = Field(primary_key=True)
    # When it happened: rows are worked off in this order, whatever the order of the file.
    sort_at: datetime | None = Field(default=None, sa_type=Instant)
    external_id: str
    item: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    outcome: str | None = None
    code: str | None = None
    message: str | None = None
