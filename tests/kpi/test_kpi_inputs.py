"""What is entered for the key figures: over the API, from files, corrected by adding, and forgotten with the person."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import kpi.inputs.kinds
from kpi.actions import answer
from kpi.inputs.actions import tell_spend
from kpi.inputs.facts import NewSpend
from loyalty.database import Database, Tx, write
from loyalty.imports.actions import import_file
from loyalty.imports.facts import Imported, NewImport
from loyalty.programs.facts import ProgramFacts, Source

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
SPEND = {"spend_id": "ads/7", "kind": "acquisition", "booked_on": "2026-03-05", "amount": "84.50", "channel": "web"}
LEAD = {"lead_id": "l1", "created_at": "2026-03-01T10:00:00+01:00", "qualified": True, "email": "ada@example.org"}
COST = {"sku": "tea", "from_on": "2026-03-01", "unit_cost": "1.20"}
POINT = {"from_on": "2026-03-01", "cost": "0.005", "breakage": "0.2"}
EVERY = pytest.mark.parametrize(
    ("path", "body", "where", "other"),
    [
        ("spend", SPEND, "spend_id=ads/7", {"amount": "90.00"}),
        ("leads", LEAD, "lead_id=l1", {"qualified": False}),
        ("unit-costs", COST, "sku=tea&from_on=2026-03-01", {"unit_cost": "1.30"}),
        ("point-costs", POINT, "from_on=2026-03-01", {"breakage": "0.25"}),
    ],
    ids=["spend", "leads", "unit costs", "point costs"],
)


@pytest.fixture
async def narrow(owner: asyncpg.Connection, api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Give a client whose key may only read the key figures."""
    await owner.execute("UPDATE api_key SET scopes = ARRAY['kpis:read']")
    return api


@EVERY
async def test_what_is_entered_is_shown_corrected_and_withdrawn(
    api: httpx.AsyncClient,
    owner: asyncpg.Connection,
    path: str,
    body: dict[str, Any],
    where: str,
    other: dict[str, Any],
) -> None:
    table = {"spend": "kpi_spend", "leads": "kpi_lead", "unit-costs": "kpi_unit_cost"}.get(path, "kpi_point_cost")
    first = await api.put(f"/v1/{path}", json=body)
    assert (first.status_code, first.json()) == (200, {"replayed": False})
    again = await api.put(f"/v1/{path}", json=body)
    assert again.json() == {"replayed": True}
    assert again.headers["Idempotency-Replayed"] == "true"
    [shown] = (await api.get(f"/v1/{path}")).json()["data"]
    told = {name: shown[name] for name in body if name != "created_at"}
    assert told == {name: value for name, value in body.items() if name != "created_at"}
    assert (await api.put(f"/v1/{path}", json=body | other)).json() == {"replayed": False}
    [shown] = (await api.get(f"/v1/{path}")).json()["data"]
    assert {name: shown[name] for name in other} == other
    assert (await api.delete(f"/v1/{path}?{where}")).json() == {"replayed": False}
    assert (await api.get(f"/v1/{path}")).json() == {"data": [], "next_cursor": None}
    assert (await api.delete(f"/v1/{path}?{where}")).json() == {"replayed": True}
    assert (await api.put(f"/v1/{path}", json=body)).json() == {"replayed": False}
    # Nothing was changed in place: four versions, the third withdrawn.
    versions = await owner.fetch(f"SELECT version, withdrawn FROM {table} ORDER BY version")
    assert [tuple(row) for row in versions] == [(1, False), (2, False), (3, True), (4, False)]
    assert await owner.fetchval(f"SELECT bool_and(actor LIKE 'key:%') FROM {table}")


