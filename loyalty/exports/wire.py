"""What goes over the wire about exports."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.exports.facts import ExportFacts, Format, NewExport, State
from loyalty.web.bounds import Word

FirstDay = Annotated[date, Meta(description="The first local day.", examples=["2026-01-01"])]
LastDay = Annotated[date, Meta(description="The last local day.", examples=["2026-03-31"])]


class ExportIn(Struct, forbid_unknown_fields=True):
    """A file to write. The days are those of the kind: of the order, the joining, the movement."""

    kind: Annotated[
        Word,
        Meta(
            description="`members`, `purchases`, `refunds`, `redemptions`, `entries` or `balances`.",
            examples=["purchases"],
        ),
    ]
    format: Format = "csv"
    from_on: FirstDay | None = None
    to_on: LastDay | None = None
    segment: Annotated[Word, Meta(description="The key of a segment: only rows of who is in it now.")] | None = None

    def read(self) -> NewExport:
        """Read it off the wire."""
        return NewExport(self.kind, self.format, self.from_on, self.to_on, self.segment)


class ExportOut(Struct):
    """An export as it stands: `rows` of `total` (null: not counted yet) are written; at `expires_at` the file goes."""

    export_id: UUID
    kind: str
    format: Format
    from_on: date | None
    to_on: date | None
    segment: str | None
    state: State
    progress: float
    rows: int
    total: int | None
    packed_bytes: int
    error: str | None
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, facts: ExportFacts) -> "ExportOut":
        """Show an export."""
        return cls(
            facts.export_id,
            facts.kind,
            facts.format,
            facts.from_on,
            facts.to_on,
            facts.segment,
            facts.state,
            facts.progress,
            facts.rows,
            facts.total,
            facts.size_bytes,
            facts.error,
            facts.asked_at,
            facts.started_at,
            facts.ended_at,
            facts.expires_at,
        )


class ExportList(Struct):
    """Exports, the newest first."""

    data: list[ExportOut]
    next_cursor: str | None = None
