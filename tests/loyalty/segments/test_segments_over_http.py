"""Segments over HTTP: defined, tried, filled, listed, changed, deleted; scopes, pages, refusals."""

import csv
from http import HTTPStatus
from io import StringIO
from typing import Any

import asyncpg
import httpx
import pytest

from loyalty.database import Database
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.actions import keep_segment
from loyalty.segments.tasks import refresh_segments

BIG = [{"kind": "spent", "at_least": "50.00"}]
GOOD = {"key": "big", "name": "Big spenders", "conditions": BIG}
EVERY = [
    ("GET", "segments", "segments:read"),
    ("GET", "segments/big", "segments:read"),
    ("GET", "segment-conditions", "segments:read"),
    ("GET", "segments/big/members", "segments:read members:read"),
    ("GET", "segments/big/members.csv", "segments:read members:read"),
    ("POST", "segments:preview", "segments:read members:read"),
    ("POST", "segments", "segments:write"),
    ("PUT", "segments/big", "segments:write"),
    ("POST", "segments/big/refresh", "segments:write"),
    ("DELETE", "segments/big", "segments:write"),
]


async def define(api: httpx.AsyncClient, under: str = "k", **changed: object) -> httpx.Response:
    return await api.post("/v1/segments", json=GOOD | changed, headers={"Idempotency-Key": under})


