"""A file that a worker brings in, and that is killed in the middle: another goes on, and every row is there once."""

import asyncio
import signal
import subprocess
from pathlib import Path

import asyncpg
import httpx
import pytest

from loyalty.database import Database
from loyalty.verify import verify
from tests.loyalty.imports.desk import Ledger
from tests.loyalty.jobs.workers import until, worker_process

ROWS = 5_000


def purchases() -> str:
    rows = (f"{n},c{n % 50},2026-01-{n % 27 + 1:02}T10:00:00Z,{n % 90}.50\n" for n in range(ROWS - 1))
    return "order_id,customer_id,placed_at,goods\n" + "".join(rows) + "bad,c1,2026-01-01T10:00:00Z,x\n"


async def send(api: httpx.AsyncClient, kind: str, content: str) -> str:
    answer = await api.post("/v1/imports", params={"kind": kind}, content=content, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 202, answer.text
    found: str = answer.json()["import_id"]
    return found


@pytest.mark.parametrize("when", ["laying out", "recording"])
async def test_a_killed_worker_loses_no_row_and_doubles_none(
    when: str,
    api: httpx.AsyncClient,
    database: Database,
    database_url: str,
    redis_url: str,
    ledger: Ledger,
    owner: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    members = "customer_id,joined_at\n" + "".join(f"c{n},2026-01-01T00:00:00Z\n" for n in range(50))
    await send(api, "members", members)
    import_id = await send(api, "purchases", purchases())

    def work() -> "subprocess.Popen[str]":
        env = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOYALTY_HOME": str(tmp_path)}
        return worker_process("loyalty.cli", "worker", **env)

    async def begun() -> object:
        if when == "recording":
            return await ledger.value("SELECT count(*) FROM purchase")
        return await ledger.value("SELECT started_at FROM import WHERE kind = 'purchases'")

    worker = work()
    try:
        await until(begun)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    assert 0 <= await ledger.count("purchase") < ROWS - 1
    # The killed one's lease would run out in 15 seconds.
    await owner.execute("UPDATE schedule SET lease_until = now() WHERE lease_until IS NOT NULL")
    worker = await asyncio.to_thread(work)
    try:

        async def ended() -> bool:
            return bool((await api.get(f"/v1/imports/{import_id}")).json()["state"] == "done")

        await until(ended)
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.communicate)
    one = (await api.get(f"/v1/imports/{import_id}")).json()
    assert [one[name] for name in ("rows", "recorded", "unchanged", "refused")] == [ROWS, ROWS - 1, 0, 1]
    assert await ledger.value("SELECT count(DISTINCT order_id) FROM purchase") == ROWS - 1
    assert await ledger.value("SELECT count(*) FROM award WHERE cause = 'purchase'") == ROWS - 1
    assert sum((await ledger.points()).values()) == sum(n % 90 for n in range(ROWS - 1))
    assert await ledger.value("SELECT count(*) FROM import_row WHERE code IS NULL") == 0
    assert await ledger.count("import_part") == 0
    async with database.reader() as connection:
        assert (await verify(connection)).faults == []
