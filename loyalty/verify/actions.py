"""The verb: replay a programme, or all of them, as they are at one moment."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from loyalty.database import Connection
from loyalty.verify import queries, seals, seals_file, sets
from loyalty.verify.facts import AccountRow, Fault, PurchaseRow, Report
from loyalty.verify.histories import AccountHistory, Programme
from loyalty.verify.households import Households
from loyalty.verify.rules import blank_report, check_account, check_purchases
from loyalty.verify.seals_file import Kept, SealsWriter
from loyalty.verify.streams import Stream

# Told (done, of all): accounts and anonymous purchases.
Progress = Callable[[int, int], None]
_AT_ONCE = 200


@dataclass(slots=True)
class _Run:
    connection: Connection
    report: Report
    total: int
    progress: Progress | None
    # So many random accounts of each programme, and as many purchases of nobody; None: all.
    sample: int | None
    kept: Kept | None
    writer: SealsWriter | None
    done: int = 0

    def step(self, subjects: int) -> None:
        self.done += subjects
        if self.progress:
            self.progress(self.done, self.total)

    async def some(self, sql: str, program_id: int) -> list[UUID] | None:
        """Choose what is looked at."""
        if self.sample is None:
            return None
        return [row[0] for row in await self.connection.fetch(sql, program_id, self.sample)]


@dataclass(slots=True)
class _Sight:
    """One programme passing by, in the order of seals."""

    run: _Run
    programme: Programme
    sealed: seals.Sealed
    households: Households

    def account(self, history: AccountHistory) -> None:
        report = self.run.report
        self.sealed.account(history)
        if self.run.kept:
            self.run.kept.account(history, report)
        if self.run.writer:
            self.run.writer.account(history)
        for member in self.households.add(history):
            check_account(member, report)


async def verify(
    connection: Connection,
    program_id: int | None = None,
    *,
    progress: Progress | None = None,
    sample: int | None = None,
    against: Path | None = None,
    seals_to: Path | None = None,
) -> Report:
    """Check every invariant of a programme's ledger (None: of all programmes), in one snapshot, changing nothing.

    `sample`: replay only so many random accounts of each programme. `against`: compare with a file of seals that
    `seals_to` wrote, which it does when there is no fault. The connection should be one for reading: that of the money
    path plans for keys, not for whole tables.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await verify_snapshot(
            connection, program_id, progress=progress, sample=sample, against=against, seals_to=seals_to
        )


async def verify_snapshot(
    connection: Connection,
    program_id: int | None = None,
    *,
    progress: Progress | None = None,
    sample: int | None = None,
    against: Path | None = None,
    seals_to: Path | None = None,
) -> Report:
    """Check what the caller's transaction sees. It should be one snapshot."""
    report = blank_report()
    report.checked |= dict.fromkeys((*sets.PROMISES, *seals.PROMISES), 0)
    kept = Kept(against, whole=sample is None) if against else None
    if kept:
        report.checked |= dict.fromkeys(seals_file.PROMISES, 0)
    found = await queries.programmes(connection, program_id)
    writer = SealsWriter(seals_to) if seals_to else None
    total = sum(subjects if sample is None else min(subjects, 2 * sample) for _, subjects in found)
    run = _Run(connection, report, total, progress, sample, kept, writer)
    try:
        await sets.check_database(connection, report)
        await _programmes(run, [programme for programme, _ in found])
    except BaseException:
        if writer:
            writer.give_up()
        raise
    if writer:
        writer.give_up() if report.faults else writer.finish()
    return report


async def _programmes(run: _Run, programmes: list[Programme]) -> None:
    known = {}
    for programme in programmes:
        known[programme.program_id] = await queries.seals(run.connection, programme.program_id)
        if run.writer:
            run.writer.seals(programme.program_id, known[programme.program_id])
    for programme in programmes:
        program_id = programme.program_id
        await sets.check_programme(run.connection, program_id, run.report)
        sealed = seals.Sealed(program_id, known[program_id])
        sealed.check_chain(run.report)
        if run.kept:
            run.kept.check_seals(program_id, known[program_id], run.report)
        households = Households(await queries.families(run.connection, program_id))
        sight = _Sight(run, programme, sealed, households)
        await _accounts(sight)
        await _anonymous(sight)
        if run.sample is None:
            sealed.check_cover(run.report)


async def _accounts(sight: _Sight) -> None:
    run, programme = sight.run, sight.programme
    some = await run.some(queries.SOME_ACCOUNTS, programme.program_id)
    only = None if some is None else sight.households.everybody(some)
    streams = await queries.CustomerStreams.open(run.connection, programme.program_id, only)
    accounts = await run.connection.cursor(queries.ACCOUNTS, programme.program_id, only)
    while rows := await accounts.fetch(_AT_ONCE):
        for row in rows:
            sight.account(await streams.history(programme, AccountRow._make(row)))
        run.step(len(rows))
    for history in sight.households.rest():
        check_account(history, run.report)
    if run.kept:
        run.kept.pass_by(programme.program_id, None, run.report)
    await _strays(run, programme, streams.all)


async def _anonymous(sight: _Sight) -> None:
    run, programme = sight.run, sight.programme
    only = await run.some(queries.SOME_PURCHASES, programme.program_id)
    streams = await queries.AnonymousStreams.open(run.connection, programme.program_id, only, sight.sealed.anonymous)
    purchases = await run.connection.cursor(queries.ANONYMOUS_PURCHASES, programme.program_id, only)
    while rows := await purchases.fetch(_AT_ONCE):
        histories = [await streams.history(programme, PurchaseRow._make(row)) for row in rows]
        check_purchases(histories, run.report)
        run.step(len(rows))
    await _strays(run, programme, streams.all)


async def _strays(run: _Run, programme: Programme, streams: dict[str, Stream[Any]]) -> None:
    """Name what no account or purchase asked for: it can only be there when keys were bypassed."""
    for table, stream in streams.items():
        await stream.take(None)
        run.report.checked[sets.STRAYS] += 1
        if stream.strays:
            where = f"program {programme.program_id}, table {table}"
            message = f"{stream.strays} rows belong to no account or purchase; the first is {stream.first_stray}"
            run.report.add(Fault(sets.STRAYS, where, message))
