"""The verb: replay a programme, or all of them, as they are at one moment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loyalty.database import Connection
from loyalty.verify import queries, sets
from loyalty.verify.facts import AccountRow, Fault, Programme, PurchaseRow, Report
from loyalty.verify.rules import blank_report, check_account, check_purchases

# Told (done, of all): accounts and anonymous purchases.
Progress = Callable[[int, int], None]
_AT_ONCE = 200


@dataclass(slots=True)
class _Run:
    connection: Connection
    report: Report
    total: int
    progress: Progress | None
    done: int = 0

    def step(self, subjects: int) -> None:
        self.done += subjects
        if self.progress:
            self.progress(self.done, self.total)


async def verify(connection: Connection, program_id: int | None = None, *, progress: Progress | None = None) -> Report:
    """Check every invariant of a programme's ledger (None: of all programmes), in one snapshot, changing nothing.

    The connection should be one for reading: that of the money path plans for keys, not for whole tables.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await verify_snapshot(connection, program_id, progress=progress)


async def verify_snapshot(
    connection: Connection, program_id: int | None = None, *, progress: Progress | None = None
) -> Report:
    """Check what the caller's transaction sees. It should be one snapshot."""
    report = blank_report()
    report.checked |= dict.fromkeys(sets.PROMISES, 0)
    found = await queries.programmes(connection, program_id)
    run = _Run(connection, report, sum(subjects for _, subjects in found), progress)
    await sets.check_database(connection, report)
    for programme, _ in found:
        await sets.check_programme(connection, programme.program_id, report)
        await _accounts(run, programme)
        await _anonymous(run, programme)
    return report


async def _accounts(run: _Run, programme: Programme) -> None:
    streams = await queries.CustomerStreams.open(run.connection, programme.program_id)
    accounts = await run.connection.cursor(queries.ACCOUNTS, programme.program_id)
    while rows := await accounts.fetch(_AT_ONCE):
        for row in rows:
            check_account(await streams.history(programme, AccountRow._make(row)), run.report)
        run.step(len(rows))
    await _strays(run, programme, streams.all)


async def _anonymous(run: _Run, programme: Programme) -> None:
    streams = await queries.AnonymousStreams.open(run.connection, programme.program_id)
    purchases = await run.connection.cursor(queries.ANONYMOUS_PURCHASES, programme.program_id)
    while rows := await purchases.fetch(_AT_ONCE):
        histories = [await streams.history(programme, PurchaseRow._make(row)) for row in rows]
        check_purchases(histories, run.report)
        run.step(len(rows))
    await _strays(run, programme, streams.all)


async def _strays(run: _Run, programme: Programme, streams: dict[str, queries.Stream[Any]]) -> None:
    """Name what no account or purchase asked for: it can only be there when keys were bypassed."""
    for table, stream in streams.items():
        await stream.take(None)
        run.report.checked[sets.STRAYS] += 1
        if stream.strays:
            where = f"program {programme.program_id}, table {table}"
            message = f"{stream.strays} rows belong to no account or purchase; the first is {stream.first_stray}"
            run.report.add(Fault(sets.STRAYS, where, message))