@pytest.fixture
async def shop(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Give a shop in which c0 … c4 spent 10.00, 30.00, … 90.00."""
    orders = [
        {
            "order_id": f"o{n}",
            "placed_at": "2026-03-02T09:00:00Z",
            "currency": "EUR",
            "goods": f"{20 * n + 10}.00",
            "customer_id": f"c{n}",
        }
        for n in range(5)
    ]
    for order in orders:
        assert (await api.post("/v1/purchases", json=order)).is_success
    return api


@pytest.fixture
async def refreshed(database: Database, program: ProgramFacts) -> Any:  # noqa: ANN401
    """Do what the worker does."""

    async def work() -> None:
        async with database.reader() as connection:
            now = await connection.fetchval("SELECT clock_timestamp()")
        await refresh_segments(Desk(database, program.program_id, new_id(), 1, now))

    return work


async def test_a_segment_is_defined_filled_and_shown(shop: httpx.AsyncClient, refreshed: Any) -> None:  # noqa: ANN401
    defined = await define(shop)
    assert defined.status_code == HTTPStatus.CREATED
    told = defined.json()
    assert (told["key"], told["name"], told["conditions"], told["kept_by"]) == ("big", "Big spenders", BIG, None)
    assert (told["customers"], told["refreshed_at"], told["refreshing"]) == (0, None, True)

    await refreshed()
    shown = (await shop.get("/v1/segments/big")).json()
    assert (shown["customers"], shown["refreshing"]) == (3, False)
    page = (await shop.get("/v1/segments/big/members?limit=2")).json()
    assert (page["key"], page["customers"], page["refreshed_at"]) == ("big", 3, shown["refreshed_at"])
    rest = (await shop.get(f"/v1/segments/big/members?limit=2&cursor={page['next_cursor']}")).json()
    assert rest["next_cursor"] is None
    people = page["data"] + rest["data"]
    assert sorted(one["customer_ids"][0] for one in people) == ["c2", "c3", "c4"]
    assert [one["id"] for one in people] == sorted(one["id"] for one in people)

    file = await shop.get("/v1/segments/big/members.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="big.csv"'
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(file.text.removeprefix("\ufeff"))))
    assert [(row["id"], row["customer_ids"]) for row in rows] == [(o["id"], o["customer_ids"][0]) for o in people]


async def test_a_retry_gets_the_first_answer_and_another_body_is_refused(api: httpx.AsyncClient) -> None:
    first, again = await define(api), await define(api)
    assert (again.status_code, again.content) == (HTTPStatus.CREATED, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await define(api, name="Others")
    assert (other.status_code, other.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused")
    taken = await define(api, under="k2")
    assert (taken.status_code, taken.json()["code"]) == (HTTPStatus.CONFLICT, "key_taken")
    without = await api.post("/v1/segments", json=GOOD)
    assert without.status_code == HTTPStatus.BAD_REQUEST


async def test_conditions_are_tried_before_they_are_saved(shop: httpx.AsyncClient) -> None:
    tried = (await shop.post("/v1/segments:preview", json={"conditions": BIG})).json()
    assert tried["customers"] == 3
    assert sorted(one["customer_ids"][0] for one in tried["examples"]) == ["c2", "c3", "c4"]
    assert (await shop.get("/v1/segments")).json() == {"data": [], "next_cursor": None}


async def test_a_change_is_shown_and_the_same_again_changes_nothing(api: httpx.AsyncClient) -> None:
    await define(api)
    other = {"name": "Bigger", "conditions": [{"kind": "spent", "at_least": "90.00", "days": 30}]}
    changed, again = await api.put("/v1/segments/big", json=other), await api.put("/v1/segments/big", json=other)
    assert changed.status_code == again.status_code == HTTPStatus.OK
    assert changed.json()["conditions"] == other["conditions"]
    without = await api.put("/v1/segments/big", json={"name": "Bigger"})
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/conditions")


async def test_a_deleted_segment_is_gone_for_good(api: httpx.AsyncClient) -> None:
    await define(api)
    assert (await api.delete("/v1/segments/big")).status_code == HTTPStatus.NO_CONTENT
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/members"),
        ("GET", "/members.csv"),
        ("POST", "/refresh"),
    ):
        answer = await api.request(method, f"/v1/segments/big{path}")
        assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.NOT_FOUND, "not_found"), path
    assert (await define(api, under="k2")).json()["code"] == "key_taken"


async def test_a_segment_that_a_room_keeps_is_only_named(
    api: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    async with database.writer() as connection:
        await keep_segment(connection, program.program_id, "promoters", "Promoters", "surveys")
    shown = (await api.get("/v1/segments/promoters")).json()
    assert (shown["conditions"], shown["kept_by"], shown["refreshing"]) == (None, "surveys", False)
    assert (await api.put("/v1/segments/promoters", json={"name": "Fans"})).json()["name"] == "Fans"
    for method, path, body in (
        ("PUT", "", {"name": "Fans", "conditions": BIG}),
        ("DELETE", "", None),
        ("POST", "/refresh", None),
    ):
        answer = await api.request(method, f"/v1/segments/promoters{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.CONFLICT, "segment_kept")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"key": "Big!"}, "/key"),
        ({"name": ""}, "/name"),
        ({"name": " "}, "/name"),
        ({"conditions": []}, "/conditions"),
        ({"conditions": [{"kind": "magic"}]}, "/conditions/0/kind"),
        ({"conditions": [{"kind": "spent", "at_least": 50}]}, "/conditions/0/at_least"),
        ({"conditions": [{"kind": "spent", "at_least": "50.001"}]}, "/conditions/0/at_least"),
        ({"conditions": [{"kind": "spent", "at_least_minor": 5000}]}, "/conditions/0"),
        ({"conditions": [{"kind": "spent"}]}, "/conditions/0"),
        ({"conditions": [*BIG, {"kind": "orders", "at_least": -1}]}, "/conditions/1/at_least"),
        ({"conditions": [{"kind": "language", "language": 5}]}, "/conditions/0/language"),
        ({"colour": "red"}, "/colour"),
    ],
    ids=str,
)
async def test_a_bad_segment_is_refused_with_the_place(
    api: httpx.AsyncClient, changed: dict[str, object], pointer: str
) -> None:
    answer = await define(api, **changed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_lists_go_by_pages(api: httpx.AsyncClient) -> None:
    for number in range(3):
        await define(api, under=f"k{number}", key=f"s{number}")
    first = (await api.get("/v1/segments?limit=2")).json()
    rest = (await api.get(f"/v1/segments?limit=2&cursor={first['next_cursor']}")).json()
    assert [one["key"] for one in first["data"] + rest["data"]] == ["s0", "s1", "s2"]
    assert rest["next_cursor"] is None
    for path in ("segments?cursor=%FF", "segments?cursor=AA", "segments/s0/members?cursor=eA"):
        answer = await api.get(f"/v1/{path}")
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, path


async def test_every_kind_of_condition_describes_its_settings(api: httpx.AsyncClient) -> None:
    kinds = {kind["kind"]: kind for kind in (await api.get("/v1/segment-conditions")).json()["data"]}
    assert len(kinds) == 13
    assert set(kinds["spent"]["settings"]["properties"]) == {"at_least", "at_most", "days"}
    assert kinds["joined_within"]["settings"]["required"] == ["days"]
    assert all(kind["description"] and kind["title"] for kind in kinds.values())


@pytest.mark.parametrize(("method", "path", "scopes"), EVERY)
async def test_a_key_needs_every_scope(
    api: httpx.AsyncClient, owner: asyncpg.Connection, method: str, path: str, scopes: str
) -> None:
    needed = scopes.split()
    lacking = [scope for scope in ("segments:read", "segments:write", "members:read") if scope != needed[-1]]
    await owner.execute("UPDATE api_key SET scopes = $1", lacking)
    bodies = {"segments": GOOD, "segments/big": {"name": "Big"}, "segments:preview": {"conditions": BIG}}
    answer = await api.request(
        method, f"/v1/{path}", json=bodies.get(path) if method != "GET" else None, headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.FORBIDDEN, "forbidden"), answer.text
    assert needed[-1] in answer.json()["detail"]


async def test_a_segment_of_another_programme_is_unknown(
    api: httpx.AsyncClient, owner: asyncpg.Connection, program: ProgramFacts
) -> None:
    await owner.execute(
        "INSERT INTO program (program_id, name, currency, timezone, mode, policies)"
        " OVERRIDING SYSTEM VALUE VALUES ($1, 'Other', 'EUR', 'UTC', 'live', '{}')",
        program.program_id + 1,
    )
    await owner.execute(
        "INSERT INTO segment (program_id, segment_key, name, conditions, created_at, changed_at)"
        " VALUES ($1, 'big', 'Big', '[]', now(), now())",
        program.program_id + 1,
    )
    assert (await api.get("/v1/segments/big")).status_code == HTTPStatus.NOT_FOUND
    assert (await api.get("/v1/segments")).json()["data"] == []
    assert (await api.delete("/v1/segments/big")).status_code == HTTPStatus.NOT_FOUND
    assert (await define(api)).status_code == HTTPStatus.CREATED
