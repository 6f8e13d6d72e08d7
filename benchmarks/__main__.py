"""`make bench`: the money path against the same rows written by plain SQL, a month's KPI against counting its rows."""

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg

import migrations
from benchmarks.report import Comparison, compare, show
from kpi.actions import answer
from loyalty.database import Database, connect, write
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.embedded import acquire
from loyalty.errors import LoyaltyError
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import NewMembership
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings

MEMBERS = 2_000
BATCH = 1_000
SINGLES = 300
# What a purchase of a member writes; the peer writes the same rows from copies, in one statement a table.
TABLES = ("purchase", "award", "entry", "lot", "event")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Bench:
    """One programme whose members buy and buy."""

    def __init__(self, database: Database, source: Source, owner: asyncpg.Connection) -> None:
        """Start with nothing bought."""
        self.database, self.source, self.owner = database, source, owner
        self.rules = RulesCache()
        self.orders: Iterator[NewPurchase] = map(self._purchase, itertools.count())

    @staticmethod
    def _purchase(number: int) -> NewPurchase:
        return NewPurchase(
            order_id=f"o{number}",
            placed_at=START + timedelta(seconds=number),
            currency="EUR",
            goods_minor=100 + number * 37 % 20_000,
            external_id=f"c{number * 7919 % MEMBERS}",
        )

    async def enrol(self) -> None:
        """Make the members."""
        items = [NewMembership(f"c{n}", START - timedelta(days=1)) for n in range(MEMBERS)]
        for some in itertools.batched(items, 500) if hasattr(itertools, "batched") else [items[:1000], items[1000:]]:
            await write(self.database, lambda tx, it: record_memberships(tx, self.source, self.rules, it), list(some))

    async def record(self, size: int, times: int) -> int:
        """Record purchases through the verb; tells how many."""
        for _ in range(times):
            items = list(itertools.islice(self.orders, size))
            results = await write(
                self.database, lambda tx, it: record_purchases(tx, self.source, self.rules, it), items
            )
            if any(isinstance(result, LoyaltyError) for result in results):
                raise AssertionError(results)
        return size * times

    async def keep_copies(self) -> None:
        """Lay aside the rows of the newest purchases, and tables like ours with the same keys to write them into."""
        for table in TABLES:
            newest = {"purchase": "recorded_at", "award": "recorded_at", "entry": "recorded_at", "event": "recorded_at"}
            order = newest.get(table, "earned_at")
            await self.owner.execute(
                f"CREATE TABLE copy_{table} AS SELECT * FROM {table} ORDER BY {order} DESC LIMIT {BATCH};"  # noqa: S608
                f"CREATE TABLE peer_{table} (LIKE {table} INCLUDING ALL)"
            )

    async def write_copies(self) -> int:
        """Write a batch's rows by set-based SQL, in one commit: no decision, no guard, no foreign key."""
        await self.owner.execute("TRUNCATE " + ", ".join(f"peer_{table}" for table in TABLES))
        async with self.owner.transaction():
            for table in TABLES:
                await self.owner.execute(f"INSERT INTO peer_{table} SELECT * FROM copy_{table}")  # noqa: S608
        return BATCH

    async def commit_singly(self) -> int:
        """Write one purchase's rows a commit, by one statement of plain SQL."""
        await self.owner.execute("TRUNCATE " + ", ".join(f"peer_{table}" for table in TABLES))
        ctes = ", ".join(
            f"{t} AS (INSERT INTO peer_{t} SELECT * FROM copy_{t} OFFSET $1 LIMIT 1)"  # noqa: S608
            for t in TABLES
        )
        for number in range(SINGLES):
            await self.owner.fetchval(f"WITH {ctes} SELECT 1", number)
        return SINGLES

    async def month(self) -> int:
        """Answer a measure for a month."""
        async with self.database.reader() as connection:
            await answer(connection, self.source.program, "retention_rate", date(2026, 1, 1), date(2026, 2, 1))
        return 1

    async def count(self) -> int:
        """Read every purchase once, as the cheapest answer from the rows would."""
        async with self.database.reader() as connection:
            await connection.fetchval(
                "SELECT count(DISTINCT customer_id) + sum(goods_minor) FROM purchase WHERE program_id = $1",
                self.source.program.program_id,
            )
        return 1


async def measure(url: str) -> list[Comparison]:
    """Run every comparison on a fresh database."""
    await migrations.upgrade(url)
    owner = await asyncpg.connect(url)
    async with connect(Settings(), url) as database:
        async with database.session() as session:
            program = await start_program(session, "Bench", timezone="Europe/Paris", currency="EUR")
            storefront, _ = await ensure_storefront(session, program.program_id, "shop")
        source = Source(program, storefront.storefront_id or 0, storefront.namespace, "bench", "bench", "import")
        bench = Bench(database, source, owner)
        await bench.enrol()
        await bench.record(BATCH, 20)
        await bench.keep_copies()
        await owner.execute("ANALYZE")
        found = [
            await compare(
                "purchases of members, batches of 1,000",
                "purchases",
                "the same rows by INSERT … SELECT",
                lambda: bench.record(BATCH, 1),
                bench.write_copies,
                rounds=9,
            ),
            await compare(
                "purchases of members, one by one",
                "purchases",
                "the same rows by one plain statement",
                lambda: bench.record(1, SINGLES),
                bench.commit_singly,
            ),
            await compare(
                "a month's retention rate from the rows",
                "answers",
                "reading every purchase once",
                bench.month,
                bench.count,
            ),
        ]
    await owner.close()
    return found


def main() -> None:
    """Measure on embedded servers of our own, with durable commits."""
    with tempfile.TemporaryDirectory() as home, acquire(Path(home)) as servers:
        show(asyncio.run(measure(servers.database_url)))


if __name__ == "__main__":
    main()
