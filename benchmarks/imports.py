"""`make bench-import`: a file sent over HTTP and brought in by a worker that is killed half-way, against its limits.

`--purchases N` (50,000): how many the file has. Its rows are held against COPY of the same file into a plain table, and
against the batch verb on rows of the same kind; memory is that of whole process trees, looked at all the time.
"""

import argparse
import asyncio
import csv
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

import migrations
from benchmarks.__main__ import at
from benchmarks.report import Comparison, Figure, show
from benchmarks.serving import Service, served
from loyalty.auth.actions import create_key
from loyalty.background import JOBS, zones
from loyalty.database import Database, Tx, connect, write
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.embedded import Servers, acquire
from loyalty.imports.sending import JOB
from loyalty.jobs.actions import Jobs
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import NewMembership
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings

_BATCH = 1_000
_MEMBERS = 2_000
_CUSTOMERS = 10_000
_START = datetime(2023, 1, 1, tzinfo=UTC)
_MOST_BY_VERB = 50_000
_FLAT = 1.25
_MB = 1024


def _row(number: int, of: int) -> tuple[str, str, datetime, int]:
    """Make a purchase up: its order, customer, time and goods in cents. The file is not in the order of time."""
    placed_at = _START + timedelta(seconds=(number * 7_919 % of) * (3 * 365 * 86_400 // of))
    return f"order-{number}", f"c{number * 31 % _CUSTOMERS}", placed_at, 100 + number * 37 % 20_000


def _write_file(path: Path, purchases: int) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "customer_id", "placed_at", "goods", "channel"])
        for number in range(purchases):
            order, customer, placed_at, cents = _row(number, purchases)
            rows.writerow([order, customer, placed_at.isoformat(), f"{cents / 100:.2f}", "web"])


def _tree(pid: int) -> set[int]:
    found = {pid}
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found |= _tree(int(child))
    return found


def memory_kb(pid: int) -> int:
    """Add up what a process and those below it have in memory."""
    total = 0
    for one in _tree(pid):
        with suppress(OSError, StopIteration, ValueError):
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
    return total


@dataclass
class _Watch:
    """Looks at how far an import is and how much memory the worker has, until it is done, or so many rows are."""

    owner: asyncpg.Connection
    # When, how many rows, how much memory, of which worker.
    samples: list[tuple[float, int, int, int]] = field(default_factory=list)

    async def until(self, worker: int, rows: int) -> None:
        while True:
            done: int = await self.owner.fetchval(
                "SELECT coalesce(max(recorded + unchanged + errors), 0) FROM import WHERE kind = 'purchases'"
            )
            self.samples.append((time.monotonic(), done, memory_kb(worker), worker))
            if done >= rows:
                return
            await asyncio.sleep(0.05)

    def rate(self) -> float:
        """Tell how many rows a second were recorded, by each worker from the first that it did to the last."""
        rows, seconds = 0, 0.0
        for worker in {sample[3] for sample in self.samples}:
            seen = [sample for sample in self.samples if sample[3] == worker]
            began = next(number for number, sample in enumerate(seen) if sample[1] > seen[0][1])
            rows, seconds = rows + seen[-1][1] - seen[began][1], seconds + seen[-1][0] - seen[began][0]
        return rows / seconds

    def memory_mb(self, rows: int) -> tuple[int, int]:
        """Tell the memory when a tenth of the rows was done, and the most at any time."""
        tenth = next(memory for _, done, memory, _ in self.samples if done >= rows / 10)
        return tenth // _MB, max(memory for _, _, memory, _ in self.samples) // _MB


@contextmanager
def _worker(servers: Servers, url: str) -> Iterator["subprocess.Popen[bytes]"]:
    env = {**os.environ, "DATABASE_URL": url, "REDIS_URL": servers.redis_url}
    with subprocess.Popen([sys.executable, "-m", "benchmarks.imports", "--work"], env=env) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(15)


async def _work() -> None:
    """Be a worker with this one job, so that speed and memory are its own and not those of the key figures."""
    settings = Settings()
    async with connect(settings, settings.database_url or "") as database:
        jobs = [job for job in JOBS if job.name == JOB]
        bell = ArqDoorbell(settings.redis_url or "")
        await Jobs(database, bell).run(jobs, zones, asyncio.Event(), f"bench:{os.getpid()}")