@EVERY
async def test_without_the_scope_nothing_is_entered(
    narrow: httpx.AsyncClient, path: str, body: dict[str, Any], where: str, other: dict[str, Any]
) -> None:
    refused = [await narrow.put(f"/v1/{path}", json=body | other), await narrow.delete(f"/v1/{path}?{where}")]
    for answered in refused:
        assert (answered.status_code, answered.json()["code"]) == (403, "forbidden")
        assert "kpis:write" in answered.json()["detail"]
    assert (await narrow.get(f"/v1/{path}")).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("spend", SPEND | {"kind": "fun"}, "/kind"),
        ("spend", SPEND | {"amount": "1.001"}, "/amount"),
        ("spend", SPEND | {"amount": "-1"}, "/amount"),
        ("spend", SPEND | {"booked_on": "5 March"}, "/booked_on"),
        ("spend", SPEND | {"spend_id": ""}, "/spend_id"),
        ("spend", SPEND | {"colour": "red"}, "/colour"),
        ("leads", LEAD | {"created_at": "2026-03-01T10:00:00"}, "/created_at"),
        ("leads", LEAD | {"created_at": "0001-01-01T00:00:00+14:00"}, "/created_at"),
        ("leads", LEAD | {"email": "nobody"}, "/email"),
        ("unit-costs", COST | {"from_on": "2026-02-30"}, "/from_on"),
        ("point-costs", POINT | {"breakage": "1.01"}, "/breakage"),
        ("point-costs", POINT | {"cost": "0.0000001"}, "/cost"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], pointer: str
) -> None:
    answered = await api.put(f"/v1/{path}", json=body)
    assert answered.status_code == 422, answered.text
    assert [error["pointer"] for error in answered.json()["errors"]] == [pointer]


async def test_what_was_never_entered_cannot_be_withdrawn(api: httpx.AsyncClient) -> None:
    assert (await api.delete("/v1/spend?spend_id=x")).status_code == 404
    assert (await api.delete("/v1/unit-costs?sku=x&from_on=yesterday")).status_code == 422


