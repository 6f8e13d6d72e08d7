"""`make bench-pages`: how long the panel's pages take, over HTTP, on the sample as `loyalty demo` serves it.

Each page is asked for in turn with an answer that does nothing (`/livez`) by the same connection: the ratio tells what
a page costs beyond a request. The worker runs, as it does for a user. `--times N` (200); `--members N` has so many
members made up instead, without a worker.
"""

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from rich.console import Console
from rich.table import Table

from benchmarks.many_members import crowded
from kpi.rollup.serving import serving
from loyalty.database import connect
from loyalty.embedded import Servers, acquire
from loyalty.settings import Settings

_AIM_MS = 100
_PAGES = {
    "Impact, the year": "impact?period={year}",
    "Impact, a quarter beside the year before": "impact?period={year}-Q3&against=last_year",
    "Key figures, all": "kpis?period={year}",
    "A key figure": "kpis/retention_rate?period={year}",
    "A key figure by day": "kpis/aov?period={year}-05&by=day",
    "Customers behind a figure": "kpis/retention_rate/customers?period={year}",
    "Costs": "kpis/costs",
    "Liability": "liability",
    "Members": "members",
    "Members who left": "members?state=left",
    "Members by name": "members?q=nora",
    "Members by e-mail": "members?q=gus6%40example.com",
    "A member": "members/{member}",
    "Rules": "rules",
    "Rewards": "rewards",
    "Referrals": "referrals",
    "Segments": "segments",
    "Tiers": "tiers",
    "Surveys": "surveys",
    "Cases": "survey-cases",
    "Keys": "keys",
    "Imports": "imports",
    "Exports": "exports",
    "Audit log": "audit",
    "Team": "team",
    "Health": "health",
    "Settings": "settings",
}


# Once: it has the most purchases.
_SOMEBODY = "SELECT customer_id FROM purchase WHERE member GROUP BY customer_id ORDER BY count(*) DESC LIMIT 1"


@contextmanager
def shown(servers: Servers, home: Path) -> Iterator[tuple[int, str]]:
    """Run the demo as long as the block runs; tells its port and a session's cookie."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "loyalty.cli", "demo", "--no-browser", "--port", str(port)]
    at = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, "LOYALTY_HOME": str(home)}
    with subprocess.Popen(command, env={**os.environ, **at}, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = ""
            for line in process.stdout or ():
                found = re.search(r"(/admin/sign-in/\S+)", line)
                link = link or (found[1] if found else "")
                if line.startswith("ready"):
                    break
            yield port, _signed_in(port, link)
        finally:
            process.terminate()
            process.wait(30)


def _signed_in(port: int, link: str) -> str:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", link, headers={"Origin": f"http://127.0.0.1:{port}"})
    cookie = connection.getresponse().headers["Set-Cookie"]
    return str(cookie).split(";", 1)[0]


async def built(url: str) -> str:
    """Wait until the figures have caught up with the purchases; tells whose page is the longest."""
    async with connect(Settings(), url) as database:
        while True:
            async with database.reader() as reader:
                # The role of a reader sees one programme; the demo's is the first.
                found = await serving(reader, 1, [])
                waiting = await reader.fetchval("SELECT count(*) FROM kpi_dirty")
                somebody = await reader.fetchval(_SOMEBODY)
            if found is not None and found.behind_since is None and not waiting:
                return str(somebody)
            await asyncio.sleep(1)


def timed(connection: HTTPConnection, path: str, cookie: str) -> tuple[float, int]:
    """Ask for a page; tells milliseconds until the last byte, and the bytes."""
    began = perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:  # noqa: PLR2004 - OK
        msg = f"{path} answered {answer.status}"
        raise AssertionError(msg)
    return (perf_counter() - began) * 1000, len(body)


def measure(port: int, cookie: str, member: str, times: int, year: int) -> Table:
    """Time every page, each request beside one that does nothing."""
    columns = ("page", "first, ms", "p50, ms", "p95, ms", f"aim: p95 ≤ {_AIM_MS} ms", "times /livez (p50)", "kB")
    table = Table(*columns, title=f"{times} requests each, one connection")
    connection = HTTPConnection("127.0.0.1", port)
    for name, page in _PAGES.items():
        path = f"/admin/p/1/{page.format(year=year, member=member)}"
        first, size = timed(connection, path, cookie)
        ours, bare = [], []
        for _ in range(times):
            ours.append(timed(connection, path, cookie)[0])
            bare.append(timed(connection, "/livez", cookie)[0])
        p95 = quantiles(ours, n=20)[-1]
        told = [f"{ms:.1f}" for ms in (first, median(ours), p95)]
        ratio = f"{median(ours) / median(bare):.0f}"
        table.add_row(name, *told, "kept" if p95 <= _AIM_MS else "MISSED", ratio, f"{size / 1000:.0f}")
    return table


def main() -> None:
    """Measure on embedded servers of our own, with the sample in them."""
    options = argparse.ArgumentParser(prog="make bench-pages", description=__doc__)
    options.add_argument("--times", type=int, default=200)
    options.add_argument("--members", type=int, default=0, help="over so many members made up, instead of the sample")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as home, acquire(Path(home)) as servers:
        if asked.members:
            with crowded(servers, asked.members) as (port, cookie, member):
                table = measure(port, cookie, member, asked.times, 2025)
        else:
            with shown(servers, Path(home)) as (port, cookie):
                table = measure(port, cookie, asyncio.run(built(servers.database_url)), asked.times, 2017)
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
