"""What is asked of an import, how far it is, and what comes of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

from msgspec import Struct

from loyalty.programs.facts import ProgramFacts

# "checking" and "reading" count bytes of the file, "recording" its rows; "waiting": another process is at it just now.
Phase = Literal["checking", "reading", "waiting", "recording"]


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


class ImportFacts(Struct, frozen=True):
    """An import as stored. `rows` never changes; the other three add up to it in the end."""

    import_id: UUID
    rows: int
    recorded: int
    unchanged: int
    errors: int
    ignored: list[str]

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
