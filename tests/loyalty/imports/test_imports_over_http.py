"""Imports over HTTP: sent, done by the worker, shown, repaired, cancelled; scopes and refusals."""

import asyncio
import csv
import gzip
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from loyalty.auth.actions import create_key
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.ids import new_id
from loyalty.imports.tasks import clean_up, work_off
from loyalty.jobs.job import Desk
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts
from tests.loyalty.imports.desk import Ledger
from tests.loyalty.jobs.workers import until

Work = Callable[[], Awaitable[None]]
ALL = "/v1/imports"
UNKNOWN = f"{ALL}/0190b7a4-7f7e-7c39-8a57-3f5f0c4d2e11"
MEMBERS = "customer_id,joined_at,email\na,2026-01-01T00:00:00Z,a@example.com\nb,2026-01-01T00:00:00Z,\n"
PURCHASES = """order_id,customer_id,placed_at,goods,campaign
1,a,2026-01-02T10:00:00Z,12.50,spring
2,b,2026-01-03T10:00:00Z,20.00,
=3,b,2026-01-04T10:00:00Z,-5.00,
4,b,yesterday,30.00,
5,b,2126-01-04T10:00:00Z,30.00,
"""
OBJECTS = """{"order_id": "n1", "customer_id": "a", "placed_at": "2026-02-01T10:00:00Z", "goods": 10.50, "shop": "x"}

{"order_id": "n2", "customer_id": null, "placed_at": "2026-02-01T11:00:00Z", "net_cents": 700}
{"order_id": "n3", "placed_at": "2026-02-01T11:00:00Z", "goods": "7.00"}
{"order_id": "n4", "customer_id": "a", "placed_at": "2026-02-01T11:00:00Z", "goods": "7.00", "net_cents": 700}
{"order_id": "n5", "customer_id": ["a"], "placed_at": "2026-02-01T11:00:00Z", "goods": "7.00"}
[1]
{"order_id": "n6\\u0000", "customer_id": "a", "placed_at": "2026-02-01T11:00:00Z", "goods": "7.00"}
"""


async def send(
    api: httpx.AsyncClient, kind: str, content: str | bytes, of: str = "text/csv", **query: str | bool
) -> httpx.Response:
    return await api.post(ALL, params={"kind": kind, **query}, content=content, headers={"Content-Type": of})


@pytest.fixture
async def work(database: Database, program: ProgramFacts) -> Work:
    """Do what the worker does."""

    async def work_now() -> None:
        await work_off(Desk(database, program.program_id, new_id(), 1, utc_now()))

    return work_now


async def done(api: httpx.AsyncClient, begun: httpx.Response, work: Work) -> dict[str, Any]:
    assert begun.status_code == 202, begun.text
    await work()
    found: dict[str, Any] = (await api.get(f"{ALL}/{begun.json()['import_id']}")).json()
    return found


async def test_a_file_is_brought_in_and_tells_what_became_of_its_rows(
    api: httpx.AsyncClient, work: Work, ledger: Ledger
) -> None:
    begun = await send(api, "members", MEMBERS)
    assert (begun.json()["state"], begun.json()["rows"], begun.json()["bytes"]) == ("queued", 0, len(MEMBERS))
    members = await done(api, begun, work)
    assert (members["state"], members["recorded"], members["progress"]) == ("done", 2, 1)
    purchases = await done(api, await send(api, "purchases", gzip.compress(PURCHASES.encode()), name="sales"), work)
    counts = [purchases[name] for name in ("rows", "recorded", "unchanged", "refused")]
    assert (purchases["name"], purchases["state"], counts) == ("sales", "done", [5, 2, 0, 3])
    assert purchases["rows_per_second"] > 0
    assert await ledger.points() == {"a": 12, "b": 20}
    assert await ledger.value("SELECT DISTINCT origin FROM event") == "import"
    assert await ledger.value("SELECT count(*) FROM import_part") == 0
    key = await ledger.value("SELECT key_id::text FROM api_key")
    assert await ledger.value("SELECT string_agg(DISTINCT actor, ',') FROM award") == f"key:{key}"
    assert [one["kind"] for one in (await api.get(ALL)).json()["data"]] == ["purchases", "members"]


