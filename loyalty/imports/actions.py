"""The verb of imports: bring in a file, to its end."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from loyalty.database import Database
from loyalty.errors import Invalid
from loyalty.imports import queries
from loyalty.imports.errors_file import ErrorsFile
from loyalty.imports.facts import Imported, ImportFacts, NewImport, Phase, Progress
from loyalty.imports.files import fingerprint
from loyalty.imports.kind import KINDS, ImportKind
from loyalty.imports.staging import staged
from loyalty.imports.work import Work
from loyalty.programs.facts import Source

Tell = Callable[[Progress], None]


async def import_file(database: Database, new: NewImport, tell: Tell = lambda _: None) -> Imported:
    """Record every good row of a file, and write the others to `FILE.errors.csv`.

    Goes on with an unfinished import of the same file. Raises `Invalid` where nothing of the file can be read.
    """
    kind = _kind_of(new)

    def phase(name: Phase, done: int, total: int) -> None:
        tell(Progress(name, done, total))

    facts = await staged(database, new, kind, phase)
    source = Source(
        program=new.program,
        # Kinds without a storefront ask for no order, so the number means nothing to them.
        storefront_id=new.storefront_id or 0,
        namespace=new.namespace,
        actor=new.actor,
        request_id=f"import/{facts.import_id}",
        origin="import",
        dated_now=new.dated_now,
    )
    phase("recording", facts.done, facts.rows)
    await Work(
        database,
        source,
        kind,
        facts,
        tell=lambda done: phase("recording", done, facts.rows),
        wait=lambda: phase("waiting", 0, 0),
    ).work_off()
    return await _ended(database, new, facts)


async def is_imported(database: Database, new: NewImport) -> bool:
    """Tell whether this very file has been brought in, to its end."""
    sha256 = await asyncio.to_thread(fingerprint, new.path, lambda _done, _total: None)
    async with database.reader() as connection:
        return await queries.find(connection, new, sha256, finished=True) is not None


def _kind_of(new: NewImport) -> type[ImportKind]:
    kind = KINDS.find(new.kind)
    if kind is None:
        msg = f"There is no import of kind {new.kind!r}; the kinds are: {', '.join(sorted(KINDS.all()))}."
        raise Invalid(msg)
    if kind.of_storefront != (new.storefront_id is not None):
        msg = f"An import of {new.kind} {'needs a' if kind.of_storefront else 'has no'} storefront."
        raise Invalid(msg)
    if not new.path.is_file():
        msg = f"There is no file at {new.path}."
        raise Invalid(msg)
    return kind


async def _ended(database: Database, new: NewImport, began: ImportFacts) -> Imported:
    """Read what it came to, and write the refused rows."""
    program_id = new.program.program_id
    file = ErrorsFile(new.path)
    async with database.reader() as connection:
        facts = await queries.facts_of(connection, program_id, began.import_id)
        if not facts.errors:
            file.remove_stale()
        else:
            with file:
                async with aclosing(queries.refused_rows(connection, program_id, began.import_id)) as rows:
                    async for row in rows:
                        file.write([row])
    return Imported(
        rows=facts.rows,
        recorded=facts.recorded,
        unchanged=facts.unchanged,
        errors=facts.errors,
        resumed_at=began.done if began.recorded + began.unchanged else 0,
        ignored=facts.ignored,
        errors_file=file.path if facts.errors else None,
    )
