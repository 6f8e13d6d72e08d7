"""`make bench`: what the service does with money, against the same statements and rows without it, in one run.

`--rounds N` (5), `--only WORD` (of: singles hot batches refunds redemptions kpi steps verify).
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit, urlunsplit

import asyncpg

import migrations
from benchmarks import money
from benchmarks.report import Comparison, Figure, compare, show
from benchmarks.serving import served
from benchmarks.shop import Shop, copy, fill, money_settings, opened
from benchmarks.sizes import bytes_an_award, in_place, sizes, verifying
from benchmarks.steps import steps
from kpi.actions import answer
from loyalty.background import register_consumers
from loyalty.database import Database, connect
from loyalty.embedded import Servers, acquire
from loyalty.settings import Settings

_BATCHES = 20
_BATCH = 1_000
_COUNT = "SELECT count(DISTINCT customer_id) + sum(goods_minor) FROM purchase WHERE program_id = $1"


def at(url: str, name: str) -> str:
    """Give the address of another database on the same server."""
    scheme, netloc, _, query, fragment = urlsplit(url)
    return urlunsplit((scheme, netloc, f"/{name}", query, fragment))


async def prepared(url: str, owner: asyncpg.Connection) -> tuple[Shop, dict[str, str], list[Figure]]:
    """Fill a database, and copy it: nobody is connected to it afterwards."""
    await owner.execute("CREATE DATABASE base")
    await owner.execute("ALTER DATABASE base SET synchronous_commit = off")
    await migrations.upgrade(at(url, "base"))
    counter = await asyncpg.connect(at(url, "base"))
    async with connect(Settings(), at(url, "base")) as database:
        settings = await money_settings(database)
        shop = await opened(database)
        before = await sizes(counter)
        await fill(shop, _BATCHES)
        figures = bytes_an_award(before, await sizes(counter), _BATCHES * _BATCH + 1)
    await counter.execute("ANALYZE")
    await counter.close()
    await copy(owner, "base", ["ours", "draft", "peer"])
    # What is drafted is thrown away.
    await owner.execute("ALTER DATABASE draft SET synchronous_commit = off")
    return shop, settings, figures


async def month(shop: Shop, rounds: int) -> Comparison:
    """A month's KPI from the rows, against the cheapest answer that reads them all."""
    program = shop.source.program

    async def asked(_: int) -> float:
        began = perf_counter()
        async with shop.database.reader() as connection:
            await answer(connection, program, "retention_rate", date(2026, 1, 1), date(2026, 2, 1))
        return 1 / (perf_counter() - began)

    async def counted(_: int) -> float:
        began = perf_counter()
        async with shop.database.reader() as connection:
            await connection.fetchval(_COUNT, program.program_id)
        return 1 / (perf_counter() - began)

    what, against = "a month's retention rate from the rows", "reading every purchase once"
    return await compare(what, "answers", against, asked, counted, rounds=rounds)


async def measure(servers: Servers, folder: Path, rounds: int, wants: Callable[[str], bool]) -> None:
    """Run everything that is wanted, and show it."""
    register_consumers()
    url = servers.database_url
    owner = await asyncpg.connect(url)
    shop, settings, figures = await prepared(url, owner)
    comparisons: list[Comparison] = []
    async with AsyncExitStack() as stack:

        async def connected(name: str) -> tuple[Database, asyncpg.Connection]:
            mine = await asyncpg.connect(at(url, name))
            stack.push_async_callback(mine.close)
            return await stack.enter_async_context(connect(Settings(), at(url, name))), mine

        ours, ours_owner = await connected("ours")
        draft, draft_owner = await connected("draft")
        peer_owner = await asyncpg.connect(at(url, "peer"))
        stack.push_async_callback(peer_owner.close)
        service = stack.enter_context(served(at(url, "ours"), servers.redis_url, shop.key))
        in_ours = replace(shop, database=ours)
        in_draft = replace(shop, database=draft)
        peer_url = at(url, "peer")
        on = money.Grounds(service, in_ours, in_draft, draft_owner, peer_owner, peer_url, settings, folder, rounds)
        for word, part in (("singles", money.singles), ("hot", money.hot_member), ("refunds", money.refunds)):
            comparisons += [await part(on)] if wants(word) else []
        for word, parts in (("redemptions", money.redemptions), ("batches", money.batches)):
            comparisons += await parts(on) if wants(word) else []
        figures.append(await in_place(ours_owner))
        comparisons += [await month(in_ours, rounds)] if wants("kpi") else []
        if wants("steps"):
            figures += [*await steps(in_draft, 1, 300), *await steps(in_draft, _BATCH, 2 * rounds)]
        # Last, so that everything that was measured is verified.
        figures += [await verifying(in_ours, at(url, "ours"))] if wants("verify") else []
    await owner.close()
    show(comparisons, figures)


def main() -> None:
    """Measure on embedded servers of our own, with durable commits."""
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", action="append")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home, acquire(Path(home)) as servers:
        asyncio.run(measure(servers, Path(home), asked.rounds, lambda word: not asked.only or word in asked.only))


if __name__ == "__main__":
    main()
