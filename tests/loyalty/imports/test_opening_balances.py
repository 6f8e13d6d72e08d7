"""Points brought along from another programme: once each, with the dates that they had, as the ledger wants them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from msgspec.structs import replace as changed

from loyalty.programs.queries import program_of
from loyalty.verify import verify
from tests.loyalty.imports.desk import Desk, Ledger

MEMBERS = "customer_id,joined_at\n" + "".join(f"{name},2026-01-01T00:00:00Z\n" for name in "abc")
BALANCES = """customer_id,points,earned_at,expires_at,note
a,250,2025-03-01T09:30:00Z,2125-03-01T00:00:00Z,
a,40,2025-05-01T09:30:00Z,never,Welcome
b,100,2025-03-01,2100-12-31,
c,70,2020-03-01,2021-03-01,
"""


@pytest.fixture
async def members(desk: Desk) -> Desk:
    """Give a programme with three members."""
    await desk.bring_in("members", MEMBERS)
    return desk


async def lots(owner: asyncpg.Connection) -> list[Sequence[Any]]:
    rows = await owner.fetch(
        "SELECT external_id, original, remaining, earned_at, matures_at, expires_at FROM lot JOIN customer_alias"
        " USING (program_id, customer_id) ORDER BY 1, seq"
    )
    return [tuple(row) for row in rows]


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type]


async def test_points_come_with_the_dates_that_they_had(
    members: Desk, ledger: Ledger, owner: asyncpg.Connection
) -> None:
    imported = await members.bring_in("balances", BALANCES)
    assert (imported.recorded, imported.errors) == (4, 0)
    # What is over already expired in the same commit.
    assert await ledger.points() == {"a": 290, "b": 100, "c": 0}
    march = at(2025, 3, 1, 9, 30), at(2025, 3, 1, 9, 30)
    # A day is one of the programme's zone, Paris; points that end on a day are good for all of it.
    paris = at(2025, 2, 28, 23), at(2025, 2, 28, 23)
    assert await lots(owner) == [
        ("a", 250, 250, *march, at(2125, 3, 1)),
        ("a", 40, 40, at(2025, 5, 1, 9, 30), at(2025, 5, 1, 9, 30), None),
        ("b", 100, 100, *paris, at(2100, 12, 31, 23)),
        ("c", 70, 0, at(2020, 2, 29, 23), at(2020, 2, 29, 23), at(2021, 3, 1, 23)),
    ]
    assert await ledger.value("SELECT array_agg(reason ORDER BY points) FROM adjustment") == [
        "Welcome", "Opening balance", "Opening balance", "Opening balance",
    ]  # fmt: skip
    assert await ledger.value("SELECT count(*) FROM entry WHERE kind = 'issue'") == 0
    async with members.database.reader() as connection:
        assert (await verify(connection)).faults == []


async def test_an_end_that_is_not_told_is_that_of_this_programme(members: Desk, owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE program SET policies = $1", '{"expiry": {"kind": "months", "months": 120}}')
    async with members.database.reader() as connection:
        program = await program_of(connection, members.source.program.program_id)
    desk = replace(members, source=changed(members.source, program=program))
    await desk.bring_in("balances", "customer_id,points,earned_at\na,5,2025-03-10T12:00:00Z\n")
    assert (await lots(owner))[0][-1] == at(2035, 3, 10, 23)


async def test_the_same_points_come_once(members: Desk, ledger: Ledger) -> None:
    await members.bring_in("balances", BALANCES)
    # Another file, another order, the same rows; and one of them twice.
    header, *rows = BALANCES.splitlines(keepends=True)
    again = await members.bring_in("balances", "".join([header, *reversed(rows), rows[0]]), "again.csv")
    assert (again.recorded, again.unchanged, again.errors) == (0, 5, 0)
    other = await members.bring_in("balances", BALANCES.replace(",250,", ",300,"), "other.csv")
    assert (other.unchanged, other.errors) == (3, 1)
    assert await ledger.points() == {"a": 290, "b": 100, "c": 0}


async def test_an_id_of_its_own_tells_lots_apart_that_are_alike(members: Desk, ledger: Ledger) -> None:
    rows = "customer_id,points,earned_at,balance_id\na,5,2025-03-10,x1\na,5,2025-03-10,x2\na,5,2025-03-10,x1\n"
    imported = await members.bring_in("balances", rows)
    assert (imported.recorded, imported.unchanged) == (2, 1)
    assert (await ledger.points())["a"] == 10


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("nobody,5,2025-03-10,", "not_found"),
        ("a,0,2025-03-10,", "bad_points"),
        ("a,2.5,2025-03-10,", "bad_points"),
        ("a,5,2125-03-10,", "invalid"),
        ("a,5,2025-03-10,2025-03-09", "invalid"),
        ("a,5,2025-13-10,", "bad_day"),
        ("a,5,2025-03-10T10:00:00,", "no_offset"),
    ],
    ids=["nobody", "none", "half", "ahead", "backwards", "no-day", "no-offset"],
)
async def test_a_row_that_cannot_be_is_refused(members: Desk, ledger: Ledger, row: str, code: str) -> None:
    imported = await members.bring_in("balances", f"customer_id,points,earned_at,expires_at\n{row}\n")
    assert (imported.recorded, imported.errors) == (0, 1)
    assert await ledger.value("SELECT code FROM import_row") == code
    assert await ledger.count("adjustment") == 0


async def test_nothing_leads_from_a_balance_to_a_person_who_was_erased(
    members: Desk, ledger: Ledger, api: httpx.AsyncClient
) -> None:
    await members.bring_in("balances", BALANCES)
    assert (await api.post("/v1/customers/a/erase", headers={"Idempotency-Key": "e"})).is_success
    assert await ledger.count("opening_balance") == 2
    assert await ledger.value("SELECT count(*) FROM adjustment WHERE reason IS NULL") == 2
    again = await members.bring_in("balances", BALANCES, "again.csv")
    assert (again.unchanged, again.errors) == (2, 2)
    async with members.database.reader() as connection:
        assert (await verify(connection)).faults == []