async def test_refused_rows_are_listed_page_by_page_with_their_columns(api: httpx.AsyncClient, work: Work) -> None:
    await done(api, await send(api, "members", MEMBERS), work)
    one = await done(api, await send(api, "purchases", PURCHASES), work)
    first = (await api.get(f"{ALL}/{one['import_id']}/errors", params={"limit": 2})).json()
    rest = (await api.get(f"{ALL}/{one['import_id']}/errors", params={"cursor": first["next_cursor"]})).json()
    assert rest["next_cursor"] is None
    told = [(row["row"], row["id"], row["column"], row["code"]) for row in first["data"] + rest["data"]]
    assert told == [
        (4, "=3", "goods", "negative_amount"),
        (5, "4", "placed_at", "bad_instant"),
        (6, "5", "placed_at", "invalid"),
    ]
    bad = await api.get(f"{ALL}/{one['import_id']}/errors", params={"cursor": "9" * 30})
    assert bad.status_code == 422


async def test_the_file_of_refused_rows_is_repaired_and_sent_again(
    api: httpx.AsyncClient, work: Work, ledger: Ledger
) -> None:
    await done(api, await send(api, "members", MEMBERS), work)
    one = await done(api, await send(api, "purchases", PURCHASES), work)
    file = await api.get(f"{ALL}/{one['import_id']}/errors.csv")
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows[0] == [
        "error_row", "error_code", "error_message", "order_id", "customer_id", "placed_at", "goods", "campaign",
    ]  # fmt: skip
    # No spreadsheet runs what stands there.
    assert rows[1][3:] == ["'=3", "b", "2026-01-04T10:00:00Z", "'-5.00", ""]
    fixed = file.content.replace(b"'-5.00", b"5.00").replace(b"yesterday", b"2026-01-05T10:00:00Z")
    again = await done(api, await send(api, "purchases", fixed), work)
    assert (again["recorded"], again["refused"], again["ignored"]) == (2, 1, [])
    assert await ledger.value("SELECT array_agg(order_id ORDER BY order_id) FROM purchase") == ["1", "2", "4", "=3"]
    assert await ledger.value("SELECT count(*) FROM purchase WHERE metadata IS NOT NULL") == 1


async def test_objects_come_in_as_rows_do(api: httpx.AsyncClient, work: Work, ledger: Ledger) -> None:
    await done(api, await send(api, "members", MEMBERS), work)
    one = await done(api, await send(api, "purchases", OBJECTS, "application/x-ndjson"), work)
    assert (one["format"], one["recorded"], one["refused"]) == ("ndjson", 2, 5)
    assert await ledger.points() == {"a": 10, "b": 0}
    assert await ledger.value("SELECT metadata ->> 'shop' FROM purchase WHERE order_id = 'n1'") == "x"
    errors = (await api.get(f"{ALL}/{one['import_id']}/errors")).json()["data"]
    assert [(row["row"], row["code"]) for row in errors] == [
        (4, "missing_value"),
        (5, "said_twice"),
        (6, "bad_value"),
        (7, "bad_json"),
        (8, "nul_character"),
    ]


async def test_a_dry_run_checks_everything_and_records_nothing(
    api: httpx.AsyncClient, work: Work, ledger: Ledger
) -> None:
    await done(api, await send(api, "members", MEMBERS), work)
    before = [await ledger.count(table) for table in ("purchase", "award", "entry", "event", "outbox", "customer")]
    one = await done(api, await send(api, "purchases", PURCHASES, dry_run=True), work)
    assert (one["dry_run"], one["state"], one["recorded"], one["refused"]) == (True, "done", 2, 3)
    now = [await ledger.count(table) for table in ("purchase", "award", "entry", "event", "outbox", "customer")]
    assert now == before
    assert await ledger.value("SELECT max(version) FROM account") == 1
    real = await done(api, await send(api, "purchases", PURCHASES), work)
    assert (real["recorded"], real["refused"]) == (2, 3)
    # What would contradict the ledger is refused on trial, too.
    other = await done(api, await send(api, "purchases", PURCHASES.replace("12.50", "13.50"), dry_run=True), work)
    assert (other["unchanged"], other["refused"]) == (1, 4)


