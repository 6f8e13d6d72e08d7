"""The verb: replay a programme, or all of them, as they are at one moment."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from loyalty.verify import queries, seals, seals_file, sets
from loyalty.verify.facts import Fault, Report
from loyalty.verify.histories import Programme
from loyalty.verify.parts import Part
from loyalty.verify.ranges import HIGHEST, LOWEST, Families, Keys, Range, account_ranges, anonymous_ranges
from loyalty.verify.reading import OF_CUSTOMER, OF_PURCHASE, Strays
from loyalty.verify.rules import blank_report
from loyalty.verify.seals_file import Kept, SealsWriter
from loyalty.verify.workers import Here, Workers, jobs_that_pay, processes

if TYPE_CHECKING:
    from loyalty.database import Connection

# Told (done, of all): accounts and anonymous purchases.
Progress = Callable[[int, int], None]


class Wanted(NamedTuple):
    """What is asked: which programme, None: all; how many of it; compared with which file, and written to which."""

    program_id: int | None = None
    progress: Progress | None = None
    # So many random accounts of each programme, and as many purchases of nobody; None: all.
    sample: int | None = None
    against: Path | None = None
    seals_to: Path | None = None


@dataclass(slots=True)
class _Run:
    connection: "Connection"
    workers: Workers
    wanted: Wanted
    report: Report
    total: int
    kept: Kept | None
    writer: SealsWriter | None
    done: int = 0

    def step(self, subjects: int) -> None:
        self.done += subjects
        if self.wanted.progress and subjects:
            self.wanted.progress(self.done, self.total)

    async def some(self, sql: str, program_id: int) -> list[UUID] | None:
        """Choose what is looked at."""
        if self.wanted.sample is None:
            return None
        return [row[0] for row in await self.connection.fetch(sql, program_id, self.wanted.sample)]


async def verify(
    connection: "Connection",
    program_id: int | None = None,
    *,
    progress: Progress | None = None,
    sample: int | None = None,
    against: Path | None = None,
    seals_to: Path | None = None,
    url: str | None = None,
    jobs: int | None = None,
) -> Report:
    """Check every invariant of a programme's ledger (None: of all programmes), in one snapshot, changing nothing.

    `sample`: replay only so many random accounts of each programme. `against`: compare with a file of seals that
    `seals_to` wrote, which it does when there is no fault. The connection should be one for reading: that of the money
    path plans for keys, not for whole tables. With `url`, that of the connection's database, `jobs` processes replay
    (None: as many as pay); `Unavailable` when one of them is lost.
    """
    wanted = Wanted(program_id, progress, sample, against, seals_to)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
        found = await queries.programmes(connection, program_id)
        if url and jobs is None:
            jobs = jobs_that_pay(sum(one.rows if sample is None else min(one.rows, sample) for one in found))
        workers: Workers = Here(connection)
        if url and (jobs or 1) > 1:
            workers = await stack.enter_async_context(processes(connection, url, jobs or 1))
        return await _verify(connection, workers, wanted, found)


async def verify_snapshot(
    connection: "Connection",
    program_id: int | None = None,
    *,
    sample: int | None = None,
    against: Path | None = None,
) -> Report:
    """Check what the caller's transaction sees. It should be one snapshot."""
    wanted = Wanted(program_id, sample=sample, against=against)
    return await _verify(connection, Here(connection), wanted, await queries.programmes(connection, program_id))


async def _verify(connection: "Connection", workers: Workers, wanted: Wanted, found: list[queries.Found]) -> Report:
    report, sample = blank_report(), wanted.sample
    report.checked |= dict.fromkeys((*sets.PROMISES, *seals.PROMISES), 0)
    kept = Kept(wanted.against, whole=sample is None) if wanted.against else None
    if kept:
        report.checked |= dict.fromkeys(seals_file.PROMISES, 0)
    writer = SealsWriter(wanted.seals_to) if wanted.seals_to else None
    total = sum(one.subjects if sample is None else min(one.subjects, 2 * sample) for one in found)
    run = _Run(connection, workers, wanted, report, total, kept, writer)
    try:
        await sets.check_database(connection, report)
        await _programmes(run, [one.programme for one in found])
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
        await _replay(run, programme, sealed)
        if run.wanted.sample is None:
            sealed.check_cover(run.report)


async def _replay(run: _Run, programme: Programme, sealed: seals.Sealed) -> None:
    """Replay all accounts, then all purchases of nobody: the order of seals."""
    program_id, connection = programme.program_id, run.connection
    to_write = run.writer.cuts.get(program_id) if run.writer else None
    to_compare = run.kept.cut(program_id) if run.kept else None
    pattern = Range(programme, Keys(LOWEST, HIGHEST), cuts=sealed.cuts, states_at=(to_write, to_compare))
    families = Families(await queries.families(connection, program_id))
    some = await run.some(queries.SOME_ACCOUNTS, program_id)
    strays = await _parts(run, account_ranges(connection, pattern, families, some), programme, sealed)
    if run.kept:
        run.kept.pass_by(program_id, None, run.report)
    _tell(strays, [table.name for table in OF_CUSTOMER], programme, run.report)
    some = await run.some(queries.SOME_PURCHASES, program_id)
    strays = await _parts(run, anonymous_ranges(connection, pattern, some), programme, sealed)
    _tell(strays, [table.name for table in OF_PURCHASE], programme, run.report)


async def _parts(run: _Run, ranges: AsyncIterator[Range], programme: Programme, sealed: seals.Sealed) -> Strays:
    strays = Strays()
    async with aclosing(run.workers.parts(ranges)) as parts:
        async for part in parts:
            sealed.add(part.covered)
            _compare(run, programme.program_id, part)
            run.report.merge(part.report)
            strays.merge(part.strays)
            run.step(part.subjects)
    return strays


def _compare(run: _Run, program_id: int, part: Part) -> None:
    for customer_id, to_write, to_compare in part.states:
        if run.writer and to_write:
            run.writer.account(program_id, customer_id, to_write)
        if run.kept and to_compare:
            run.kept.account(program_id, customer_id, to_compare, run.report)


def _tell(strays: Strays, tables: list[str], programme: Programme, report: Report) -> None:
    """Name what no account or purchase asked for: it can only be there when keys were bypassed."""
    for table in tables:
        report.checked[sets.STRAYS] += 1
        if table in strays.found:
            count, first = strays.found[table]
            where = f"program {programme.program_id}, table {table}"
            message = f"{count} rows belong to no account or purchase; the first is {first}"
            report.add(Fault(sets.STRAYS, where, message))
