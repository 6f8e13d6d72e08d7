"""What the worker does: it brings files in that came over HTTP, one after another, each from where it was left."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import structlog

from loyalty.database import Database
from loyalty.errors import Invalid, Unavailable
from loyalty.imports import queries, sent
from loyalty.imports.facts import ImportFacts, NewImport, Sent
from loyalty.imports.kind import KINDS, ImportKind
from loyalty.imports.staging import Overtaken, Task, lay_out
from loyalty.imports.work import Work
from loyalty.jobs.job import Desk
from loyalty.jobs.sweeper import told
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.queries import program_of

_TELL_EVERY_SECONDS = 0.5
_LONGEST_ERROR = 500
# The database was away, or too busy, or somebody else is at it: the job is tried again, and goes on.
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, Unavailable)
_ATTEMPTS = 5
log = structlog.get_logger("loyalty.imports")


async def work_off(desk: Desk) -> None:
    """Bring in every file that waits, the oldest first: purchases may need the members of the file before."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
    while True:
        async with desk.database.writer() as connection:
            await sent.sweep(connection, desk.program_id)
            taken = await sent.take(connection, desk.program_id)
        if taken is None:
            return
        await _bring_in(desk, program, *taken)


async def clean_up(desk: Desk) -> None:
    """Remove files that never came to their end, and what refused rows said a month ago."""
    async with desk.database.writer() as connection:
        await sent.tidy(connection, desk.program_id)
        await sent.sweep(connection, desk.program_id)


async def _bring_in(desk: Desk, program: ProgramFacts, asked: Sent, sha256: bytes) -> None:
    """Bring a file in, to its end; a file that nobody can read has failed, anything else is tried again."""
    try:
        kind = KINDS.find(asked.kind)
        if kind is None:
            raise Invalid(f"There is no import of kind {asked.kind!r} any more.")  # noqa: TRY301 - ends as any bad file
        facts = await _laid_out(desk.database, program, kind, asked, sha256)
        if facts is not None:
            await _recorded(desk.database, program, kind, asked, facts)
    except Invalid as error:
        await _fail(desk, asked, error.detail)
    except _AWAY:
        raise
    except Exception as error:
        if desk.attempt < _ATTEMPTS:
            raise
        log.exception("import failed", program_id=desk.program_id, import_id=str(asked.import_id))
        await _fail(desk, asked, told(error))


async def _fail(desk: Desk, asked: Sent, why: str) -> None:
    async with desk.database.writer() as connection:
        await sent.end(connection, desk.program_id, asked.import_id, "failed", why[:_LONGEST_ERROR])


async def _laid_out(
    database: Database, program: ProgramFacts, kind: type[ImportKind], asked: Sent, sha256: bytes
) -> ImportFacts | None:
    """Lay the file's rows out, unless they are; in one commit, with which its bytes go. None: it was given up."""
    program_id = program.program_id
    if asked.staged_at is None:
        with tempfile.TemporaryDirectory(prefix="loyalty-import-") as folder:
            path = Path(folder) / "file"
            await _download(database, program_id, asked, path)
            new = NewImport(program, asked.kind, path, format=asked.format, name=asked.file_name)
            task = Task(new, kind, asked.import_id, sha256, keeps_cells=True, dry_run=asked.dry_run)
            try:
                async with (
                    _told_of(database, program_id, asked) as meter,
                    database.writer() as connection,
                    connection.transaction(),
                ):
                    await lay_out(connection, task, meter.tell)
                    await sent.drop_parts(connection, program_id, asked.import_id)
            except (Overtaken, asyncpg.UniqueViolationError):
                # Another worker was faster, or it was cancelled: what stands now tells.
                log.info("import overtaken", program_id=program_id, import_id=str(asked.import_id))
    async with database.reader() as connection:
        now = await sent.find(connection, program_id, None, asked.import_id)
        if now is None or now.state != "recording":
            return None
        return await queries.facts_of(connection, program_id, asked.import_id)


async def _download(database: Database, program_id: int, asked: Sent, path: Path) -> None:
    """Put the pieces of a file together, on the disk: files are read in a thread, which has no connection."""
    with path.open("wb") as file:
        number = 0
        while True:
            async with database.reader() as connection:
                piece = await sent.part(connection, program_id, asked.import_id, number)
            if piece is None:
                return
            await asyncio.to_thread(file.write, piece)
            number += 1


class _Meter:
    """How far the laying out is. Its own transaction shows nothing before the end, so another connection tells."""

    def __init__(self) -> None:
        self.done = 0
        self.given_up = False

    def tell(self, _phase: str, done: int, _total: int) -> None:
        if self.given_up:
            raise Overtaken
        self.done = done


@asynccontextmanager
async def _told_of(database: Database, program_id: int, asked: Sent) -> AsyncIterator[_Meter]:
    meter = _Meter()

    async def go_on() -> None:
        while not meter.given_up:
            await asyncio.sleep(_TELL_EVERY_SECONDS)
            async with database.writer() as connection:
                meter.given_up = not await sent.tell_read(connection, program_id, asked.import_id, meter.done)

    telling = asyncio.ensure_future(go_on())
    try:
        yield meter
    finally:
        telling.cancel()
        # Not to be told how far it is spoils nothing.
        await asyncio.gather(telling, return_exceptions=True)


async def _recorded(
    database: Database, program: ProgramFacts, kind: type[ImportKind], asked: Sent, facts: ImportFacts
) -> None:
    source = Source(
        program=program,
        # Kinds without a storefront ask for no order, so the number means nothing to them.
        storefront_id=asked.storefront_id or 0,
        namespace=asked.namespace,
        actor=asked.actor,
        request_id=f"import/{asked.import_id}",
        origin="import",
        dated_now=asked.dated_now,
    )
    await Work(database, source, kind, facts, tell=lambda _: None, wait=lambda: None).work_off()
