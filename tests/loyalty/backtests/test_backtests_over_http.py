"""Back-tests over HTTP: started under a key, done by the worker, shown, cancelled; scopes and refusals."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from loyalty.backtests.tasks import work_off
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts

DOUBLE = [{"kind": "points_per_amount", "id": "base", "points_per_step": 2, "step": "1.00"}]
ASKED = {"from_on": "2026-03-01", "to_on": "2026-03-31", "rules": DOUBLE, "point_cost": "0.015"}
START = "/v1/earning-rules/backtests"
UNKNOWN = f"{START}/0190b7a4-7f7e-7c39-8a57-3f5f0c4d2e11"


async def start(api: httpx.AsyncClient, under: str = "k", **changed: object) -> httpx.Response:
    body = {name: value for name, value in (ASKED | changed).items() if value is not None}
    return await api.post(START, json=body, headers={"Idempotency-Key": under})


async def work(database: Database, program: ProgramFacts) -> None:
    """Do what the worker does."""
    await work_off(Desk(database, program.program_id, new_id(), 1, utc_now()))


def placed(order_id: str, goods: str, customer: str, at: str) -> dict[str, Any]:
    return {"order_id": order_id, "placed_at": at, "currency": "EUR", "goods": goods, "customer_id": customer}


@pytest.fixture
async def shop(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Give a shop in which members ada and bob bought in March, bob in April too, and a guest."""
    for name in ("ada", "bob"):
        told = {"customer_id": name, "joined_at": "2026-01-01T00:00:00Z"}
        assert (await api.post("/v1/members", json=told)).is_success
    for told in (
        placed("o1", "10.00", "ada", "2026-03-02T09:00:00Z"),
        placed("o2", "25.50", "bob", "2026-03-31T21:59:59Z"),
        # The first hour of April in Paris.
        placed("o3", "40.00", "bob", "2026-03-31T22:00:00Z"),
        placed("o4", "70.00", "eve", "2026-03-05T09:00:00Z"),
    ):
        assert (await api.post("/v1/purchases", json=told)).is_success
    return api


async def test_a_back_test_tells_what_other_rules_would_have_given(
    shop: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    begun = await start(shop)
    assert begun.status_code == HTTPStatus.ACCEPTED, begun.text
    assert begun.json()["state"] == "queued"
    await work(database, program)
    done = (await shop.get(f"{START}/{begun.json()['backtest_id']}")).json()
    assert (done["state"], done["done"], done["total"], done["error"]) == ("done", 3, 3, None)
    assert done["rules"] == DOUBLE
    result = done["result"]
    assert result["total"] == {"purchases": 3, "points": 70, "given": 35, "difference": 35}
    assert result["cost"] == {"points": "1.05", "given": "0.53", "difference": "0.53"}
    assert (result["customers"], result["gain"], result["lose"], result["same"]) == (2, 2, 0, 0)
    assert [mover["sum"]["difference"] for mover in result["gained_most"]] == [25, 10]
    assert result["lost_most"] == []
    assert result["months"] == [{"month": "2026-03", "sum": result["total"]}]
    assert result["tiers"] == [{"tier": None, "sum": result["total"]}]


async def test_a_draft_is_tried_as_it_stood_when_it_was_asked_for(
    shop: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    told = {"name": "Twice", "rules": DOUBLE}
    draft = (await shop.post("/v1/earning-drafts", json=told, headers={"Idempotency-Key": "d"})).json()
    begun = (await start(shop, rules=None, draft_id=draft["draft_id"])).json()
    changed = {"name": "None", "rules": [], "version": draft["version"]}
    assert (await shop.put(f"/v1/earning-drafts/{draft['draft_id']}", json=changed)).is_success
    await work(database, program)
    done = (await shop.get(f"{START}/{begun['backtest_id']}")).json()
    assert (done["name"], done["draft_id"]) == ("Twice", draft["draft_id"])
    assert done["result"]["total"]["points"] == 70


async def test_nothing_of_the_ledger_is_written(
    shop: httpx.AsyncClient, database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    async def ledger() -> list[int]:
        tables = ("award", "entry", "lot", "event", "cap_use", "purchase")
        rows = [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
        return [*rows, await owner.fetchval("SELECT sum(version) FROM account")]

    before = await ledger()
    capped = [*DOUBLE, {"kind": "first_purchase", "points": 5}, {"kind": "cap", "points": 9, "per": "month"}]
    assert (await start(shop, rules=capped)).is_success
    await work(database, program)
    [one] = (await shop.get(START)).json()["data"]
    assert one["state"] == "done"
    assert await ledger() == before


async def test_the_same_key_again_gives_the_first_answer_and_starts_nothing(shop: httpx.AsyncClient) -> None:
    first, again = await start(shop), await start(shop)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len((await shop.get(START)).json()["data"]) == 1


async def test_a_cancelled_back_test_is_never_done(
    shop: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    begun = (await start(shop)).json()
    for _ in range(2):
        answer = await shop.post(f"{START}/{begun['backtest_id']}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (HTTPStatus.OK, "cancelled")
    await work(database, program)
    assert (await shop.get(f"{START}/{begun['backtest_id']}")).json()["state"] == "cancelled"


async def test_a_done_back_test_stays_done_when_it_is_cancelled(
    shop: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    begun = (await start(shop)).json()
    await work(database, program)
    assert (await shop.post(f"{START}/{begun['backtest_id']}/cancel")).json()["state"] == "done"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"rules": None}, "/rules"),
        ({"draft_id": str(uuid4())}, "/rules"),
        ({"from_on": "2026-04-01"}, "/from_on"),
        ({"rules": [{"kind": "no_such"}]}, "/rules/0/kind"),
        ({"rules": [*DOUBLE, *DOUBLE]}, "/rules/1/id"),
    ],
)
async def test_what_cannot_be_tried_is_refused_with_its_place(
    api: httpx.AsyncClient, changed: dict[str, object], pointer: str
) -> None:
    refused = await start(api, **changed)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_a_draft_that_there_is_not_cannot_be_tried(api: httpx.AsyncClient) -> None:
    assert (await start(api, rules=None, draft_id=str(uuid4()))).status_code == HTTPStatus.NOT_FOUND


async def test_twenty_may_wait_and_no_more(api: httpx.AsyncClient) -> None:
    answers = [(await start(api, under=f"k{n}")).status_code for n in range(21)]
    assert answers == [HTTPStatus.ACCEPTED] * 20 + [HTTPStatus.UNPROCESSABLE_ENTITY]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", START, "rules:read"),
        ("GET", UNKNOWN, "rules:read"),
        ("POST", START, "rules:write"),
        ("POST", f"{UNKNOWN}/cancel", "rules:write"),
    ],
)
async def test_each_call_needs_its_scope(
    api: httpx.AsyncClient, owner: asyncpg.Connection, method: str, path: str, scope: str
) -> None:
    body = {"json": ASKED, "headers": {"Idempotency-Key": "k"}} if path == START and method == "POST" else {}
    other = {"rules:read": "rules:write", "rules:write": "rules:read"}[scope]
    await owner.execute("UPDATE api_key SET scopes = $1", [other])
    refused = await api.request(method, path, **body)
    assert (refused.status_code, scope in refused.json()["detail"]) == (HTTPStatus.FORBIDDEN, True)
