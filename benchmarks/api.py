"""`make bench-api`: a shop's mixed load on the API, and requests a second against the framework with nothing in it.

`--seconds N` (20) of each load; `--rounds N` (5) against the bare framework.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg
import httpx

import migrations
from benchmarks.report import Comparison, Figure, compare, show
from benchmarks.serving import Request, Service, bare, served
from benchmarks.shop import CLIENTS, MEMBERS, Shop, as_told, fill, opened, post, purchase
from loyalty.background import register_consumers
from loyalty.database import connect
from loyalty.embedded import Servers, acquire
from loyalty.settings import Settings

_BATCHES = 20
_EACH = 200


def mixed(service: Service, shop: Shop, seconds: float) -> list[Figure]:
    """Send awards (60 %), reads (30 %) and redemptions (10 %), first as fast as it goes, then at half of that."""
    job = {"host": f"http://127.0.0.1:{service.port}", "key": shop.key, "seconds": seconds}
    job["reward_id"] = str(shop.reward.reward_id)
    command = [sys.executable, "-m", "benchmarks.load"]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout)
    figures = [
        Figure("mixed load, as fast as it goes, 16 connections", f"{told['capacity']:,.0f} requests a second"),
        Figure("mixed load, half of that", f"{told['rate']:,.0f} requests a second"),
        Figure("refused or failed", str(sum(told["failures"].values())), "0", kept=not told["failures"]),
    ]
    every = [time for times in told["times"].values() for time in times]
    for name, times in [("all", every), *sorted(told["times"].items(), key=lambda item: -len(item[1]))]:
        share = len(times) / len(every)
        figures.append(Figure(f"  {name} ({share:.0%})", _percentiles(times), "at half of capacity"))
    for name, times in sorted(told["busy"].items(), key=lambda item: -len(item[1])):
        figures.append(Figure(f"  {name}", _percentiles(times), "at capacity"))
    return figures


def _percentiles(times: list[float]) -> str:
    cuts = quantiles(times, n=100)
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


async def against_the_framework(service: Service, shop: Shop, folder: Path, rounds: int) -> list[Comparison]:
    """Ask the service and the bare framework for the same JSON, in turn."""
    first = purchase("same", "c1", 0)
    headers = {"Authorization": f"Bearer {shop.key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}", headers=headers) as client:
        balance = (await client.get("/v1/members/c1/balance")).json()
        recorded = (await client.post("/v1/purchases", json=as_told(first))).json()
    answers = folder / "answers.json"
    answers.write_text(json.dumps({"balance": balance, "purchase": recorded}))

    def reads(_: int) -> list[list[Request]]:
        return [
            [(f"/v1/members/c{(n * CLIENTS + c) % MEMBERS}/balance", None) for n in range(_EACH)]
            for c in range(CLIENTS)
        ]

    def awards(number: int) -> list[list[Request]]:
        told = [
            [purchase(f"a{number}-{c}-{n}", f"c{(n * CLIENTS + c) % MEMBERS}", n) for n in range(_EACH)]
            for c in range(CLIENTS)
        ]
        return [[post(item) for item in items] for items in told]

    def same(_: int) -> list[list[Request]]:
        return [[post(first)] * _EACH for _ in range(CLIENTS)]

    kinds = (
        ("read a balance", reads, "200"),
        ("record a purchase", awards, "201"),
        ("the same one again", same, "201"),
    )
    with bare(answers) as peer:
        return [
            await _compared(name, partial(_sent, told, status), service, peer, rounds) for name, told, status in kinds
        ]


async def _compared(
    name: str, send: Callable[[Service, int], Awaitable[float]], ours: Service, peer: Service, rounds: int
) -> Comparison:
    return await compare(
        f"{name}, HTTP, {CLIENTS} connections",
        "requests",
        "the bare framework, the same JSON",
        partial(send, ours),
        partial(send, peer),
        rounds=rounds,
    )


async def _sent(told: Callable[[int], list[list[Request]]], expected: str, service: Service, number: int) -> float:
    connections = told(number)
    seconds, statuses = await asyncio.to_thread(service.send, connections)
    if set(statuses) != {expected}:
        raise AssertionError(statuses)
    return sum(map(len, connections)) / seconds


async def measure(servers: Servers, folder: Path, rounds: int, seconds: float) -> None:
    """Fill a shop, run both, and show it."""
    register_consumers()
    await migrations.upgrade(servers.database_url)
    async with connect(Settings(), servers.database_url) as database:
        shop = await opened(database)
        await fill(shop, _BATCHES)
    owner = await asyncpg.connect(servers.database_url)
    await owner.execute("ANALYZE")
    await owner.close()
    with served(servers.database_url, servers.redis_url, shop.key) as service:
        figures: list[Any] = await asyncio.to_thread(mixed, service, shop, seconds)
        comparisons = await against_the_framework(service, shop, folder, rounds)
    show(comparisons, figures)


def main() -> None:
    """Measure on embedded servers of our own, with durable commits."""
    options = argparse.ArgumentParser(prog="make bench-api", description=__doc__)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home, acquire(Path(home)) as servers:
        asyncio.run(measure(servers, Path(home), asked.rounds, asked.seconds))


if __name__ == "__main__":
    main()
