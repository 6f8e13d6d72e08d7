"""Imports and exports without a database, for the panel over a fake desk."""

import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

import loyalty.background  # noqa: F401 - the doors name the homes of kinds
from kpi.inputs import kinds
from loyalty.errors import Gone, Invalid, Malformed, NotFound
from loyalty.exports.facts import ExportFacts, NewExport
from loyalty.imports.facts import Refused, Sent
from loyalty.imports.sending import NewSending, Received
from loyalty.programs.facts import ProgramFacts, Source
from tests.admin.fake_people import NOW

kinds.load()
RUNNING, REFUSED, TRIED, FAILED = (UUID(int=number) for number in (80, 81, 82, 83))
WRITTEN, WRITING, EXPIRED = (UUID(int=number) for number in (90, 91, 92))


def an_import(import_id: UUID, **more: Any) -> Sent:  # noqa: ANN401
    """Make an import that is done."""
    facts: dict[str, Any] = {
        "kind": "purchases",
        "storefront_id": 1,
        "file_name": "orders-2025.csv",
        "format": "csv",
        "dry_run": False,
        "dated_now": False,
        "namespace": "default",
        "actor": "user:1",
        "state": "done",
        "bytes_sent": 1_000_000,
        "bytes_read": 1_000_000,
        "rows": 12_000,
        "recorded": 11_990,
        "unchanged": 10,
        "errors": 0,
        "ignored": [],
        "error": None,
        "created_at": NOW,
        "started_at": NOW,
        "staged_at": NOW,
        "finished_at": NOW + timedelta(minutes=2),
        "now": NOW + timedelta(minutes=3),
    }
    return Sent(import_id=import_id, **facts | more)


def some_imports() -> dict[UUID, Sent]:
    """Give one that runs, one with refused rows, a dry run, and one that failed."""
    running = {"state": "recording", "recorded": 6000, "unchanged": 0, "finished_at": None}
    return {
        RUNNING: an_import(RUNNING, **running),
        REFUSED: an_import(REFUSED, file_name="members.csv", kind="members", errors=2, ignored=["shoe_size"]),
        TRIED: an_import(TRIED, file_name="balances.csv", kind="balances", dry_run=True),
        FAILED: an_import(FAILED, state="failed", error="It is no UTF-8.", rows=0, recorded=0, unchanged=0),
    }


def an_export(export_id: UUID, **more: Any) -> ExportFacts:  # noqa: ANN401
    """Make an export whose file is there."""
    facts: dict[str, Any] = {
        "kind": "purchases",
        "format": "csv",
        "storefront_id": 2,
        "namespace": "default",
        "from_on": date(2017, 1, 1),
        "to_on": date(2017, 12, 31),
        "segment": None,
        "state": "done",
        "rows": 155_848,
        "total": 155_848,
        "size_bytes": 4_000_000,
        "error": None,
        "asked_by": "user:1",
        "asked_at": NOW,
        "started_at": NOW,
        "ended_at": NOW,
        "expires_at": NOW + timedelta(days=7),
    }
    return ExportFacts(export_id=export_id, **facts | more)


def some_exports() -> dict[UUID, ExportFacts]:
    """Give one that is being written, one whose file is there, and one whose file is gone."""
    writing = {"state": "running", "rows": 50, "total": 200, "ended_at": None, "expires_at": None}
    return {
        WRITING: an_export(WRITING, kind="members", from_on=None, to_on=None, segment="at-risk", **writing),
        WRITTEN: an_export(WRITTEN),
        EXPIRED: an_export(EXPIRED, kind="entries", state="expired", to_on=None),
    }


@dataclass
class FakeImports:
    """The verbs, over a table. `sent` notes (source, what was told, the bytes)."""

    kept: dict[UUID, Sent] = field(default_factory=some_imports)
    sent: list[tuple[Source, NewSending, bytes]] = field(default_factory=list)
    more: int | None = None
    asked_after: list[int] = field(default_factory=list)

    async def send(self, source: Source, new: NewSending, content: AsyncIterator[bytes]) -> Received:
        """Keep it, unless it is empty or a picture."""
        whole = b"".join([piece async for piece in content])
        if not whole:
            raise Malformed("Send the file as the body of the request.")
        if whole.startswith(b"\x89PNG"):
            raise Invalid("The body is a picture.")
        self.sent.append((source, new, whole))
        return Received(self.kept[RUNNING], replayed=False)

    async def latest(self, program: ProgramFacts) -> list[Sent]:
        """List them."""
        assert program.program_id
        return list(self.kept.values())

    async def find(self, program: ProgramFacts, import_id: UUID) -> Sent:
        """Find one."""
        assert program.program_id
        if import_id not in self.kept:
            raise NotFound("There is no such import.")
        return self.kept[import_id]

    async def refused(self, program: ProgramFacts, import_id: UUID, after: int = 0) -> tuple[list[Refused], int | None]:
        """Give two rows of the one that has any."""
        assert program.program_id
        self.asked_after.append(after)
        if not self.kept[import_id].errors:
            return [], None
        rows = [
            Refused(7, "c-5", "joined_at", "bad_instant", "'soon' is no instant"),
            Refused(9, "<script>alert(1)</script>", None, "already_member_since", "This customer is a member already"),
        ]
        return rows, self.more

    async def refused_file(self, program: ProgramFacts, import_id: UUID) -> AsyncIterator[str]:
        """Write a file."""
        assert program.program_id
        assert self.kept[import_id].errors
        yield "line,code,message,customer_id,joined_at\r\n"
        yield "7,bad_instant,'soon' is no instant,c-5,soon\r\n"

    async def cancel(self, program: ProgramFacts, import_id: UUID) -> Sent:
        """Stop it."""
        assert program.program_id
        self.kept[import_id] = msgspec.structs.replace(self.kept[import_id], state="cancelled")
        return self.kept[import_id]


@dataclass
class FakeExports:
    """The verbs, over a table. `asked` notes (source, what was asked for)."""

    kept: dict[UUID, ExportFacts] = field(default_factory=some_exports)
    asked: list[tuple[Source, NewExport]] = field(default_factory=list)
    full: bool = False

    async def start(self, source: Source, new: NewExport) -> ExportFacts:
        """Write it down."""
        if self.full:
            raise Invalid("20 exports are waiting already.")
        self.asked.append((source, new))
        return self.kept[WRITING]

    async def latest(self, program: ProgramFacts) -> list[ExportFacts]:
        """List them."""
        assert program.program_id
        return list(self.kept.values())

    async def find(self, program: ProgramFacts, export_id: UUID) -> ExportFacts:
        """Find one."""
        assert program.program_id
        if export_id not in self.kept:
            raise NotFound("There is no such export.")
        return self.kept[export_id]

    async def file(self, program: ProgramFacts, export_id: UUID) -> AsyncIterator[bytes]:
        """Give the file in two pieces."""
        assert program.program_id
        if self.kept[export_id].state == "expired":
            raise Gone("This file is gone.")
        return _pieces(gzip.compress(b"order_id,total\r\n1000,19.99\r\n"))

    async def cancel(self, program: ProgramFacts, export_id: UUID) -> ExportFacts:
        """Stop it."""
        assert program.program_id
        self.kept[export_id] = msgspec.structs.replace(self.kept[export_id], state="cancelled")
        return self.kept[export_id]


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content[:10]
    yield content[10:]
