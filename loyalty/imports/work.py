"""Working off the staged rows: in the order in which they happened, each batch and its outcome in one commit.

Nothing else is remembered, so whoever comes next, after whatever end, goes on where the last commit was. Several
processes may work on one import; the lock on its row lets one in at a time, and none does a row twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec

from loyalty.database import Database, Tx, write
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError, Unavailable
from loyalty.imports import queries
from loyalty.imports.facts import ImportFacts
from loyalty.imports.kind import ImportKind, Result
from loyalty.imports.queries import Place
from loyalty.imports.rules import Outcome, outcome_of
from loyalty.programs.facts import Source

R = TypeVar("R")

_BEGINNING: Place = (datetime.min.replace(tzinfo=UTC), "", -1)
_AGAIN_AFTER_SECONDS = 0.1
# Too much for one commit: time-outs of the statement and of the client, and appends that came too late again and again.
_TOO_MUCH = (asyncpg.QueryCanceledError, TimeoutError, Unavailable)
# What the database, or the way to it, refuses although the rules let it pass: one such row must not stop the others.
_REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError, OverflowError)
_ATTEMPTS = 5


class _Overtaken(Exception):
    """Another process is in this import, or has done these rows; nothing was written."""


class _Undone(Exception):
    """What was recorded on trial is taken back."""


class _Row(NamedTuple):
    line: int
    place: Place
    item: Any


@dataclass(slots=True)
class Work:
    """One process working on one import."""

    database: Database
    source: Source
    kind: type[ImportKind]
    facts: ImportFacts
    tell: Callable[[int], None]
    wait: Callable[[], None]
    rules: RulesCache = field(default_factory=RulesCache)
    # How many rows share a commit just now, and how often a single one has failed.
    _size: int = 0
    _failures: int = 0

    async def work_off(self) -> None:
        """Record all that is to do, until the import is finished, by whomever."""
        self._size = self.kind.batch_size
        while True:
            await self._work_through()
            if await self._ask(queries.finish):
                return

    async def _work_through(self) -> None:
        done, after = self.facts.done, _BEGINNING
        rows = await self._next(after)
        while rows:
            # The next rows are read while these are recorded; whatever becomes of these, those come later.
            ahead = asyncio.ensure_future(self._next(rows[-1].place))
            try:
                await self._record_all(rows)
            except _Overtaken:
                await ahead
                self.wait()
                await asyncio.sleep(_AGAIN_AFTER_SECONDS)
                done = (await self._ask(queries.facts_of)).done
                rows = await self._next(after)
            except BaseException:
                ahead.cancel()
                raise
            else:
                done, after = done + len(rows), rows[-1].place
                rows = await ahead
            self.tell(done)

    @property
    def _key(self) -> tuple[int, Any]:
        return self.source.program.program_id, self.facts.import_id

    async def _next(self, after: Place) -> list[_Row]:
        decode = msgspec.json.Decoder(self.kind.shape).decode
        rows = await self._ask(queries.to_do, after, self.kind.batch_size)
        return [_Row(row["row"], (row["sort_at"], row["external_id"], row["row"]), decode(row["item"])) for row in rows]

    async def _ask(self, question: Callable[..., Awaitable[R]], *args: object) -> R:
        """Ask what may be asked twice, again when the answer does not come in time."""
        for attempt in range(1, _ATTEMPTS):
            try:
                async with self.database.writer() as connection:
                    return await question(connection, *self._key, *args)
            except (TimeoutError, Unavailable):
                await asyncio.sleep(_AGAIN_AFTER_SECONDS * 2**attempt)
        async with self.database.writer() as connection:
            return await question(connection, *self._key, *args)

    async def _record_all(self, rows: Sequence[_Row]) -> None:
        """Record rows in one commit if that goes, else in as many as it takes."""
        while rows:
            part = rows[: self._size]
            if await self._recorded(part):
                rows = rows[len(part) :]

    async def _recorded(self, part: Sequence[_Row]) -> bool:
        """Try to record rows in one commit; a failure makes the next try smaller, a success the next batch larger."""
        try:
            await write(self.database, self._record, part, whole=True)
        except (*_TOO_MUCH, *_REFUSED) as error:
            if len(part) > 1:
                self._size = len(part) // 2
                return False
            if not isinstance(error, _REFUSED):
                return await self._try_again(error)
            why = f"the database refuses this row: {type(error).__name__}: {error}"
            await write(self.database, self._refuse(why), part, whole=True)
        self._failures = 0
        self._size = min(self.kind.batch_size, 2 * self._size)
        return True

    async def _try_again(self, error: Exception) -> bool:
        self._failures += 1
        if self._failures == _ATTEMPTS:
            msg = f"The database does not get a single row done ({error}). Run the same command later: it goes on."
            raise Unavailable(msg) from error
        await asyncio.sleep(_AGAIN_AFTER_SECONDS * 2**self._failures)
        return False

    async def _record(self, tx: Tx, rows: Sequence[_Row]) -> list[None]:
        await self._enter(tx)
        record = self._try if self.facts.dry_run else self.kind.record
        results = await record(tx, self.source, self.rules, [row.item for row in rows])
        lines, columns = [row.line for row in rows], {column.name for column in self.kind.columns}
        return await self._leave(tx, rows, outcome_of(lines, results, columns))

    async def _try(
        self, tx: Tx, source: Source, rules: RulesCache, items: Sequence[Any]
    ) -> Sequence[Result | LoyaltyError]:
        """Find out what would come of rows: record them, and take it back."""
        results: Sequence[Result | LoyaltyError] = []
        with suppress(_Undone):
            async with tx.connection.transaction():
                results = await self.kind.record(tx, source, rules, items)
                raise _Undone
        return results

    def _refuse(self, why: str) -> Callable[[Tx, Sequence[_Row]], Any]:
        async def refuse(tx: Tx, rows: Sequence[_Row]) -> list[None]:
            await self._enter(tx)
            return await self._leave(tx, rows, Outcome(0, 0, [(row.line, "not_recordable", why, None) for row in rows]))

        return refuse

    async def _enter(self, tx: Tx) -> None:
        if not await queries.lock(tx.connection, *self._key):
            raise _Overtaken

    async def _leave(self, tx: Tx, rows: Sequence[_Row], outcome: Outcome) -> list[None]:
        if await queries.note_outcome(tx.connection, *self._key, [row.line for row in rows], outcome) != len(rows):
            raise _Overtaken
        return []
