"""Leases: each run belongs to one worker, until it is done, given back, or another's."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from loyalty.database import Database
from loyalty.earning.actions import start_program
from loyalty.jobs import queries
from loyalty.jobs.job import Desk, Every, Job
from tests.loyalty.jobs.workers import QUICK, Bench, row_of, until


async def test_many_workers_run_each_job_once_at_a_time(bench: Bench) -> None:
    now_running: Counter[int] = Counter()
    most: Counter[int] = Counter()
    runs: list[Desk] = []

    async def count(desk: Desk) -> None:
        now_running[desk.program_id] += 1
        most[desk.program_id] = max(most[desk.program_id], now_running[desk.program_id])
        await asyncio.sleep(0.05)
        now_running[desk.program_id] -= 1
        runs.append(desk)

    for n in range(6):
        async with bench.database.session() as session:
            await start_program(session, f"Shop {n}", timezone="Europe/Paris", currency="EUR")

    async def enough() -> bool:
        return len(runs) >= 36

    async with bench.workers(Job("test.count", Every(0.1), count, per_program=True), count=3):
        await until(enough)
    assert set(most.values()) == {1}
    assert len(most) == 6
    assert len({desk.run_id for desk in runs}) == len(runs)
    assert {desk.attempt for desk in runs} == {1}


async def test_a_lease_can_be_taken_by_one_of_two_that_look_at_the_same_moment(
    database: Database, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO schedule (job, program_id, next_at) SELECT 'j', n, now() FROM generate_series(0, 9) n"
    )
    async with database.writer() as one, database.writer() as two, one.transaction(), two.transaction():
        first = await queries.due(one, ["j"], list(range(10)), 6)
        second = await queries.due(two, ["j"], list(range(10)), 6)
    assert (len(first), len(second)) == (6, 4)
    assert {due.program_id for due in (*first, *second)} == set(range(10))


async def test_a_job_longer_than_its_lease_keeps_it(bench: Bench, owner: asyncpg.Connection) -> None:
    runs = 0

    async def long(_: Desk) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(2 * QUICK.lease)

    async def done() -> bool:
        return (await owner.fetchval("SELECT last_succeeded_at FROM schedule WHERE job = 'test.long'")) is not None

    async with bench.workers(Job("test.long", Every(3600), long), count=2):
        await until(done)
    assert runs == 1


async def test_a_worker_whose_lease_is_gone_breaks_its_job_off(bench: Bench, owner: asyncpg.Connection) -> None:
    broken_off = asyncio.Event()
    started = asyncio.Event()

    async def hang(_: Desk) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            broken_off.set()

    async with bench.workers(Job("test.hangs", Every(3600), hang)):
        await asyncio.wait_for(started.wait(), 30)
        # Another worker has it now.
        other = "11111111-1111-1111-1111-111111111111"
        await owner.execute(
            "UPDATE schedule SET run_id = $1, leased_by = 'another', lease_until = now() + interval '1 hour'"
            " WHERE job = 'test.hangs'",
            other,
        )
        await asyncio.wait_for(broken_off.wait(), 30)
    row = await row_of(owner, "test.hangs")
    assert (str(row["run_id"]), row["leased_by"], row["attempts"]) == (other, "another", 1)


async def test_a_worker_that_ends_gives_back_what_it_cannot_finish(bench: Bench, owner: asyncpg.Connection) -> None:
    started = asyncio.Event()

    async def hang(_: Desk) -> None:
        started.set()
        await asyncio.Event().wait()

    async with bench.workers(Job("test.hangs", Every(3600), hang)):
        await asyncio.wait_for(started.wait(), 30)
    row = await row_of(owner, "test.hangs")
    assert (row["run_id"], row["attempts"], row["last_error"]) == (None, 0, None)
    assert row["wait"] <= timedelta(0)


async def test_a_worker_that_cannot_keep_its_lease_breaks_its_job_off_before_another_has_it(
    bench: Bench, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most, runs = 0, 0, 0

    async def away(*_: object) -> set[UUID]:
        raise ConnectionResetError

    async def hang_at_first(_: Desk) -> None:
        nonlocal at_work, most, runs
        runs += 1
        at_work += 1
        most = max(most, at_work)
        try:
            if runs == 1:
                await asyncio.Event().wait()
        finally:
            at_work -= 1

    async def done() -> bool:
        return runs == 2 and (await row_of(owner, "test.hangs"))["last_succeeded_at"] is not None

    monkeypatch.setattr(queries, "renew", away)
    async with bench.workers(Job("test.hangs", Every(3600), hang_at_first), count=2):
        await until(done)
    assert most == 1