def _send(service: Service, path: Path) -> float:
    """Send the file; tells the seconds."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "text/csv"}
    with path.open("rb") as file:
        headers["Content-Length"] = str(path.stat().st_size)
        connection.request("POST", "/v1/imports?kind=purchases", body=file, headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    if "import_id" not in told:
        raise AssertionError(told)
    connection.close()
    return time.monotonic() - began


async def _shop(database: Database, name: str) -> tuple[Source, str]:
    """Make a programme with members."""
    async with database.session() as session:
        program = await start_program(session, name, timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
        storefront_id = storefront.storefront_id
        if storefront_id is None:
            raise AssertionError
        key = await create_key(session, program_id=program.program_id, mode=program.mode, storefront_id=storefront_id)
    source, cache = Source(program, storefront_id, "default", "bench", "bench", "import"), RulesCache()

    async def join(tx: Tx, items: Sequence[NewMembership]) -> list[Any]:
        return await record_memberships(tx, source, cache, items)

    for first in range(0, _MEMBERS, _BATCH):
        await write(database, join, [NewMembership(f"c{n}", _START) for n in range(first, first + _BATCH)])
    return source, key


async def _by_verb(database: Database, source: Source, purchases: int, of: int) -> float:
    """Record rows of the file by the batch verb, in the order of time; tells the purchases a second."""
    cache = RulesCache()

    async def buy(tx: Tx, items: Sequence[NewPurchase]) -> list[Any]:
        return await record_purchases(tx, source, cache, items)

    rows = sorted((_row(number, of) for number in range(purchases)), key=lambda row: row[2])
    items = [NewPurchase(order, placed_at, "EUR", cents, external_id=who) for order, who, placed_at, cents in rows]
    began = time.monotonic()
    for start in range(0, purchases, _BATCH):
        if any(isinstance(one, Exception) for one in await write(database, buy, items[start : start + _BATCH])):
            raise AssertionError
    return purchases / (time.monotonic() - began)


async def _by_copy(owner: asyncpg.Connection, path: Path, purchases: int) -> float:
    await owner.execute(
        "CREATE TABLE plain (order_id text, customer_id text, placed_at timestamptz, goods numeric, channel text)"
    )
    began = time.monotonic()
    await owner.copy_to_table("plain", source=path, format="csv", header=True)
    return purchases / (time.monotonic() - began)


async def measure(servers: Servers, purchases: int, folder: Path) -> None:
    """Send a file, have it brought in by two workers of which the first is killed, and hold it against its peers."""
    owner = await asyncpg.connect(servers.database_url)
    await owner.execute("CREATE DATABASE imports")
    await owner.close()
    url, path = at(servers.database_url, "imports"), folder / "purchases.csv"
    await migrations.upgrade(url)
    _write_file(path, purchases)
    owner = await asyncpg.connect(url)
    async with connect(Settings(), url) as database:
        _, key = await _shop(database, "Imported")
        other, _ = await _shop(database, "By the verb")
        copied = await _by_copy(owner, path, purchases)
        verb_rows = min(purchases, _MOST_BY_VERB)
        verb = await _by_verb(database, other, verb_rows, purchases)
    watch = _Watch(owner)
    with served(url, servers.redis_url, key) as service:
        took = await asyncio.to_thread(_send, service, path)
        with _worker(servers, url) as first:
            await watch.until(first.pid, purchases // 2)
            first.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()
        half = watch.samples[-1][1]
        with _worker(servers, url) as second:
            await watch.until(second.pid, half + 1)
            resumed = time.monotonic() - killed_at
            await watch.until(second.pid, purchases)
    await _checked(owner, purchases)
    rate, (tenth, most) = watch.rate(), watch.memory_mb(purchases)
    size = path.stat().st_size / 1e6
    figures = [
        Figure("received over HTTP", f"{size:.0f} MB in {took:.1f} s, {size / took:.0f} MB a second"),
        Figure("COPY of the file into a plain table", f"{copied:,.0f} a second, {copied / rate:,.0f} times as many"),
        Figure("worker's memory", f"{tenth} MB after a tenth, {most} MB at most", f"≤ {_FLAT}", most <= tenth * _FLAT),
        Figure("after kill -9", f"killed after {half:,} rows, went on {resumed:.0f} s later; every row is there once"),
    ]
    name = f"import of {purchases:,} purchases, killed half-way"
    against = f"the batch verb, {verb_rows:,} of them, batches of 1,000"
    show([Comparison(name, "purchases", against, [rate], [verb], 0.6)], figures)
    await owner.close()


async def _checked(owner: asyncpg.Connection, purchases: int) -> None:
    """Make sure that every row is there once."""
    [state] = await owner.fetch("SELECT recorded, unchanged, errors FROM import WHERE kind = 'purchases'")
    [counted] = await owner.fetch(
        "SELECT count(*), count(DISTINCT order_id), (SELECT count(*) FROM award WHERE program_id = 1"
        " AND cause = 'purchase') FROM purchase WHERE program_id = 1"
    )
    if tuple(state) != (purchases, 0, 0) or set(counted) != {purchases}:
        raise AssertionError(tuple(state), tuple(counted))


def main() -> None:
    """Measure on embedded servers of our own, with durable commits."""
    options = argparse.ArgumentParser(prog="make bench-import", description=__doc__)
    options.add_argument("--purchases", type=int, default=50_000)
    options.add_argument("--work", action="store_true", help="Be the worker, until it is ended; the benchmark asks.")
    asked = options.parse_args()
    if asked.work:
        asyncio.run(_work())
        return
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as folder,
        acquire(Path(home)) as servers,
    ):
        asyncio.run(measure(servers, asked.purchases, Path(folder)))


if __name__ == "__main__":
    main()
