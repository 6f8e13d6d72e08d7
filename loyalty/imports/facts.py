"""What is asked of an import, how far it is, and what comes of it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from msgspec import Struct

from loyalty.programs.facts import ProgramFacts

# "checking" and "reading" count bytes of the file, "recording" its rows; "waiting": another process is at it just now.
Phase = Literal["checking", "reading", "waiting", "recording"]
Format = Literal["csv", "ndjson"]
State = Literal["receiving", "queued", "reading", "recording", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class NewImport:
    """A file to bring in. `storefront_id` is None for kinds that belong to no storefront.

    `dated_now`: points that purchases of the past earn count from now, not from `placed_at`.
    """

    program: ProgramFacts
    kind: str
    path: Path
    storefront_id: int | None = None
    namespace: str = "default"
    actor: str = "cli"
    dated_now: bool = False
    format: Format = "csv"
    # What the file is called; that of `path`, unless told.
    name: str = ""


class ImportFacts(Struct, frozen=True):
    """An import as stored. `rows` never changes; the other three add up to it in the end.

    `dry_run`: everything is checked, nothing recorded, and `recorded` counts what would have been.
    """

    import_id: UUID
    rows: int
    recorded: int
    unchanged: int
    errors: int
    ignored: list[str]
    dry_run: bool = False

    @property
    def done(self) -> int:
        """How many rows have been worked off, well or not."""
        return self.recorded + self.unchanged + self.errors


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it. `resumed_at` rows were done before this run; `errors_file` is None without errors."""

    rows: int
    recorded: int
    unchanged: int
    errors: int
    resumed_at: int = 0
    ignored: list[str] = field(default_factory=list)
    errors_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: `done` of `total`, in the unit of the phase."""

    phase: Phase
    done: int
    total: int


class Sent(Struct, frozen=True):
    """An import that came over HTTP, as it stands. `bytes_read` of `bytes_sent` are laid out as rows.

    `storefront_id` is None for kinds that belong to no storefront. `now` is when this was read.
    """

    import_id: UUID
    kind: str
    storefront_id: int | None
    file_name: str
    format: Format
    dry_run: bool
    dated_now: bool
    namespace: str
    actor: str
    state: State
    bytes_sent: int
    bytes_read: int
    rows: int
    recorded: int
    unchanged: int
    errors: int
    ignored: list[str]
    error: str | None
    created_at: datetime
    started_at: datetime | None
    staged_at: datetime | None
    finished_at: datetime | None
    now: datetime

    @property
    def done(self) -> int:
        """How many rows have been worked off, well or not."""
        return self.recorded + self.unchanged + self.errors

    @property
    def progress(self) -> float:
        """How much of the work is done, from 0 to 1. Reading a file takes about a tenth of recording it."""
        if self.state == "done":
            return 1.0
        read = self.bytes_read / self.bytes_sent if self.bytes_sent else 0.0
        return round(0.1 * read + (0.9 * self.done / self.rows if self.rows else 0.0), 3)

    @property
    def rows_per_second(self) -> float | None:
        """How fast rows have been worked off since they were laid out, pauses included."""
        if self.staged_at is None:
            return None
        seconds = ((self.finished_at or self.now) - self.staged_at).total_seconds()
        return round(self.done / seconds, 1) if seconds > 0 else None


class Refused(Struct, frozen=True):
    """A row that was refused: where it begins in the file, what it calls itself, and why. `column`: if it is one's."""

    row: int
    id: str
    column: str | None
    code: str
    message: str
