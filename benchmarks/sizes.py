"""What is counted in the database: bytes an award, updates in place, and how long the ledger takes to be verified."""

import asyncio
import os
from time import perf_counter

import asyncpg

from benchmarks.report import Figure
from benchmarks.shop import Shop, fill
from loyalty.cli.connections import patient_reader
from loyalty.verify import verify
from loyalty.verify.workers import jobs_that_pay

_HOT_AIM, _VERIFY_SECONDS = 0.95, 60
_MILLION = 1_000_000
# Batches beyond those that everything is measured on.
_MORE = 40
_SIZES = """
SELECT relname, pg_table_size(oid) AS heap, pg_indexes_size(oid) AS indexes FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_total_relation_size(oid) > 0
"""
_UPDATES = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'account'"

Sizes = dict[str, tuple[int, int]]


async def sizes(owner: asyncpg.Connection) -> Sizes:
    """Tell the bytes of every table, and of its indexes."""
    return {row["relname"]: (row["heap"], row["indexes"]) for row in await owner.fetch(_SIZES)}


def bytes_an_award(before: Sizes, after: Sizes, awards: int) -> list[Figure]:
    """Tell how many bytes an award has added, table by table."""
    added = {
        table: [(now - was) / awards for now, was in zip(after[table], before.get(table, (0, 0)), strict=True)]
        for table in after
    }
    heap, indexes = (sum(sizes[n] for sizes in added.values()) for n in (0, 1))
    figures = [Figure("bytes kept an award (purchase of a member)", f"{heap + indexes:,.0f}", "heap and indexes")]
    for table, (rows, keys) in sorted(added.items(), key=lambda item: -sum(item[1])):
        if rows + keys >= 1:
            figures.append(Figure(f"  {table}", f"{rows:,.0f} + {keys:,.0f}"))
    return figures


async def in_place(owner: asyncpg.Connection) -> Figure:
    """Tell the share of updates of accounts that touched no index (HOT)."""
    await asyncio.sleep(1.5)  # a session tells its statistics once a second
    [(updates, hot)] = await owner.fetch(_UPDATES)
    share = hot / max(1, updates)
    return Figure(f"updates of accounts in place (HOT), of {updates:,}", f"{share:.1%}", "≥ 95 %", share >= _HOT_AIM)


async def verifying(shop: Shop, url: str) -> Figure:
    """Verify all there is, and some more so that processes pay, as the command does; tell the time of a million."""
    await fill(shop, _MORE, first=_MORE)
    async with patient_reader(url) as connection:
        entries = await connection.fetchval("SELECT count(*) FROM entry")
        jobs = jobs_that_pay(entries)
        began, before = perf_counter(), os.times()
        report = await verify(connection, url=url, jobs=jobs)
        seconds, after = perf_counter() - began, os.times()
    if report.faults:
        raise AssertionError(report.faults[:3])
    own = sum(after[:4]) - sum(before[:4])
    million = seconds * _MILLION / entries
    told = (
        f"{million:,.0f} s (extrapolated: {entries:,} took {seconds:.1f} s, {own:.1f} s of Python in {jobs} processes)"
    )
    return Figure("verify, 1,000,000 entries", told, "≤ 60 s", million <= _VERIFY_SECONDS)
