"""Workers as processes: killed, ended, without Redis, without PostgreSQL, and hurried by a nudge."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from loyalty.background import all_jobs
from loyalty.jobs.actions import Jobs
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.jobs.job import Desk, Every, Job
from loyalty.jobs.queries import ran_lately
from loyalty.settings import Settings
from loyalty.worker import work
from tests.conftest import TestServers, execute, in_database
from tests.loyalty.jobs.workers import CLOSED, PATIENCE_SECONDS, QUICK, Bench, row_of, until, worker_process

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes; what a failed test leaves is ended."""
    started = []

    def start(module: str, *args: str, **env: str) -> "subprocess.Popen[str]":
        started.append(worker_process(module, *args, **env))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def is_leased(owner: asyncpg.Connection) -> bool:
    return await owner.fetchval("SELECT count(run_id) FROM schedule WHERE job = 'test.hangs'") == 1


async def test_the_job_of_a_killed_worker_is_taken_over_when_its_lease_is_out(
    bench: Bench, owner: asyncpg.Connection, database_url: str, start: Start
) -> None:
    process = start("tests.loyalty.jobs.slow_worker", "quick", DATABASE_URL=database_url, REDIS_URL=CLOSED)
    await until(lambda: is_leased(owner))
    runs: list[Desk] = []

    async def do_it(desk: Desk) -> None:
        runs.append(desk)

    async def taken_over() -> bool:
        return bool(runs)

    async with bench.workers(Job("test.hangs", Every(3600), do_it)):
        # As long as it lives, it keeps its lease.
        await asyncio.sleep(2 * QUICK.lease)
        assert runs == []
        process.send_signal(signal.SIGKILL)
        await until(taken_over, patience=20 * QUICK.lease)
    row = await row_of(owner, "test.hangs")
    assert [desk.attempt for desk in runs] == [2]
    assert f":{process.pid}:" in row["last_error"]
    assert "was gone before the end" in row["last_error"]
    assert (row["attempts"], row["run_id"]) == (0, None)


async def test_a_worker_that_is_told_to_end_gives_its_lease_back_and_ends_in_time(
    owner: asyncpg.Connection, database_url: str, redis_url: str, start: Start
) -> None:
    process = start("tests.loyalty.jobs.slow_worker", "main", DATABASE_URL=database_url, REDIS_URL=redis_url)
    await until(lambda: is_leased(owner))
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(process.communicate, None, PATIENCE_SECONDS)
    assert process.returncode == 0, said
    row = await row_of(owner, "test.hangs")
    assert (row["run_id"], row["attempts"], row["last_error"]) == (None, 0, None)
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["event"] for line in lines] == ["worker started", "job broken off", "worker ended"]
    assert lines[1]["job"] == "test.hangs"
    assert lines[1]["run_id"]


async def test_the_command_waits_for_the_database_and_does_without_redis(
    servers: TestServers, template: str, start: Start
) -> None:
    name = f"loyalty_test_{uuid4().hex}"
    url = in_database(servers.database_url, name)
    process = start("loyalty.cli", "worker", DATABASE_URL=url, REDIS_URL=CLOSED)
    assert process.stderr is not None
    refused = await asyncio.to_thread(process.stderr.readline)
    assert refused.startswith(f"Cannot reach the database {name}")
    assert refused.endswith("Waiting for it.\n")
    await asyncio.to_thread(execute, servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        connection = await asyncpg.connect(url)
        await until(lambda: ran_lately(connection))
        await connection.close()
        process.send_signal(signal.SIGINT)
        _, said = await asyncio.to_thread(process.communicate, None, PATIENCE_SECONDS)
        assert process.returncode == 0
        assert "redis is away" in said
        assert "Traceback" not in said
    finally:
        process.kill()
        drop = f"DROP DATABASE {name} WITH (FORCE)"
        await asyncio.to_thread(execute, servers.database_url, drop)


@pytest.mark.usefixtures("program")
async def test_every_job_of_the_service_runs_well(owner: asyncpg.Connection, database_url: str) -> None:
    stop = asyncio.Event()
    settings = Settings(DATABASE_URL=database_url, REDIS_URL=CLOSED, pool_size=4)
    working = asyncio.ensure_future(work(settings, stop, QUICK))
    names = {job.name for job in all_jobs()}

    async def planned() -> bool:
        found = await owner.fetch("SELECT DISTINCT job FROM schedule")
        return names <= {row["job"] for row in found}

    async def all_ran() -> bool:
        return (
            await owner.fetchval("SELECT count(*) FROM schedule WHERE last_started_at IS NULL OR run_id IS NOT NULL")
            == 0
        )

    await until(planned)
    await owner.execute("UPDATE schedule SET next_at = clock_timestamp()")
    await until(all_ran)
    stop.set()
    await asyncio.wait_for(working, PATIENCE_SECONDS)
    assert await owner.fetchval("SELECT array_agg(last_error) FROM schedule WHERE last_error IS NOT NULL") is None


async def test_a_worker_outlives_the_loss_of_its_connections(owner: asyncpg.Connection, database_url: str) -> None:
    stop = asyncio.Event()
    settings = Settings(DATABASE_URL=database_url, REDIS_URL=CLOSED, pool_size=4)
    working = asyncio.ensure_future(work(settings, stop, QUICK))

    async def ran_since(moment: object) -> bool:
        return bool(await owner.fetchval("SELECT max(last_succeeded_at) > $1 FROM schedule", moment))

    await until(lambda: ran_lately(owner))
    for _ in range(3):
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        moment = await owner.fetchval("SELECT clock_timestamp()")
        await owner.execute("UPDATE schedule SET next_at = clock_timestamp() WHERE run_id IS NULL")
        await until(lambda moment=moment: ran_since(moment))
    stop.set()
    await asyncio.wait_for(working, PATIENCE_SECONDS)


async def test_a_nudge_is_heard_long_before_the_worker_would_look(bench: Bench, redis_url: str) -> None:
    ran = 0

    async def note(_: Desk) -> None:
        nonlocal ran
        ran += 1

    async def ran_times(times: int) -> bool:
        return ran == times

    bell = ArqDoorbell(redis_url)
    jobs = Jobs(bench.database, bell)
    async with replace(bench, redis_url=redis_url, pace=replace(QUICK, poll=3600.0)).workers(
        Job("test.note", Every(3600), note)
    ):
        for times in range(1, 5):
            await until(lambda times=times: ran_times(times))
            await jobs.enqueue("test.note")
    await bell.close()


async def test_asking_for_a_run_needs_no_redis(bench: Bench) -> None:
    ran = 0

    async def note(_: Desk) -> None:
        nonlocal ran
        ran += 1

    async def ran_times(times: int) -> bool:
        return ran == times

    bell = ArqDoorbell(CLOSED)
    async with bench.workers(Job("test.note", Every(3600), note)):
        await until(lambda: ran_times(1))
        await Jobs(bench.database, bell).enqueue("test.note")
        await until(lambda: ran_times(2))
    await bell.close()


async def test_a_worker_hears_again_when_redis_is_back(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty.jobs.doorbell._AGAIN_AFTER_SECONDS", 0.05)
    heard = asyncio.Event()
    bell = ArqDoorbell(redis_url)
    bell._url = CLOSED
    listening = asyncio.ensure_future(bell.listen(heard.set))
    await asyncio.sleep(0.3)
    await bell.ring()
    assert not heard.is_set()
    bell._url = redis_url
    await asyncio.wait_for(heard.wait(), 30)
    listening.cancel()
    await asyncio.wait([listening])
    await bell.close()
