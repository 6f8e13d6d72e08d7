"""Exports over HTTP: asked for under a key, written by the worker, downloaded, cancelled, and gone in time."""

import csv
import gzip
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from loyalty.auth.actions import create_key
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.exports import reading, tasks
from loyalty.exports.kind import KINDS
from loyalty.exports.tasks import work_off
from loyalty.ids import new_id
from loyalty.imports.tasks import work_off as bring_in
from loyalty.jobs.job import Desk
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import csv_lines

Work = Callable[[], Awaitable[None]]
ALL = "/v1/exports"
UNKNOWN = f"{ALL}/0190b7a4-7f7e-7c39-8a57-3f5f0c4d2e11"


@pytest.fixture
def work(database: Database, program: ProgramFacts) -> Work:
    """Do what the worker does."""

    async def work_now() -> None:
        await work_off(Desk(database, program.program_id, new_id(), 1, utc_now()))

    return work_now


async def keyed(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(path, json=body, headers={"Idempotency-Key": str(new_id())})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def shop(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Give a shop in which ada and =bob are members, bought, took something back, and redeemed."""
    for name in ("ada", "=bob"):
        told = {"customer_id": name, "joined_at": "2026-01-01T00:00:00Z", "name": f"+{name}"}
        assert (await api.post("/v1/members", json=told)).is_success
    for order, goods, customer, at in (
        ("o1", "100.00", "ada", "2026-03-02T09:00:00Z"),
        ("o2", "25.50", "=bob", "2026-03-31T21:59:59Z"),
        # The first hour of April in Paris.
        ("o3", "40.00", "=bob", "2026-03-31T22:00:00Z"),
        ("o4", "70.00", None, "2026-03-05T09:00:00Z"),
    ):
        body = {"order_id": order, "placed_at": at, "currency": "EUR", "goods": goods}
        assert (await api.post("/v1/purchases", json=body | ({"customer_id": customer} if customer else {}))).is_success
    refund = {"refund_id": "r1", "refunded_at": "2026-03-03T09:00:00Z", "goods": "20.00"}
    assert (await api.post("/v1/purchases/o1/refunds", json=refund)).is_success
    reward = await keyed(api, "/v1/rewards", {"name": "Five", "price_points": 30, "amount": "5.00"})
    await keyed(api, "/v1/redemptions", {"customer_id": "ada", "reward_id": reward["reward_id"]})
    return api


async def written(api: httpx.AsyncClient, work: Work, kind: str, **asked: str) -> tuple[dict[str, Any], bytes]:
    begun = await keyed(api, ALL, {"kind": kind} | asked)
    assert begun["state"] == "queued"
    await work()
    facts = (await api.get(f"{ALL}/{begun['export_id']}")).json()
    assert (facts["state"], facts["progress"], facts["error"]) == ("done", 1, None)
    file = await api.get(f"{ALL}/{begun['export_id']}/file")
    assert file.status_code == 200, file.text
    return facts, file.content


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def test_every_kind_writes_its_columns_and_its_rows(shop: httpx.AsyncClient, work: Work) -> None:
    rows = {}
    for kind, found in KINDS.all().items():
        facts, content = await written(shop, work, kind)
        rows[kind] = table(content)
        assert facts["rows"] == facts["total"] == len(rows[kind]), kind
        assert content.decode("utf-8-sig").splitlines()[0] == ",".join(found.columns)
    assert [row["order_id"] for row in rows["purchases"]] == ["o1", "o4", "o2", "o3"]
    assert rows["purchases"][0]["goods"] == "100.00"
    assert [(row["order_id"], row["goods"], row["kind"]) for row in rows["refunds"]] == [("o1", "20.00", "refund")]
    assert [(row["customer_id"], row["points"], row["state"]) for row in rows["balances"]] == [
        ("ada", "50", "available"), ("'=bob", "25", "available"), ("'=bob", "40", "available"),
    ]  # fmt: skip
    assert {row["expires_at"] for row in rows["balances"]} == {"never"}
    assert [(row["customer_id"], row["reward"], row["points"]) for row in rows["redemptions"]] == [
        ("ada", "Five", "30")
    ]
    entries = [(row["customer_id"], row["kind"], row["points"], row["order_id"]) for row in rows["entries"]]
    assert ("ada", "claw_back", "20", "o1") in entries
    # No spreadsheet runs what stands there.
    assert {(row["customer_id"], row["name"]) for row in rows["members"]} == {("ada", "'+ada"), ("'=bob", "'+=bob")}


async def test_days_are_the_programmes_own_and_segments_narrow(
    shop: httpx.AsyncClient, work: Work, owner: asyncpg.Connection
) -> None:
    _, march = await written(shop, work, "purchases", from_on="2026-03-03", to_on="2026-03-31")
    assert [row["order_id"] for row in table(march)] == ["o4", "o2"]
    body = {"key": "bobs", "name": "Bobs", "conditions": [{"kind": "member"}]}
    await owner.execute(
        "INSERT INTO segment (program_id, segment_key, name, kept_by, created_at, changed_at)"
        " SELECT program_id, $1, $2, 'test', now(), now() FROM program",
        body["key"],
        body["name"],
    )
    await owner.execute(
        "INSERT INTO segment_member SELECT program_id, 'bobs', customer_id, now() FROM customer_alias"
        " WHERE external_id = '=bob'"
    )
    _, bobs = await written(shop, work, "purchases", segment="bobs", format="ndjson")
    assert [json.loads(line)["order_id"] for line in bobs.splitlines()] == ["o2", "o3"]


async def test_objects_can_be_imported_again_as_they_are(
    shop: httpx.AsyncClient, work: Work, database: Database, program: ProgramFacts
) -> None:
    _, content = await written(shop, work, "purchases", format="ndjson")
    first = json.loads(content.splitlines()[0])
    assert {name: value for name, value in first.items() if value is not None} == {
        "order_id": "o1", "customer_id": "ada", "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR",
        "goods": "100.00", "discount": "0.00", "tax": "0.00", "shipping": "0.00", "reward_discount": "0.00",
        "test": "false",
    }  # fmt: skip
    of = {"Content-Type": "application/x-ndjson"}
    sent = await shop.post("/v1/imports", params={"kind": "purchases"}, content=content, headers=of)
    await bring_in(Desk(database, program.program_id, new_id(), 1, utc_now()))
    one = (await shop.get(f"/v1/imports/{sent.json()['import_id']}")).json()
    assert (one["recorded"], one["unchanged"], one["refused"]) == (0, 4, 0)


async def test_a_file_larger_than_a_piece_is_the_same_packed_and_unpacked(
    shop: httpx.AsyncClient, work: Work, monkeypatch: pytest.MonkeyPatch, owner: asyncpg.Connection
) -> None:
    monkeypatch.setattr(tasks, "_PART", 64)
    monkeypatch.setattr(reading, "_ROWS", 3)
    facts, content = await written(shop, work, "entries")
    assert await owner.fetchval("SELECT count(*) FROM export_part") > 3
    packed = await shop.get(f"{ALL}/{facts['export_id']}/file", params={"gzip": True})
    assert packed.headers["content-type"] == "application/gzip"
    assert (await shop.get(f"{ALL}/{facts['export_id']}/file")).headers["content-type"] == "text/csv; charset=utf-8"
    assert packed.headers["content-disposition"].endswith('.csv.gz"')
    assert len(packed.content) == facts["packed_bytes"]
    assert gzip.decompress(packed.content) == content
    assert content.decode().endswith("".join(csv_lines([list(table(content)[-1].values())])))


async def test_a_file_goes_after_a_week(shop: httpx.AsyncClient, work: Work, owner: asyncpg.Connection) -> None:
    facts, _ = await written(shop, work, "members")
    assert facts["expires_at"] > facts["ended_at"]
    await owner.execute("UPDATE export SET expires_at = now()")
    await work()
    gone = await shop.get(f"{ALL}/{facts['export_id']}/file")
    assert (gone.status_code, gone.json()["code"]) == (410, "export_expired")
    assert (await shop.get(f"{ALL}/{facts['export_id']}")).json()["state"] == "expired"
    assert await owner.fetchval("SELECT count(*) FROM export_part") == 0


async def test_no_file_outlives_a_person_who_may_be_in_it(
    shop: httpx.AsyncClient, work: Work, owner: asyncpg.Connection
) -> None:
    facts, _ = await written(shop, work, "members")
    assert (await shop.post("/v1/customers/ada/erase", headers={"Idempotency-Key": "e"})).is_success
    assert (await shop.get(f"{ALL}/{facts['export_id']}/file")).status_code == 410
    _, again = await written(shop, work, "members")
    assert [row["customer_id"] for row in table(again)] == ["'=bob"]
    assert await owner.fetchval("SELECT count(DISTINCT export_id) FROM export_part") == 1


async def test_an_export_that_a_killed_worker_left_is_begun_anew(
    shop: httpx.AsyncClient, work: Work, owner: asyncpg.Connection
) -> None:
    begun = await keyed(shop, ALL, {"kind": "members"})
    await owner.execute("UPDATE export SET state = 'running', run_id = $1, rows = 1", new_id())
    await owner.execute("INSERT INTO export_part SELECT program_id, export_id, 0, 'half' FROM export")
    await work()
    file = await shop.get(f"{ALL}/{begun['export_id']}/file")
    assert len(table(file.content)) == 2


async def test_a_cancelled_export_has_no_file(shop: httpx.AsyncClient, work: Work) -> None:
    begun = await keyed(shop, ALL, {"kind": "members"})
    cancelled = (await shop.post(f"{ALL}/{begun['export_id']}/cancel")).json()
    assert cancelled["state"] == "cancelled"
    await work()
    assert (await shop.get(f"{ALL}/{begun['export_id']}")).json() == cancelled
    assert (await shop.get(f"{ALL}/{begun['export_id']}/file")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"kind": "wishes"}, "the kinds are: balances, entries, members"),
        ({"kind": "members", "from_on": "2026-02-01", "to_on": "2026-01-01"}, "from_on must not be later"),
        ({"kind": "members", "from_on": "0001-01-01"}, "from_on lies between"),
        ({"kind": "members", "format": "xlsx"}, "format"),
    ],
    ids=["kind", "backwards", "ancient", "format"],
)
async def test_what_cannot_be_is_refused(api: httpx.AsyncClient, asked: dict[str, str], says: str) -> None:
    answer = await api.post(ALL, json=asked, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 422, answer.text
    assert says in answer.text


async def test_exports_of_another_storefront_answer_as_unknown_ones_and_scopes_are_asked_for(
    shop: httpx.AsyncClient, work: Work, database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    orders, _ = await written(shop, work, "purchases")
    members, _ = await written(shop, work, "members")
    async with database.session() as session:
        other, _ = await ensure_storefront(session, program.program_id, "other shop")
        key = await create_key(
            session, program_id=program.program_id, mode=program.mode, storefront_id=other.storefront_id
        )
    await owner.execute(
        "UPDATE api_key SET scopes = '{exports:read,exports:write}' WHERE storefront_id = $1", other.storefront_id
    )
    theirs = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
    for path in ("", "/file"):
        foreign = await shop.get(f"{ALL}/{orders['export_id']}{path}", headers=theirs)
        unknown = await shop.get(f"{UNKNOWN}{path}", headers=theirs)
        assert foreign.status_code == unknown.status_code == 404, path
        assert foreign.json()["detail"].replace(orders["export_id"], UNKNOWN[-36:]) == unknown.json()["detail"]
    # Members belong to the programme, but not every key may see who they are.
    assert (await shop.get(f"{ALL}/{members['export_id']}", headers=theirs)).status_code == 200
    file = await shop.get(f"{ALL}/{members['export_id']}/file", headers=theirs)
    asked = await shop.post(ALL, json={"kind": "members"}, headers=theirs)
    for answer in (file, asked):
        assert (answer.status_code, answer.json()["detail"]) == (403, "This key lacks the scope members:read.")