async def test_the_same_file_goes_on_while_it_is_unfinished_and_changes_nothing_afterwards(
    api: httpx.AsyncClient, work: Work, ledger: Ledger
) -> None:
    first, again = await send(api, "members", MEMBERS), await send(api, "members", MEMBERS)
    assert again.status_code == 202
    assert (again.headers["Idempotency-Replayed"], again.json()["import_id"]) == ("true", first.json()["import_id"])
    trial = await send(api, "members", MEMBERS, dry_run=True)
    assert trial.json()["import_id"] != first.json()["import_id"]
    assert (await done(api, first, work))["recorded"] == 2
    later = await done(api, await send(api, "members", MEMBERS), work)
    assert (later["recorded"], later["unchanged"]) == (0, 2)
    assert await ledger.count("import") == 3


async def test_a_file_that_nobody_can_read_has_failed_and_says_why(
    api: httpx.AsyncClient, work: Work, ledger: Ledger
) -> None:
    one = await done(api, await send(api, "purchases", "a;b\n1;2\n", name="sales.csv"), work)
    assert (one["state"], one["rows"]) == ("failed", 0)
    assert "separated by semicolons" in one["error"]
    torn = await done(api, await send(api, "members", gzip.compress(MEMBERS.encode())[:-9]), work)
    assert torn["state"] == "failed"
    assert "damaged gzip" in torn["error"]
    assert await ledger.count("import_part") == 0
    assert await ledger.count("import_row") == 0


@pytest.mark.parametrize(
    ("query", "of", "content", "status", "says"),
    [
        ({"kind": "wishes"}, "text/csv", "a\n", 422, "the kinds are: balances, costs, leads, members"),
        ({"kind": "members"}, "text/csv", "", 400, "Send the file"),
        ({"kind": "members"}, "application/json", "{}", 415, "Content-Type"),
        ({"kind": "members"}, "text/csv", b"PK\x03\x04rest", 422, "Excel"),
        ({}, "text/csv", "a\n", 422, "kind"),
        ({"kind": "members", "format": "xml"}, "text/csv", "a\n", 422, "format"),
    ],
    ids=["kind", "empty", "type", "excel", "no-kind", "format"],
)
async def test_what_can_be_told_at_once_is_refused_at_once(
    api: httpx.AsyncClient,
    ledger: Ledger,
    query: dict[str, str],
    of: str,
    content: str | bytes,
    status: int,
    says: str,
) -> None:
    answer = await api.post(ALL, params=query, content=content, headers={"Content-Type": of})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert await ledger.count("import") == 0


