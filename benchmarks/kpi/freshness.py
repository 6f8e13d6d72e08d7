"""How far the figures lie behind, while purchases come in at a steady rate and the worker runs as it is run."""

import asyncio
import os
import sys
from datetime import datetime, timedelta
from time import perf_counter

from benchmarks.report import Figure
from kpi.rollup.serving import serving
from loyalty.clock import utc_now
from loyalty.database import Database, write
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.facts import NewPurchase

A_SECOND = 200
_AT_ONCE = 20
_AIM_SECONDS = 5
_EVERY_SECONDS = 0.1
_RULES = """
INSERT INTO earning_rules (program_id, version, published_at, rules) VALUES ($1, 1, now(),
  '[{"kind": "points_per_amount", "step_minor": 100, "points_per_step": 1}]') ON CONFLICT DO NOTHING
"""


async def freshness(url: str, redis_url: str, program: ProgramFacts, database: Database, seconds: int) -> list[Figure]:
    """Sell 200 purchases a second for so long; tells how old the oldest was that the figures did not have yet."""
    environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": redis_url}
    command = (sys.executable, "-m", "loyalty.cli", "worker")
    worker = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    try:
        while worker.stderr and b"worker started" not in await worker.stderr.readline():
            pass
        selling = asyncio.create_task(_sell(database, program, seconds))
        lags = await _watch(database, program, selling)
        sold = await selling
    finally:
        worker.terminate()
        await worker.wait()
    lags.sort()
    p99 = lags[int(len(lags) * 0.99)]
    told = f"p50 {lags[len(lags) // 2]:.1f} s, p99 {p99:.1f} s, at {sold / seconds:.0f} purchases a second"
    return [Figure("how far the figures lie behind", told, f"p99 ≤ {_AIM_SECONDS} s", p99 <= _AIM_SECONDS)]


async def _sell(database: Database, program: ProgramFacts, seconds: int) -> int:
    async with database.writer() as connection:
        await connection.execute(_RULES, program.program_id)
    source, rules = Source(program, 1, "shop", "bench", "bench"), RulesCache()
    began, sold = perf_counter(), 0
    while (passed := perf_counter() - began) < seconds:
        if sold > passed * A_SECOND:
            await asyncio.sleep(_AT_ONCE / A_SECOND / 4)
            continue
        now = utc_now()
        some = [_purchase(sold + n, now - timedelta(seconds=n)) for n in range(_AT_ONCE)]
        await write(database, lambda tx, items: record_purchases(tx, source, rules, items), some)
        sold += _AT_ONCE
    return sold


def _purchase(number: int, at: datetime) -> NewPurchase:
    who = f"fresh-{number * 37 % 5000}"
    return NewPurchase(order_id=f"fresh-{number}", placed_at=at, currency="EUR", goods_minor=2_000, external_id=who)


async def _watch(database: Database, program: ProgramFacts, selling: "asyncio.Task[int]") -> list[float]:
    """Look ten times a second at what is not worked off."""
    lags = []
    while not selling.done():
        async with database.reader() as connection:
            found = await serving(connection, program.program_id, [])
            now = await connection.fetchval("SELECT clock_timestamp()")
        if found is None:
            msg = "the day sets are not built"
            raise AssertionError(msg)
        lags.append((now - found.behind_since).total_seconds() if found.behind_since else 0.0)
        await asyncio.sleep(_EVERY_SECONDS)
    return lags
