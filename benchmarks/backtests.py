"""`make bench-backtest`: rules tried on the whole sample, against recording it under them by the real batch verb.

`--rounds N` (3), `--of N` for so many of the 155,848 orders only.
"""

import argparse
import asyncio
import csv
import gzip
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import asyncpg
import msgspec

import migrations
from benchmarks.__main__ import at
from benchmarks.report import Comparison, Figure, show
from loyalty.backtests.facts import NewBacktest
from loyalty.backtests.replay import Replay
from loyalty.database import Database, Tx, connect, write
from loyalty.demo.facts import CHAPTERS
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.embedded import Servers, acquire
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import NewMembership
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings

_BATCH = 1_000
_AMOUNT = {"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step_minor": 100}
RULES: dict[str, list[dict[str, Any]]] = {
    "one rule": [_AMOUNT],
    "eight rules": [
        _AMOUNT,
        {"kind": "multiplier", "id": "weekend", "factor": "2", "weekdays": [6, 7]},
        {"kind": "multiplier", "id": "evening", "factor": "1.25", "from_time": "18:00:00"},
        {"kind": "fixed_bonus", "id": "large", "points": 15, "minimum_minor": 8000},
        {"kind": "first_purchase", "id": "first", "points": 100},
        {"kind": "cap", "id": "basket", "points": 180, "per": "purchase"},
        {"kind": "cap", "id": "week", "points": 90, "per": "week"},
        {"kind": "cap", "id": "weekends", "points": 60, "per": "month", "rules": ["weekend"]},
    ],
}


def _sample(name: str) -> list[dict[str, str]]:
    [path] = [chapter.path for chapter in CHAPTERS if chapter.kind == name]
    with gzip.open(path, "rt") as lines:
        return list(csv.DictReader(lines))


def _bought(most: int) -> list[NewPurchase]:
    rows = sorted(_sample("purchases"), key=lambda row: (row["placed_at"], row["order_id"]))
    return [
        NewPurchase(
            order_id=row["order_id"],
            placed_at=datetime.fromisoformat(row["placed_at"]),
            currency="USD",
            goods_minor=int(row["net_cents"]),
            external_id=row["customer_id"],
        )
        for row in rows[:most]
    ]


async def _recorded(
    database: Database, owner: asyncpg.Connection, name: str, rules: list[dict[str, Any]], bought: list[NewPurchase]
) -> tuple[Source, float]:
    """Record the sample under rules, as an import would; tells the purchases per second."""
    async with database.session() as session:
        program = await start_program(session, name, timezone="America/New_York", currency="USD")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    stored = msgspec.json.encode(rules).decode()
    await owner.execute("UPDATE earning_rules SET rules = $1 WHERE program_id = $2", stored, program.program_id)
    source = Source(program, storefront.storefront_id, "default", "bench", "bench", origin="import")
    cache = RulesCache()

    async def join(tx: Tx, items: Sequence[NewMembership]) -> list[Any]:
        return await record_memberships(tx, source, cache, items)

    async def buy(tx: Tx, items: Sequence[NewPurchase]) -> list[Any]:
        return await record_purchases(tx, source, cache, items)

    members = [NewMembership(m["customer_id"], datetime.fromisoformat(m["joined_at"])) for m in _sample("members")]
    await write(database, join, members[:_BATCH])
    await write(database, join, members[_BATCH:])
    began = perf_counter()
    for start in range(0, len(bought), _BATCH):
        answers = await write(database, buy, bought[start : start + _BATCH])
        if any(isinstance(answer, Exception) for answer in answers):
            raise AssertionError
    rate = len(bought) / (perf_counter() - began)
    await owner.execute("ANALYZE")
    return source, rate


async def _tried(database: Database, source: Source, rules: list[dict[str, Any]]) -> tuple[float, float, int, int]:
    """Try rules; tells purchases a second, how many seconds the longest slice kept the process, slices, and points."""
    replay = Replay(source.program, NewBacktest("Bench", rules, date(2016, 1, 1), date(2018, 12, 31)))
    began, longest, slices, more = perf_counter(), 0.0, 0, True
    async with database.reader() as connection:
        await replay.begin(connection)
        while more:
            slice_began, before = process_time(), replay.done
            more = await replay.step(connection)
            longest, slices = max(longest, process_time() - slice_began), slices + (replay.done > before)
    result = replay.result()
    return result.total.purchases / (perf_counter() - began), longest, slices, result.total.tried


async def measure(servers: Servers, rounds: int, most: int) -> None:
    """Record the sample under each set of rules, and try that set on the sample recorded under the other one."""
    owner = await asyncpg.connect(servers.database_url)
    await owner.execute("CREATE DATABASE sample")
    await owner.close()
    url = at(servers.database_url, "sample")
    await migrations.upgrade(url)
    owner = await asyncpg.connect(url)
    bought = _bought(most)
    comparisons, figures = [], []
    async with connect(Settings(), url) as database:
        recorded = {name: await _recorded(database, owner, name, rules, bought) for name, rules in RULES.items()}
        for (name, rules), (other, _) in zip(RULES.items(), reversed(recorded.values()), strict=True):
            runs = [await _tried(database, other, rules) for _ in range(rounds + 1)][1:]
            own, rate = recorded[name]
            due = "SELECT sum(due)::bigint FROM award WHERE program_id = $1 AND purchase_id IS NOT NULL"
            if {run[3] for run in runs} != {await owner.fetchval(due, own.program.program_id)}:
                raise AssertionError
            what = f"back-test of {len(bought):,} purchases, {name}"
            against = "recording them under it, batches of 1,000, 1 connection"
            rates = [run[0] for run in runs]
            comparisons.append(Comparison(what, "purchases", against, rates, [rate] * rounds, aim=1))
            longest = max(run[1] for run in runs)
            told = f"{runs[0][2]} slices, the longest {longest * 1000:.0f} ms of the process"
            figures.append(Figure(f"{name}: progress", told, "≤ 1,000 ms", longest <= 1))
    await owner.close()
    show(comparisons, figures)


def main() -> None:
    """Measure on embedded servers of our own, with durable commits."""
    options = argparse.ArgumentParser(prog="make bench-backtest", description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--of", type=int, default=1_000_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home, acquire(Path(home)) as servers:
        asyncio.run(measure(servers, asked.rounds, asked.of))


if __name__ == "__main__":
    main()
