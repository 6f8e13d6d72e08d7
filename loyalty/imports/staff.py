"""What staff do with imports, each as one edge: send a file, see how far it is and what was refused, stop it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

from loyalty.database import Database, Tx, write
from loyalty.imports import sending
from loyalty.imports.facts import Refused, Sent
from loyalty.imports.repair import refused_as_csv
from loyalty.imports.sending import NewSending, Received
from loyalty.programs.facts import ProgramFacts, Source


@dataclass(frozen=True, slots=True)
class StaffImports:
    """The verbs behind the panel's pages about imports. `ring` has the worker look at once."""

    database: Callable[[], Database]
    ring: Callable[[], None]

    async def send(self, source: Source, new: NewSending, content: AsyncIterator[bytes]) -> Received:
        """Keep a file and have it brought in; kinds of a storefront need one in the source."""
        received = await sending.receive(self.database(), source, new, content)
        self.ring()
        return received

    async def latest(self, program: ProgramFacts, before: UUID | None = None, limit: int = 50) -> list[Sent]:
        """List the newest ones, of all storefronts."""
        async with self.database().reader() as connection:
            found, _ = await sending.latest(connection, program.program_id, None, before, limit)
            return found

    async def find(self, program: ProgramFacts, import_id: UUID) -> Sent:
        """Find an import as it stands; raises `NotFound`."""
        async with self.database().reader() as connection:
            return await sending.find(connection, program.program_id, None, import_id)

    async def refused(
        self, program: ProgramFacts, import_id: UUID, after: int = 0, limit: int = 50
    ) -> tuple[list[Refused], int | None]:
        """List refused rows; with where the next page begins."""
        async with self.database().reader() as connection:
            return await sending.refused(connection, program.program_id, import_id, after, limit)

    def refused_file(self, program: ProgramFacts, import_id: UUID) -> AsyncIterator[str]:
        """Write the refused rows as CSV, to be put right and sent again."""
        return refused_as_csv(self.database(), program.program_id, import_id)

    async def cancel(self, program: ProgramFacts, import_id: UUID) -> Sent:
        """Stop one; one that has ended stays as it is."""

        async def verb(tx: Tx, _: object) -> list[Sent]:
            return [await sending.cancel(tx.connection, program.program_id, None, import_id)]

        [done] = await write(self.database(), verb, [None], whole=True)
        return done
