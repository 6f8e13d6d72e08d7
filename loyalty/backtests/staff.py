"""What staff do with back-tests, each as one edge: start one, see how far it is, stop it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from loyalty.backtests import actions
from loyalty.backtests.facts import BacktestFacts, NewBacktest
from loyalty.database import Connection, Database, Tx, write
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts, Source

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class StaffBacktests:
    """The verbs behind the panel's pages about back-tests. `ring` has the worker look at once."""

    database: Callable[[], Database]
    ring: Callable[[], None]

    async def start(self, program: ProgramFacts, user_id: UUID, request_id: str, new: NewBacktest) -> BacktestFacts:
        """Ask for a back-test; `Invalid` says what is wrong."""
        source = Source(program, None, "", f"user:{user_id}", request_id)
        begun = await self._commit(lambda connection: actions.start(connection, source, new))
        self.ring()
        return begun

    async def find(self, program: ProgramFacts, backtest_id: UUID) -> BacktestFacts | None:
        """Find a back-test as it stands; None when there is none."""
        async with self.database().reader() as connection:
            try:
                return await actions.find(connection, program.program_id, backtest_id)
            except NotFound:
                return None

    async def latest(self, program: ProgramFacts) -> list[BacktestFacts]:
        """List the newest ones."""
        async with self.database().reader() as connection:
            return await actions.latest(connection, program.program_id)

    async def cancel(self, program: ProgramFacts, backtest_id: UUID) -> None:
        """Stop one; one that has ended, or is none, stays as it is."""
        try:
            await self._commit(lambda connection: actions.cancel(connection, program.program_id, backtest_id))
        except NotFound:
            return

    async def _commit(self, verb: Callable[[Connection], Awaitable[R]]) -> R:
        async def whole(tx: Tx, _: object) -> list[R]:
            return [await verb(tx.connection)]

        [done] = await write(self.database(), whole, [None], whole=True)
        return done
