"""What staff do with exports, each as one edge: ask for a file, see how far it is, take it, stop it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from loyalty.database import Connection, Database, Tx, write
from loyalty.exports import actions, queries
from loyalty.exports.facts import ExportFacts, NewExport
from loyalty.programs.facts import ProgramFacts, Source


@dataclass(frozen=True, slots=True)
class StaffExports:
    """The verbs behind the panel's pages about exports. `ring` has the worker look at once."""

    database: Callable[[], Database]
    ring: Callable[[], None]

    async def start(self, source: Source, new: NewExport) -> ExportFacts:
        """Ask for a file; kinds of a storefront need one in the source."""
        begun = await self._commit(lambda connection: actions.start(connection, source, new))
        self.ring()
        return begun

    async def latest(self, program: ProgramFacts, before: UUID | None = None, limit: int = 50) -> list[ExportFacts]:
        """List the newest ones, of all storefronts."""
        async with self.database().reader() as connection:
            found, _ = await actions.latest(connection, program.program_id, None, before, limit)
            return found

    async def find(self, program: ProgramFacts, export_id: UUID) -> ExportFacts:
        """Find an export as it stands; raises `NotFound`."""
        async with self.database().reader() as connection:
            return await actions.find(connection, program.program_id, None, export_id)

    async def file(self, program: ProgramFacts, export_id: UUID) -> AsyncIterator[bytes]:
        """Give the file, packed by gzip, piece by piece; raises `NotFound`, or `FileGone`."""
        actions.written(await self.find(program, export_id))
        return queries.parts(self.database(), program.program_id, export_id)

    async def cancel(self, program: ProgramFacts, export_id: UUID) -> ExportFacts:
        """Stop one; one that has ended stays as it is."""
        return await self._commit(lambda connection: actions.cancel(connection, program.program_id, None, export_id))

    async def _commit(self, verb: Callable[[Connection], Awaitable[ExportFacts]]) -> ExportFacts:
        async def whole(tx: Tx, _: object) -> list[ExportFacts]:
            return [await verb(tx.connection)]

        [done] = await write(self.database(), whole, [None], whole=True)
        return done
