"""Test mode: a twin programme with the same rules, its own data, and a clock that goes forward."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from click.testing import CliRunner
from litestar import Litestar

from loyalty.auth.actions import create_key
from loyalty.cli import main
from loyalty.database import Database
from loyalty.earning.twins import ensure_twin
from loyalty.errors import Invalid
from loyalty.programs.actions import ensure_storefront, set_policies
from loyalty.programs.facts import ProgramFacts


@pytest.fixture
async def twin(database: Database, program: ProgramFacts) -> ProgramFacts:
    """Give the twin of a programme whose points end after twelve months."""
    async with database.session() as session:
        await set_policies(session, program.name, {"expiry": {"kind": "months", "months": 12}})
    async with database.session() as session:
        return (await ensure_twin(session, program))[0]


@pytest.fixture
async def testing(app: Litestar, database: Database, twin: ProgramFacts) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with a test key."""
    async with database.session() as session:
        storefront, _ = await ensure_storefront(session, twin.program_id, "web shop")
        key = await create_key(
            session, program_id=twin.program_id, mode=twin.mode, storefront_id=storefront.storefront_id or 0
        )
    assert key.startswith("lk_test_")
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        yield client


async def set_to(client: httpx.AsyncClient, at: datetime, key: str = "") -> httpx.Response:
    body = {"now": at.isoformat()}
    return await client.post("/v1/test-clock", json=body, headers={"Idempotency-Key": key or str(uuid4())})


async def buys(client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the clock of the world, which the test is about
    joined = {"customer_id": "ann", "joined_at": (now - timedelta(days=2)).isoformat()}
    order = {"order_id": "1", "customer_id": "ann", "placed_at": (now - timedelta(days=1)).isoformat()}
    assert (await client.post("/v1/members", json=joined)).is_success
    assert (await client.post("/v1/purchases", json=order | {"currency": "EUR", "goods": "100"})).is_success


async def available(client: httpx.AsyncClient) -> int:
    told: dict[str, Any] = (await client.get("/v1/members/ann/balance")).json()
    found: int = told["available"]
    return found


async def test_points_end_in_test_mode_when_its_clock_says_so_and_nowhere_else(
    testing: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await buys(testing)
    await buys(api)
    assert (await available(testing), await available(api)) == (100, 100)
    before = (await testing.get("/v1/test-clock")).json()
    assert before["ahead_seconds"] == 0

    to = datetime.fromisoformat(before["now"]) + timedelta(days=400)
    moved = await set_to(testing, to)

    assert moved.status_code == HTTPStatus.OK, moved.text
    assert 400 * 86_400 - 5 <= moved.json()["ahead_seconds"] <= 400 * 86_400
    assert (await available(testing), await available(api)) == (0, 100)
    assert datetime.fromisoformat((await testing.get("/v1/members/ann/balance")).json()["as_of"]) >= to
    # What is recorded from now on is of that time.
    order = {"order_id": "2", "customer_id": "ann", "placed_at": to.isoformat(), "currency": "EUR", "goods": "7"}
    assert (await testing.post("/v1/purchases", json=order)).json()["recorded_at"] >= to.isoformat()[:19]
    assert (await api.post("/v1/purchases", json=order)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_the_clock_goes_forward_only_once_per_key_and_not_too_far(testing: httpx.AsyncClient) -> None:
    now = datetime.fromisoformat((await testing.get("/v1/test-clock")).json()["now"])
    first = await set_to(testing, now + timedelta(days=2), "k")
    again = await set_to(testing, now + timedelta(days=2), "k")
    back = await set_to(testing, now + timedelta(days=1))
    beyond = await set_to(testing, now + timedelta(days=366 * 51))

    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert (back.status_code, back.json()["code"]) == (HTTPStatus.CONFLICT, "clock_goes_forward")
    assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "/now")


async def test_nightly_work_of_the_test_programme_is_due_at_once(
    testing: httpx.AsyncClient, twin: ProgramFacts, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    for program_id in (twin.program_id, program.program_id):
        await owner.execute(
            "INSERT INTO schedule (job, program_id, next_at) VALUES ('night', $1, now() + interval '5 hours')",
            program_id,
        )
    now = datetime.fromisoformat((await testing.get("/v1/test-clock")).json()["now"])
    await set_to(testing, now + timedelta(days=1))

    due = await owner.fetch("SELECT program_id FROM schedule WHERE next_at <= now() AND job = 'night'")
    assert [row["program_id"] for row in due] == [twin.program_id]


async def test_a_live_key_moves_no_clock(api: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    shown = await api.get("/v1/test-clock")
    moved = await set_to(api, datetime(2030, 1, 1, tzinfo=UTC))

    for answer in (shown, moved):
        assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.FORBIDDEN, "forbidden")
        assert "keys create --test" in answer.json()["detail"]
    assert await owner.fetchval("SELECT bool_and(clock_offset = '0') FROM program")


async def test_a_twin_begins_with_the_rules_and_policies_in_force_and_is_made_once(
    database: Database, owner: asyncpg.Connection, program: ProgramFacts, twin: ProgramFacts
) -> None:
    async with database.session() as session:
        again, is_new = await ensure_twin(session, program)
        with pytest.raises(Invalid, match="is a test programme itself"):
            await ensure_twin(session, again)
    rules = await owner.fetch("SELECT rules, in_force_from FROM earning_rules ORDER BY program_id")

    assert (again, is_new) == (twin, False)
    assert (twin.mode, twin.name, twin.currency, twin.timezone) == ("test", "Shop (test)", "EUR", "Europe/Paris")
    assert twin.policies.told == {"expiry": {"kind": "months", "months": 12}}
    assert len(rules) == 2
    assert tuple(rules[0]) == tuple(rules[1])


async def test_the_terminal_makes_a_test_key_and_its_programme(
    app: Litestar, program: ProgramFacts, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    command = ["keys", "create", "--program", program.name, "--storefront", "web", "--test"]
    first = await asyncio.to_thread(CliRunner().invoke, main, command)
    second = await asyncio.to_thread(CliRunner().invoke, main, command)

    assert "Created the test programme 'Shop (test)'." in first.stderr
    assert "test programme" not in second.stderr
    headers = {"Authorization": f"Bearer {first.stdout.strip()}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loyalty.test") as client:
        assert (await client.get("/v1/test-clock", headers=headers)).json()["ahead_seconds"] == 0
