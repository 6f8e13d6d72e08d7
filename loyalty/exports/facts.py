"""What is asked of an export, and how far it is. Days are local ones of the programme's zone, both included."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Format = Literal["csv", "ndjson"]
State = Literal["queued", "running", "done", "failed", "cancelled", "expired"]
# The days that may be asked for.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)


class NewExport(Struct, frozen=True):
    """A file to write: rows of a kind, of some days, of customers who are in a segment."""

    kind: str
    format: Format = "csv"
    from_on: date | None = None
    to_on: date | None = None
    segment: str | None = None


class ExportFacts(Struct, frozen=True):
    """An export as it stands: `rows` of `total` are written. `size_bytes` is of the file as it is packed.

    `storefront_id` is None for kinds that belong to no storefront. `expires_at`: when the file goes.
    """

    export_id: UUID
    kind: str
    format: Format
    storefront_id: int | None
    namespace: str
    from_on: date | None
    to_on: date | None
    segment: str | None
    state: State
    rows: int
    total: int | None
    size_bytes: int
    error: str | None
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None

    @property
    def progress(self) -> float:
        """How much of the work is done, from 0 to 1."""
        if self.state in {"done", "expired"}:
            return 1.0
        return round(min(self.rows / self.total, 1.0), 3) if self.total else 0.0
