"""Schedules: failures are kept and tried again, what is asked for is run, nothing is forgotten."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from loyalty.database import Database, Tx
from loyalty.earning.actions import start_program
from loyalty.errors import NotFound
from loyalty.jobs.actions import Jobs, schedule
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.jobs.job import Desk, Every, Job, Nightly
from loyalty.jobs.sweeper import told
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from tests.loyalty.jobs.workers import CLOSED, QUICK, Bench, row_of, until


async def test_a_failing_job_is_tried_again_later_and_its_error_is_kept(
    bench: Bench, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    waits = {1: 0.2, 2: 0.3}
    monkeypatch.setattr("loyalty.jobs.sweeper.back_off", lambda n, _: timedelta(seconds=waits[n]))

    async def fail_twice(desk: Desk) -> None:
        attempts.append(desk.attempt)
        if len(attempts) <= 2:
            msg = "no luck"
            raise RuntimeError(msg)

    async def failed_once() -> bool:
        return bool(attempts) and (await row_of(owner, "test.fails"))["last_error"] is not None

    async def well() -> bool:
        return (await row_of(owner, "test.fails"))["last_succeeded_at"] is not None

    async with bench.workers(Job("test.fails", Every(3600), fail_twice)):
        await until(failed_once)
        await until(well)
    row = await row_of(owner, "test.fails")
    assert attempts == [1, 2, 3]
    assert (row["attempts"], row["last_error"]) == (0, "RuntimeError: no luck")
    assert row["last_failed_at"] < row["last_succeeded_at"]
    assert row["run_id"] is row["leased_by"] is row["lease_until"] is None
    assert timedelta(minutes=59) < row["wait"] <= timedelta(hours=1)


async def test_a_failing_job_waits_for_its_time_and_hinders_no_other(bench: Bench, owner: asyncpg.Connection) -> None:
    runs: Counter[str] = Counter()

    async def fail(_: Desk) -> None:
        runs["fails"] += 1
        raise ValueError("x" * 2000)

    async def go_on(_: Desk) -> None:
        runs["goes on"] += 1

    async def often() -> bool:
        return runs["goes on"] >= 10

    async with bench.workers(Job("test.fails", Every(0.05), fail), Job("test.goes_on", Every(0.05), go_on)):
        await until(often)
    row = await row_of(owner, "test.fails")
    assert runs["fails"] == row["attempts"] == 1
    assert timedelta(seconds=0) < row["wait"] <= timedelta(seconds=5)
    assert len(row["last_error"]) == 500


async def test_what_is_asked_for_while_it_runs_is_run_once_more(bench: Bench) -> None:
    runs, go_on = 0, asyncio.Event()

    async def slow(_: Desk) -> None:
        nonlocal runs
        runs += 1
        await go_on.wait()

    async def ran(times: int) -> bool:
        return runs == times

    async with bench.workers(Job("test.slow", Every(3600), slow)):
        await until(lambda: ran(1))
        bell = ArqDoorbell(CLOSED)
        await Jobs(bench.database, bell).enqueue("test.slow")
        await bell.close()
        go_on.set()
        await until(lambda: ran(2))
        await asyncio.sleep(5 * QUICK.poll)
        assert runs == 2


async def test_a_run_is_asked_for_in_the_callers_commit(database: Database, owner: asyncpg.Connection) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    async with database.writer() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await schedule(Tx(connection), "test.later", 7, at)
        await transaction.rollback()
        assert await owner.fetchval("SELECT count(*) FROM schedule") == 0
        await schedule(Tx(connection), "test.later", 7, at)
        await schedule(Tx(connection), "test.later", 7, at + timedelta(days=1))
    assert (await row_of(owner, "test.later"))["next_at"] == at


async def test_a_nightly_job_is_planned_in_the_zone_of_its_programme(
    bench: Bench, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    ran: list[int] = []

    async def note(desk: Desk) -> None:
        ran.append(desk.program_id)

    async def ran_once() -> bool:
        return ran == [program.program_id]

    async def planned() -> bool:
        return await owner.fetchval("SELECT count(*) FROM schedule WHERE job = 'test.night'") == 1

    async with bench.workers(Job("test.night", Nightly(3, 15), note, per_program=True)):
        await until(planned)
        assert ran == []
        await owner.execute("UPDATE schedule SET next_at = now() WHERE job = 'test.night'")
        await until(ran_once)
    night = (await row_of(owner, "test.night"))["next_at"].astimezone(program.zone)
    assert (night.hour, night.minute) == (3, 15)
    assert night.date() - datetime.now(program.zone).date() <= timedelta(days=1)  # noqa: TID251 - a night from now


async def test_a_new_programme_and_a_quicker_pace_are_taken_up(bench: Bench, owner: asyncpg.Connection) -> None:
    ran: list[int] = []

    async def note(desk: Desk) -> None:
        ran.append(desk.program_id)

    async def ran_in(programs: list[int]) -> bool:
        return ran == programs

    job = Job("test.often", Every(3600), note, per_program=True)
    async with bench.workers(job):
        async with bench.database.session() as session:
            made = await start_program(session, "New", timezone="Asia/Tokyo", currency="JPY")
        await until(lambda: ran_in([made.program_id]))
    async with bench.workers(replace(job, when=Every(0.5))):
        await until(lambda: ran_in([made.program_id] * 2))
    assert (await row_of(owner, "test.often"))["wait"] <= timedelta(seconds=0.5)


async def test_a_job_that_hangs_is_ended_and_counts_as_failed(bench: Bench, owner: asyncpg.Connection) -> None:
    async def hang(_: Desk) -> None:
        await asyncio.Event().wait()

    async def failed() -> bool:
        return (await owner.fetchval("SELECT last_error FROM schedule WHERE job = 'test.hangs'")) is not None

    async with bench.workers(Job("test.hangs", Every(3600), hang, longest_seconds=0.1)):
        await until(failed)
    row = await row_of(owner, "test.hangs")
    assert (row["last_error"], row["attempts"]) == ("took longer than 0.1 s", 1)


def test_an_error_is_written_down_without_the_values_that_postgresql_quotes() -> None:
    unique = asyncpg.UniqueViolationError('duplicate key value violates unique constraint "user_email_is_taken_once"')
    unique.detail = "Key (email)=(ann@shop.example) already exists."
    assert told(unique) == (
        'UniqueViolationError (23505): duplicate key value violates unique constraint "user_email_is_taken_once"'
    )
    data = asyncpg.InvalidTextRepresentationError('invalid input syntax for type integer: "ann@shop.example"')
    assert told(data) == "InvalidTextRepresentationError (22P02)"
    assert told(ConnectionResetError()) == "ConnectionResetError"
    assert told(ValueError("first\nsecond\x00")) == "ValueError: first"


async def test_a_job_finds_the_facts_of_its_programme(database: Database, program: ProgramFacts) -> None:
    async with database.reader() as connection:
        assert await program_of(connection, program.program_id) == program
        with pytest.raises(NotFound):
            await program_of(connection, program.program_id + 1)