async def test_a_file_that_breaks_off_leaves_nothing(api: httpx.AsyncClient, ledger: Ledger) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield b"customer_id,joined_at\n" + b"x" * (3 << 20)
        assert await ledger.count("import_part") == 3
        raise ConnectionResetError

    answer = await api.post(ALL, params={"kind": "members"}, content=torn(), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 503
    assert await ledger.count("import") == await ledger.count("import_part") == 0


async def test_a_cancelled_import_ends_where_it_is_and_leaves_no_rows(
    api: httpx.AsyncClient, work: Work, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.imports.kinds.purchases.Purchases.batch_size", 20)
    rows = "".join(f"{n},,2026-01-02T10:00:00Z,1.00\n" for n in range(2_000))
    begun = await send(api, "purchases", f"order_id,customer_id,placed_at,goods\n{rows}")
    working = asyncio.ensure_future(work())
    await until(lambda: ledger.count("purchase"))
    stopped = await api.post(f"{ALL}/{begun.json()['import_id']}/cancel")
    assert stopped.json()["state"] == "cancelled"
    await working
    one = (await api.get(f"{ALL}/{begun.json()['import_id']}")).json()
    assert one["state"] == "cancelled"
    assert 0 < one["recorded"] < 2_000
    assert await ledger.count("purchase") == one["recorded"]
    assert await ledger.count("import_row") == 0
    assert (await api.post(f"{ALL}/{begun.json()['import_id']}/cancel")).json() == one


async def test_imports_of_another_storefront_answer_as_unknown_ones_and_scopes_are_asked_for(
    api: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    orders = (await send(api, "purchases", PURCHASES)).json()["import_id"]
    members = (await send(api, "members", MEMBERS)).json()["import_id"]
    async with database.session() as session:
        other, _ = await ensure_storefront(session, program.program_id, "other shop")
        key = await create_key(
            session, program_id=program.program_id, mode=program.mode, storefront_id=other.storefront_id
        )
    theirs = {"Authorization": f"Bearer {key}"}
    for path in ("", "/errors", "/errors.csv"):
        foreign, unknown = [await api.get(f"{at}{path}", headers=theirs) for at in (f"{ALL}/{orders}", UNKNOWN)]
        assert foreign.status_code == unknown.status_code == 404, path
        same = foreign.json()["detail"].replace(orders, "") == unknown.json()["detail"].replace(UNKNOWN[-36:], "")
        assert same, path
    assert (await api.post(f"{ALL}/{orders}/cancel", headers=theirs)).status_code == 404
    # Members belong to the programme.
    assert (await api.get(f"{ALL}/{members}", headers=theirs)).status_code == 200
    for scopes, kind, lacks in (
        (["imports:read"], "members", "imports:write"),
        (["imports:write", "members:write"], "purchases", "purchases:write"),
        (["imports:write", "members:write"], "balances", "points:adjust"),
    ):
        async with database.session() as session:
            narrow = await create_key(
                session,
                program_id=program.program_id,
                mode=program.mode,
                storefront_id=other.storefront_id,
                name=kind,
                scopes=scopes,
            )
        headers = {"Authorization": f"Bearer {narrow}", "Content-Type": "text/csv"}
        answer = await api.post(ALL, params={"kind": kind}, content=MEMBERS, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (403, f"This key lacks the scope {lacks}.")


async def test_what_rows_said_goes_after_a_month_and_what_never_came_after_a_day(
    api: httpx.AsyncClient, work: Work, ledger: Ledger, database: Database, program: ProgramFacts
) -> None:
    one = await done(api, await send(api, "purchases", PURCHASES), work)
    await ledger.connection.execute(
        "UPDATE import SET created_at = now() - interval '40 days', finished_at = now() - interval '31 days'"
    )
    await ledger.connection.execute(
        "INSERT INTO import (program_id, import_id, kind, file_name, sent, rows, recorded, unchanged, errors,"
        " created_at) SELECT program_id, $1, 'members', 'x', true, 0, 0, 0, 0, now() - interval '25 hours'"
        " FROM program",
        new_id(),
    )
    await clean_up(Desk(database, program.program_id, new_id(), 1, utc_now()))
    assert await ledger.count("import") == 1
    assert await ledger.value("SELECT count(*) FROM import_row WHERE cells IS NOT NULL") == 0
    file = (await api.get(f"{ALL}/{one['import_id']}/errors.csv")).content.decode("utf-8-sig")
    assert len(file.splitlines()) == 4


async def test_an_erased_person_is_in_no_refused_row(api: httpx.AsyncClient, work: Work, ledger: Ledger) -> None:
    await done(api, await send(api, "members", MEMBERS), work)
    one = await done(api, await send(api, "purchases", PURCHASES.replace("b,2026", "a,2026-13")), work)
    assert one["refused"] > 1
    erased = await api.post("/v1/customers/a/erase", headers={"Idempotency-Key": "e"})
    assert erased.is_success, erased.text
    left = await ledger.value("SELECT count(*) FROM import_row WHERE cells::jsonb ? 'a' OR message LIKE '%2026-13%'")
    assert left == 0
    # And those that come later are not kept either.
    later = await done(api, await send(api, "members", MEMBERS), work)
    assert later["refused"] == 1
    found = await ledger.connection.fetchrow("SELECT external_id, cells FROM import_row WHERE code = 'customer_erased'")
    assert tuple(found or ()) == ("", None)
