"""The liability over HTTP, as files, and at a terminal: the same numbers in every form."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from click.testing import CliRunner, Result

from kpi.liability.tables_out import HEADER
from loyalty.cli import main
from loyalty.spreadsheets import BYTE_ORDER_MARK
from tests.kpi.test_kpi_files import sheet

SPRING = "start=2026-01-01&end=2026-04-01"
POINTS = [
    ("2026-01-01", 0, 20, 20),
    ("2026-02-01", 20, 10, 30),
    ("2026-03-01", 30, 0, 30),
]


@pytest.fixture
async def shop(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Give a shop with two purchases of a member, and a cost of a point from February on."""
    joined = {"customer_id": "ann", "joined_at": "2026-01-01T00:00:00+01:00"}
    assert (await api.post("/v1/members", json=joined)).status_code == 201
    for number, day, goods in ((1, "2026-01-15", "20.00"), (2, "2026-02-15", "10.00")):
        order = {"order_id": str(number), "customer_id": "ann", "placed_at": f"{day}T12:00:00Z", "goods": goods}
        assert (await api.post("/v1/purchases", json={"currency": "EUR", **order})).status_code == 201
    entered = await api.put("/v1/point-costs", json={"from_on": "2026-02-01", "cost": "0.02", "breakage": "0.1"})
    assert entered.status_code == 200
    return api


async def test_the_roll_forward_closes_in_points_and_in_money(shop: httpx.AsyncClient) -> None:
    answered = await shop.get(f"/v1/liability?{SPRING}")
    assert answered.status_code == 200
    told = answered.json()
    assert (told["grain"], told["currency"], told["as_of_lowered"]) == ("month", "EUR", False)
    found = [(one["period"]["start"], one["points"]) for one in told["periods"]]
    assert [(start, p["opening"], p["issued"], p["closing"]) for start, p in found] == POINTS
    january, february, march = told["periods"]
    assert january["money"] is None
    assert january["reason"]["key"] == "no_point_cost"
    # 2 cents less 10 %: 1.8 cents a point.
    assert (february["money"]["opening"], february["money"]["liability"], february["reason"]) == (None, 54, None)
    assert (march["money"]["opening"], march["money"]["revalued"], march["money"]["closing"]) == (54, 0, 54)
    assert march["points"]["closed_with"] == {
        "available": 30,
        "pending": 0,
        "held": 0,
        "outstanding": 30,
        "debt": 0,
        "net": 30,
    }
    assert told["breakage"]["reason"]["key"] == "no_points_ended"
    assert (told["breakage"]["share"], told["breakage"]["entered_share"]) == (None, 0.1)
    # Without an estimate no breakage is counted: 30 x 2.
    assert told["breakage"]["liability_minor"] == 60


async def test_files_have_a_row_for_each_period_with_the_same_numbers(shop: httpx.AsyncClient) -> None:
    answered = await shop.get(f"/v1/liability.csv?{SPRING}")
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    name = 'attachment; filename="liability-month-2026-01-01-2026-04-01.csv"'
    assert answered.headers["content-disposition"] == name
    rows = list(csv.DictReader(io.StringIO(answered.text.removeprefix(BYTE_ORDER_MARK))))
    assert tuple(rows[0]) == HEADER
    lines = [
        (row["period_start"], *(int(row[f"points_{n}"]) for n in ("opening", "issued", "closing"))) for row in rows
    ]
    assert lines == POINTS
    assert [row["liability_minor"] for row in rows] == ["", "54", "54"]
    assert rows[0]["reason"].startswith("Enter what a point costs you")
    book = await shop.get(f"/v1/liability.xlsx?{SPRING}")
    header, *cells = sheet(book.content)
    assert tuple(text for _, text in header) == HEADER
    place = HEADER.index("points_issued")
    assert [row[place] for row in cells] == [("n", "20"), ("n", "10"), ("n", "0")]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("start=2026-01-02&end=2026-04-01", "/start"),
        (f"{SPRING}&grain=moon", "/grain"),
        (f"{SPRING}&as_of=yesterday", "/as_of"),
        ("start=2026-04-01&end=2026-01-01", "/end"),
    ],
)
async def test_what_is_no_period_is_refused(shop: httpx.AsyncClient, query: str, pointer: str) -> None:
    for ending in ("", ".csv", ".xlsx"):
        answered = await shop.get(f"/v1/liability{ending}?{query}")
        assert (answered.status_code, answered.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(("scopes", "status"), [(["kpis:read"], 200), (["members:read"], 403), ([], 403)])
async def test_it_needs_the_scope_of_the_figures(
    api: httpx.AsyncClient, owner: asyncpg.Connection, scopes: list[str], status: int
) -> None:
    await owner.execute("UPDATE api_key SET scopes = $1", scopes)
    for ending in ("", ".csv", ".xlsx"):
        assert (await api.get(f"/v1/liability{ending}?{SPRING}")).status_code == status


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Run the command line on a programme with a member's two purchases."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOYALTY_HOME", str(tmp_path / "home"))

    def loyalty(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    (tmp_path / "m.csv").write_text("customer_id,joined_at\na,2026-01-01T00:00:00Z\n")
    (tmp_path / "p.csv").write_text(
        "order_id,customer_id,placed_at,goods\n1,a,2026-01-15T10:00:00Z,20.00\n2,a,2026-02-15T10:00:00Z,10.00\n"
    )
    assert loyalty("program", "create", "Shop", "--timezone", "Europe/Paris", "--currency", "EUR").exit_code == 0
    assert loyalty("import", "members", str(tmp_path / "m.csv"), "--program", "Shop").exit_code == 0
    to = ["--program", "Shop", "--storefront", "web"]
    assert loyalty("import", "purchases", str(tmp_path / "p.csv"), *to).exit_code == 0
    return lambda *more: loyalty(
        "kpi", "liability", "--program", "Shop", "--start", "2026-01-01", "--end", "2026-04-01", *more
    )


def test_the_command_tells_a_person_and_a_program_the_same(run: Callable[..., Result], tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads(run("--json").stdout)
    found = [(one["period"]["start"], one["points"]) for one in told["periods"]]
    assert [(start, p["opening"], p["issued"], p["closing"]) for start, p in found] == POINTS
    rows = list(csv.DictReader(io.StringIO(run("--csv").stdout)))
    assert [int(row["points_closing"]) for row in rows] == [20, 30, 30]
    table = run().stdout
    assert all(start in table for start, *_ in POINTS)
    book = tmp_path / "liability.xlsx"
    assert run("--xlsx", str(book), "--grain", "quarter").exit_code == 0
    assert len(sheet(book.read_bytes())) == 2
