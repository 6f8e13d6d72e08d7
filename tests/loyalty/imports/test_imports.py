"""Bringing files in: what is recorded, what is refused, and that the same again changes nothing."""

import csv
import gzip
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from loyalty.errors import Invalid
from loyalty.imports.actions import import_file, is_imported
from loyalty.imports.facts import Progress
from tests.loyalty.imports.desk import Desk, Ledger

MEMBERS = "customer_id,joined_at\na,2026-01-01T00:00:00Z\nb,2026-02-01T00:00:00Z\n"
PURCHASES = """order_id,customer_id,placed_at,goods
1,a,2026-01-02T10:00:00Z,12.50
2,b,2026-01-02T10:00:00Z,20.00
3,b,2026-02-02T10:00:00Z,30.99
4,,2026-02-02T10:00:00Z,40.00
"""
REFUNDS = "order_id,refund_id,refunded_at,goods\n1,r1,2026-01-05T00:00:00Z,2.00\n9,r1,2026-01-05T00:00:00Z,5.00\n"


def refused(path: Path) -> list[dict[str, str]]:
    """Read a file of errors."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def test_members_purchases_and_refunds_come_in_by_the_rules_of_the_api(desk: Desk, ledger: Ledger) -> None:
    assert (await desk.bring_in("members", MEMBERS)).recorded == 2
    assert (await desk.bring_in("purchases", PURCHASES)).recorded == 4
    assert await ledger.points() == {"a": 12, "b": 30}
    assert (await desk.bring_in("refunds", REFUNDS)).recorded == 2
    assert await ledger.points() == {"a": 10, "b": 30}
    assert await ledger.value("SELECT count(*) FROM purchase WHERE state = 'awaited'") == 1
    assert await ledger.value("SELECT DISTINCT origin FROM event") == "import"
    assert await ledger.value("SELECT count(*) FROM award WHERE request_id NOT LIKE 'import/%' OR actor <> 'cli'") == 0
    assert await ledger.count("import_row") == 0


async def test_the_same_files_again_change_nothing(desk: Desk, ledger: Ledger) -> None:
    files = {"members": MEMBERS, "purchases": PURCHASES, "refunds": REFUNDS}
    for kind, content in files.items():
        await desk.bring_in(kind, content)
    before = await ledger.points(), await ledger.count("award"), await ledger.count("event")
    for kind, content in files.items():
        again = await desk.bring_in(kind, content)
        assert (again.recorded, again.unchanged, again.errors) == (0, again.rows, 0)
    assert (await ledger.points(), await ledger.count("award"), await ledger.count("event")) == before


async def test_gzip_and_another_order_of_columns_are_the_same_facts(desk: Desk) -> None:
    await desk.bring_in("purchases", PURCHASES)
    turned = "note,net_cents,placed_at,customer_id,order_id\nx,1250,2026-01-02T11:00:00+01:00,a,1\n"
    again = await desk.bring_in("purchases", gzip.compress(turned.encode()), "other.csv.gz")
    assert (again.recorded, again.unchanged, again.errors) == (0, 1, 0)


async def test_what_the_api_recorded_is_unchanged_for_an_import(desk: Desk, api: httpx.AsyncClient) -> None:
    body = {
        "order_id": "1",
        "customer_id": "a",
        "placed_at": "2026-01-02T10:00:00Z",
        "currency": "EUR",
        "goods": "12.50",
    }
    assert (await api.post("/v1/purchases", json=body)).status_code == 201
    imported = await desk.bring_in("purchases", PURCHASES)
    assert (imported.recorded, imported.unchanged) == (3, 1)


async def test_other_facts_for_a_known_id_are_a_row_error(desk: Desk, ledger: Ledger) -> None:
    await desk.bring_in("members", MEMBERS)
    await desk.bring_in("purchases", PURCHASES)
    await desk.bring_in("refunds", REFUNDS)
    purchases = await desk.bring_in("purchases", PURCHASES.replace("12.50", "13.50"), "other.csv")
    assert (purchases.recorded, purchases.unchanged, purchases.errors) == (0, 3, 1)
    refunds = await desk.bring_in("refunds", REFUNDS.replace("2.00", "2.10"), "other_refunds.csv")
    assert (refunds.unchanged, refunds.errors) == (1, 1)
    members = await desk.bring_in("members", MEMBERS.replace("2026-02", "2026-03"), "other_members.csv")
    assert (members.unchanged, members.errors) == (1, 1)
    codes = [refused(found.errors_file)[0]["code"] for found in (purchases, refunds, members) if found.errors_file]
    assert codes == ["other_facts", "other_facts", "already_member_since"]
    assert await ledger.points() == {"a": 10, "b": 30}


async def test_ids_twice_in_a_file_are_unchanged_or_a_row_error_whatever_their_order(desk: Desk) -> None:
    header, first, *_ = PURCHASES.splitlines()
    content = "\n".join([header, first, first, first.replace("12.50", "99.00"), first])
    imported = await desk.bring_in("purchases", content)
    assert (imported.recorded, imported.unchanged, imported.errors) == (1, 2, 1)
    assert imported.errors_file is not None
    (error,) = refused(imported.errors_file)
    assert (error["row"], error["id"], error["code"]) == ("4", "1", "other_facts")


async def test_bad_rows_go_to_the_file_of_errors_and_good_ones_are_recorded(desk: Desk, ledger: Ledger) -> None:
    bad = (
        "5,a,2026-01-02T10:00:00,1\n=6,a,2026-01-02T10:00:00Z,x\n7,a,2999-01-01T00:00:00Z,1\n8,a,2026-01-02T10:00:00Z\n"
    )
    imported = await desk.bring_in("purchases", PURCHASES + bad)
    assert (imported.rows, imported.recorded, imported.errors) == (8, 4, 4)
    assert imported.errors_file == desk.folder / "purchases.csv.errors.csv"
    errors = refused(imported.errors_file)
    assert [(e["row"], e["id"], e["code"]) for e in errors] == [
        ("6", "5", "no_offset"),
        ("7", "'=6", "bad_amount"),
        ("8", "7", "invalid"),
        ("9", "8", "wrong_number_of_fields"),
    ]
    assert list(errors[0]) == ["row", "id", "code", "message"]
    assert "15 minutes in the future" in errors[2]["message"]
    assert await ledger.count("purchase") == 4
    assert await ledger.value("SELECT count(*) FROM import_row WHERE item IS NOT NULL") == 0


async def test_every_error_of_the_same_file_comes_again(desk: Desk) -> None:
    content = PURCHASES + "5,a,2026-01-02T10:00:00,1\n"
    first = await desk.bring_in("purchases", content)
    assert first.errors_file is not None
    told = first.errors_file.read_bytes()
    first.errors_file.unlink()
    again = await desk.bring_in("purchases", content)
    assert (again.recorded, again.unchanged, again.errors) == (0, 4, 1)
    assert again.errors_file is not None
    assert again.errors_file.read_bytes() == told


async def test_a_corrected_file_leaves_no_file_of_errors(desk: Desk) -> None:
    await desk.bring_in("purchases", PURCHASES + "5,a,2026-01-02T10:00:00,1\n")
    corrected = await desk.bring_in("purchases", PURCHASES + "5,a,2026-01-02T10:00:00Z,1\n")
    assert (corrected.recorded, corrected.unchanged, corrected.errors_file) == (1, 4, None)
    assert [path.name for path in desk.folder.iterdir()] == ["purchases.csv"]


async def test_somebody_elses_file_of_that_name_stays(desk: Desk) -> None:
    theirs = desk.folder / "purchases.csv.errors.csv"
    theirs.write_text("my own notes\n")
    await desk.bring_in("purchases", PURCHASES)
    assert theirs.read_text() == "my own notes\n"


async def test_a_file_without_rows_is_recorded_as_such(desk: Desk) -> None:
    imported = await desk.bring_in("members", "customer_id,joined_at\n")
    assert (imported.rows, imported.recorded, imported.errors) == (0, 0, 0)


async def test_a_file_that_breaks_off_leaves_nothing(desk: Desk, ledger: Ledger) -> None:
    rows = "".join(f"{n},a,2026-01-02T10:00:00Z,{n}.00\n" for n in range(20_000))
    whole = gzip.compress(("order_id,customer_id,placed_at,goods\n" + rows).encode())
    with pytest.raises(Invalid, match="damaged gzip"):
        await desk.bring_in("purchases", whole[:-2000], "cut.csv.gz")
    assert await ledger.count("import") == await ledger.count("import_row") == await ledger.count("purchase") == 0


async def test_leaving_and_joining_again_in_one_file_needs_no_order(desk: Desk, ledger: Ledger) -> None:
    await desk.bring_in("purchases", PURCHASES)
    content = """name,customer_id,joined_at,left_at
