"""What goes over the wire about imports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from loyalty.imports.facts import Format, Sent, State


class ImportOut(Struct):
    """An import as it stands.

    Of `rows`, so many were `recorded` (of a dry run: would have been), were `unchanged` because they were known, or
    were `refused`. `progress` goes from 0 to 1. `ignored`: columns that came to nothing. `error`: why it failed.
    """

    import_id: UUID
    kind: str
    name: str
    format: Format
    dry_run: bool
    points_date: Literal["placed", "import"]
    state: State
    progress: float
    bytes: int
    bytes_read: int
    rows: int
    recorded: int
    unchanged: int
    refused: int
    rows_per_second: float | None
    ignored: list[str]
    error: str | None
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, facts: Sent) -> "ImportOut":
        """Show an import."""
        return cls(
            facts.import_id,
            facts.kind,
            facts.file_name,
            facts.format,
            facts.dry_run,
            "import" if facts.dated_now else "placed",
            facts.state,
            facts.progress,
            facts.bytes_sent,
            facts.bytes_read,
            facts.rows,
            facts.recorded,
            facts.unchanged,
            facts.errors,
            facts.rows_per_second,
            facts.ignored,
            facts.error,
            facts.created_at,
            facts.started_at,
            facts.finished_at,
        )


class ImportList(Struct):
    """Imports, the newest first."""

    data: list[ImportOut]
    next_cursor: str | None = None


class RefusedRow(Struct):
    """A row that was refused: the line at which it begins (the header's is 1), what it calls itself, and why.

    `column` is the first one that is wrong, where it is one. `code` is lasting.
    """

    row: int
    id: str
    column: str | None
    code: str
    message: str


class ImportErrors(Struct):
    """Rows that were refused, in the order of the file."""

    data: list[RefusedRow]
    next_cursor: str | None = None
