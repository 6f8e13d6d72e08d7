"""`make bench-kpi`: the figures of a big programme beside raw SQL and DuckDB over Parquet, with the same results.

`--purchases N` (1,000,000), `--rounds N` (5), `--fresh SECONDS` (30) of purchases coming in; `--plain`: nothing but
purchases and members.
"""

import argparse
import asyncio
import resource
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import asyncpg

import migrations
from benchmarks.__main__ import at
from benchmarks.kpi.freshness import freshness
from benchmarks.kpi.generated import END, START, generate
from benchmarks.kpi.peers import Duck
from benchmarks.report import Comparison, Figure, compare, show
from kpi import actions
from kpi.answers import Figures, Overview
from kpi.measure import MEASURES
from kpi.rollup import loading
from kpi.rollup.cache import Cache
from kpi.rollup.work import CONSUMER, rebuild, work_off
from kpi.rows import queries
from loyalty.background import register_consumers
from loyalty.database import Connection, Database, connect
from loyalty.embedded import Servers, acquire
from loyalty.outbox.queries import built
from loyalty.programs.facts import ProgramFacts
from loyalty.settings import Settings

EVERY = sorted(MEASURES.all())
KEYS = ("retention_rate", "loyal_conversion", "aov", "orders_per_active")
YEAR, YEAR_BEFORE = (date(2025, 1, 1), END), START
MONTH, MONTH_BEFORE = (date(2025, 11, 1), date(2025, 12, 1)), date(2025, 10, 1)
_SIZES = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND (relname LIKE 'kpi\\_%') = $1
"""
# From the rows of more purchases a page takes minutes, and all measures an hour: longer than the service waits.
_MOST_FROM_ROWS = 1_000_000
_MARK = "INSERT INTO kpi_dirty (program_id, local_day, recorded_at) VALUES ($1, $2, clock_timestamp())"
_MEGABYTE = 1024 * 1024


def counts(overview: Overview) -> list[int]:
    """Give the whole numbers that the peer counts as well."""
    figures = [overview.answers[key].figures.segments for key in KEYS]
    rates = [n for key in figures[:2] for who in ("all", "member") for n in (key[who].num, key[who].base)]
    basket, frequency = figures[2:]
    money = [n for who in ("all", "member") for n in (basket[who].num, basket[who].base)]
    return [*rates, *money, frequency["all"].base, frequency["member"].base]


class Bench:
    """One programme, and what is asked about it."""

    def __init__(self, database: Database, program: ProgramFacts, duck: Duck, rounds: int) -> None:
        """Hold what is asked."""
        self._database = database
        self._program = program
        self._duck = duck
        self._rounds = rounds

    async def page(self, connection: Connection, start: date, end: date, **more: object) -> Overview:
        """Answer what the Impact page shows: four measures, the period compared, thirteen months."""
        return await actions.overview(connection, self._program, KEYS, start, end, **more)  # type: ignore[arg-type]

    async def same(self) -> None:
        """Hold the figures against the peer's before anything is timed."""
        for before, period in ((YEAR_BEFORE, YEAR), (MONTH_BEFORE, MONTH)):
            async with self._database.reader() as connection:
                found = counts(await self.page(connection, *period))
            if found != list(self._duck.page(before, *period)):
                raise AssertionError((period, found, self._duck.page(before, *period)))

    async def against_duck(self, what: str, before: date, period: tuple[date, date], aim: float | None) -> Comparison:
        """Answer the same four measures over one period."""

        async def ours(_: int) -> float:
            async with self._database.reader() as connection:
                began = perf_counter()
                for key in KEYS:
                    await actions.answer(connection, self._program, key, *period)
                return 1 / (perf_counter() - began)

        async def theirs(_: int) -> float:
            began = perf_counter()
            self._duck.page(before, *period)
            return 1 / (perf_counter() - began)

        return await compare(what, "answers", "DuckDB over Parquet", ours, theirs, rounds=self._rounds, aim=aim)

    async def against_rows(self) -> Comparison:
        """Answer the page, from the day sets and from the rows."""

        async def from_days(_: int) -> float:
            async with self._database.reader() as connection:
                return 1 / await _seconds(lambda: self.page(connection, *MONTH))

        async def from_rows(_: int) -> float:
            async with self._database.reader() as connection:
                now = await queries.now(connection, self._program.program_id)
                return 1 / await _seconds(lambda: self.page(connection, *MONTH, as_of=now))

        against = "raw SQL over the rows"
        return await compare("the Impact page's figures", "pages", against, from_days, from_rows, rounds=1)

    async def whole_list(self) -> Comparison:
        """Answer the list of all measures, from the day sets and from the rows, with the same figures."""
        found: dict[bool, Overview] = {}

        async def timed(*, as_known: bool) -> float:
            async with self._database.reader() as connection:
                now = await queries.now(connection, self._program.program_id) if as_known else None
                began = perf_counter()
                found[as_known] = await actions.overview(connection, self._program, EVERY, *MONTH, as_of=now)
                return 1 / (perf_counter() - began)

        name, against = f"the list: all {len(EVERY)} measures", "raw SQL over the rows"
        compared = await compare(
            name, "pages", against, lambda _: timed(as_known=False), lambda _: timed(as_known=True), rounds=1
        )
        for key in EVERY:
            days, rows = ([*one.series[key].periods, one.answers[key].figures] for one in found.values())
            if [_counts(one) for one in days] != [_counts(one) for one in rows]:
                raise AssertionError(key)
        return compared

    async def timed(self) -> list[Figure]:
        """Time what a page, a series and a free range take, warm and with nothing in memory."""
        async with self._database.reader() as connection:
            asked: dict[str, tuple[Callable[[], Awaitable[object]], float | None]] = {
                "the Impact page's figures": (lambda: self.page(connection, *MONTH), 20),
                "the list: all measures": (lambda: self._list(connection), None),
                "a year, four measures": (lambda: self.page(connection, *YEAR, grain="year", slots=2), None),
                "a series of 24 months": (lambda: self._series(connection), None),
                "217 days from anywhere": (lambda: self._free(connection), None),
            }
            figures = []
            for name, (ask, aim) in asked.items():
                loading.CACHE = Cache(128 * _MEGABYTE)
                cold = 1000 * await _seconds(ask)
                warm = sorted([1000 * await _seconds(ask) for _ in range(4 * self._rounds)])
                told = f"{warm[len(warm) // 2]:.1f} ms (p95 {warm[int(len(warm) * 0.95)]:.1f}), cold {cold:.0f} ms"
                limit = "≤ 20 ms, cold ≤ 100 ms" if aim else ""
                kept = warm[len(warm) // 2] <= aim and cold <= 5 * aim if aim else None
                figures.append(Figure(name, told, limit, kept))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        held = loading.CACHE.held_bytes / _MEGABYTE
        return [*figures, Figure("memory: day sets held, and the process", f"{held:.0f} MB, {memory:.0f} MB")]

    async def _list(self, connection: Connection) -> object:
        return await actions.overview(connection, self._program, EVERY, *MONTH)

    async def _series(self, connection: Connection) -> object:
        return await actions.series(connection, self._program, "retention_rate", "month", START, END)

    async def _free(self, connection: Connection) -> object:
        start = date(2025, 2, 12)
        return await self.page(connection, start, start + timedelta(days=217), grain="day", slots=1)

    async def days(self, owner: asyncpg.Connection) -> list[Figure]:
        """Time a day counted anew."""
        taken = []
        for n in range(self._rounds):
            await owner.execute(_MARK, self._program.program_id, END - timedelta(days=10 + 40 * n))
            async with self._database.writer() as connection, connection.transaction(isolation="repeatable_read"):
                taken.append(await _seconds(lambda c=connection: work_off(c, self._program)))  # type: ignore[misc]
        taken.sort()
        return [Figure("a day counted anew, with its month", f"{1000 * taken[len(taken) // 2]:.0f} ms")]


def _counts(figures: Figures) -> list[object]:
    return [figures.counts, *((name, ratio.num, ratio.den) for name, ratio in figures.segments.items())]


async def _seconds(ask: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await ask()
    return perf_counter() - began


async def measure(servers: Servers, folder: Path, purchases: int, rounds: int, fresh: int, *, plain: bool) -> None:
    """Make everything up, build it, and ask."""
    register_consumers()
    owner = await asyncpg.connect(servers.database_url)
    await owner.execute("CREATE DATABASE generated")
    await owner.close()
    url = at(servers.database_url, "generated")
    await migrations.upgrade(url)
    owner = await asyncpg.connect(url)
    began = perf_counter()
    program = await generate(owner, purchases, plain=plain)
    duck = await Duck.export(owner, program, folder)
    figures = [Figure("making it up", f"{perf_counter() - began:.0f} s for {purchases:,} purchases")]
    async with connect(Settings(pool_size=4), url) as database:
        full = await _seconds(lambda: rebuild(database, program.program_id))
        async with database.writer() as connection:
            await built(connection, program.program_id, CONSUMER)
        figures.append(Figure("full rebuild", f"{full:.1f} s ({full * 1e6 / purchases:.1f} s a million)"))
        kept, rest = [await owner.fetchval(_SIZES, ours) / _MEGABYTE for ours in (True, False)]
        figures.append(Figure("bytes of day sets, of everything else", f"{kept:,.0f} MB, {rest:,.0f} MB"))
        bench = Bench(database, program, duck, rounds)
        await bench.same()
        comparisons = [
            await bench.against_duck("a year: four measures, one by one", YEAR_BEFORE, YEAR, 20),
            await bench.against_duck("a month: four measures, one by one", MONTH_BEFORE, MONTH, None),
            *([await bench.against_rows(), await bench.whole_list()] if purchases <= _MOST_FROM_ROWS else []),
        ]
        figures += await bench.timed() + await bench.days(owner)
        figures += await freshness(url, servers.redis_url, program, database, fresh) if fresh else []
    await owner.close()
    show(comparisons, figures)


def main() -> None:
    """Measure on embedded servers of our own."""
    options = argparse.ArgumentParser(prog="make bench-kpi", description=__doc__)
    options.add_argument("--purchases", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--fresh", type=int, default=30)
    options.add_argument("--plain", action="store_true", help="purchases without lines, no points, no leads")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home, acquire(Path(home)) as servers:
        asyncio.run(measure(servers, Path(home), asked.purchases, asked.rounds, asked.fresh, plain=asked.plain))


if __name__ == "__main__":
    main()