Bo,b,2026-02-02T00:00:00Z,
Bo,b,2026-01-01T00:00:00Z,2026-01-10T00:00:00Z
Bo,b,2026-01-01T00:00:00Z,
"""
    imported = await desk.bring_in("members", content)
    assert (imported.recorded, imported.unchanged, imported.errors) == (2, 1, 0)
    assert await ledger.points() == {"a": 0, "b": 50}
    assert await ledger.value("SELECT name FROM customer WHERE name IS NOT NULL") == "Bo"


async def test_metadata_and_ignored_columns_are_told(desk: Desk, ledger: Ledger) -> None:
    content = "order_id,customer_id,placed_at,goods,store,story\n1,a,2026-01-02T10:00:00Z,1,334," + "s" * 5000 + "\n"
    imported = await desk.bring_in("purchases", content)
    assert imported.ignored == ["story (in 1 rows: metadata has at most 4 kB)"]
    assert await ledger.value("SELECT metadata->>'store' FROM purchase") == "334"
    members = await desk.bring_in("members", "customer_id,joined_at,tier\na,2026-01-01T00:00:00Z,gold\n")
    assert members.ignored == ["tier"]


async def test_progress_is_told_to_the_end(desk: Desk) -> None:
    told: list[Progress] = []
    new = desk.new("purchases", PURCHASES)
    assert not await is_imported(desk.database, new)
    await import_file(desk.database, new, told.append)
    assert await is_imported(desk.database, new)
    assert [progress.phase for progress in told] == ["checking", "reading", "recording", "recording"]
    assert (told[0].done, told[0].total) == (len(PURCHASES), len(PURCHASES))
    assert (told[-2].done, told[-1].done, told[-1].total) == (0, 4, 4)


async def test_what_cannot_be_imported_is_told_before_anything_is_read(desk: Desk) -> None:
    new = desk.new("purchases", PURCHASES)
    for wrong, part in (
        (replace(new, kind="weather"), "the kinds are: "),
        (replace(new, storefront_id=None), "needs a storefront"),
        (replace(new, kind="members"), "has no storefront"),
        (replace(new, path=desk.folder / "nowhere.csv"), "no file"),
    ):
        with pytest.raises(Invalid, match=part):
            await import_file(desk.database, wrong)