async def test_pages_go_on_where_the_last_one_ended(api: httpx.AsyncClient) -> None:
    for n in range(5):
        await api.put("/v1/unit-costs", json=COST | {"sku": f"tea {n // 2}", "from_on": f"2026-03-0{n + 1}"})
    seen, cursor = [], ""
    while cursor is not None:
        page = (await api.get(f"/v1/unit-costs?limit=2{cursor and '&cursor='}{cursor}")).json()
        seen += [(row["sku"], row["from_on"]) for row in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [(f"tea {n // 2}", f"2026-03-0{n + 1}") for n in range(5)]
    for bad in ("x", "bnVsbA", "WyIiXQ", "WyJ0ZWEiLCJub3ciXQ"):
        assert (await api.get(f"/v1/unit-costs?cursor={bad}")).status_code == 422


async def test_another_programme_sees_nothing_of_it(
    api: httpx.AsyncClient, database: Database, source: Source, owner: asyncpg.Connection
) -> None:
    abroad = await owner.fetchval(
        "INSERT INTO program (name, mode, currency, timezone) VALUES ('b', 'live', 'EUR', 'UTC') RETURNING program_id"
    )
    there = ProgramFacts(abroad, "b", "live", "EUR", "UTC", timedelta(), None, None, source.program.policies, NOW)
    elsewhere = Source(there, 1, "default", "key/b", "req")
    await tell(database, elsewhere, NewSpend("ads", "acquisition", date(2026, 3, 5), 100))
    assert (await api.get("/v1/spend")).json()["data"] == []
    assert (await api.delete("/v1/spend?spend_id=ads")).status_code == 404


NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def tell(database: Database, source: Source, *items: NewSpend) -> list[Any]:
    async def verb(tx: Tx, some: Any) -> list[Any]:  # noqa: ANN401
        return list(await tell_spend(tx, source, some))

    return await write(database, verb, items)


async def test_of_one_id_told_twice_at_once_the_last_counts(database: Database, source: Source) -> None:
    first, second = (NewSpend("ads", "acquisition", date(2026, 3, 5), minor) for minor in (100, 200))
    told = await tell(database, source, first, second, second)
    assert [one.replayed for one in told] == [False, False, True]
    async with database.reader() as connection:
        assert await connection.fetchval("SELECT amount_minor FROM kpi_spend ORDER BY version DESC LIMIT 1") == 200


async def test_the_cost_of_a_customer_is_answered_from_what_was_entered_over_the_api(
    api: httpx.AsyncClient, database: Database, source: Source
) -> None:
    order = {"order_id": "1", "customer_id": "ada", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR"}
    line = {"line_id": "1", "amount": "10.00", "quantity": 2, "sku": "tea"}
    bought = await api.post("/v1/purchases", json=order | {"goods": "10.00", "lines": [line]})
    assert bought.status_code == 201, bought.text
    for path, body in (("spend", SPEND), ("unit-costs", COST)):
        await api.put(f"/v1/{path}", json=body)
    async with database.reader() as connection:
        net = await answer(connection, source.program, "cac_net", *MARCH)
        profit = await answer(connection, source.program, "profit_per_customer", *MARCH)
    # 84.50 less (10.00 - 2 x 1.20)
    assert net.figures.segments["all"].num == 7690
    assert profit.figures.segments["all"].num == 760


async def test_a_forgotten_person_leaves_the_lead_and_its_figure_but_no_address(
    api: httpx.AsyncClient, database: Database, source: Source, owner: asyncpg.Connection
) -> None:
    order = {"order_id": "1", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "10.00"}
    person = {"customer_id": "ada", "customer": {"email": "Ada@example.org"}}
    assert (await api.post("/v1/purchases", json=order | person)).status_code == 201
    await api.put("/v1/leads", json=LEAD)
    await api.put("/v1/leads", json=LEAD | {"lead_id": "l2", "email": None, "customer_id": "ada"})
    await api.put("/v1/leads", json=LEAD | {"lead_id": "l3", "email": "bob@example.org"})
    exported = (await api.get("/v1/customers/ada/export")).json()
    assert [lead["lead_id"] for lead in exported["leads"]] == ["l1", "l2"]
    for _ in range(2):
        async with database.reader() as connection:
            told = (await answer(connection, source.program, "lead_conversion", *MARCH)).figures.segments["all"]
        assert (told.num, told.den) == (2, 3)
        erased = await api.post("/v1/customers/ada/erase")
        assert erased.status_code == 200, erased.text
    left = await owner.fetch("SELECT lead_id, email, external_id FROM kpi_lead ORDER BY lead_id")
    assert [tuple(row) for row in left] == [("l1", None, None), ("l2", None, None), ("l3", "bob@example.org", None)]
    # The file from which the lead came does not bring the person back.
    assert (await api.put("/v1/leads", json=LEAD)).json() == {"replayed": True}
    assert await owner.fetchval("SELECT count(*) FROM kpi_lead WHERE email = 'ada@example.org'") == 0


@pytest.mark.parametrize(
    ("kind", "rows", "bad"),
    [
        ("spend", "spend_id,kind,booked_on,amount\na,acquisition,2026-03-05,84.50\nb,fun,2026-03-06,1", "bad_word"),
        (
            "leads",
            "lead_id,created_at,qualified,customer_id\na,2026-03-01T10:00:00Z,true,ada\nb,2026-03-01,true,bob",
            "no_offset",
        ),
        ("costs", "sku,from_on,unit_cost_cents\ntea,2026-03-05,120\ntea,2026-02-30,1", "bad_day"),
    ],
)
async def test_files_come_in_twice_without_harm_and_bad_rows_are_named(
    database: Database, source: Source, tmp_path: Path, kind: str, rows: str, bad: str
) -> None:
    kpi.inputs.kinds.load()
    path = tmp_path / f"{kind}.csv"
    path.write_text(rows)
    new = NewImport(source.program, kind, path)
    told = await import_file(database, new)
    assert (told.rows, told.recorded, told.unchanged, told.errors) == (2, 1, 0, 1)
    assert told.errors_file is not None
    assert bad in told.errors_file.read_text()
    again: Imported = await import_file(database, new)
    assert (again.recorded, again.unchanged, again.errors) == (0, 1, 1)
