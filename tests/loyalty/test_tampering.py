"""Whatever somebody who owns the database does to a sealed ledger is found, and the report names where."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from loyalty.database import connect
from loyalty.settings import Settings
from loyalty.verify import verify
from loyalty.verify.actions import verify_snapshot
from loyalty.verify.rules import PROMISES
from loyalty.verify.seals import PROMISES as PROMISES_OF_SEALS
from loyalty.verify.seals_file import PROMISES as PROMISES_OF_FILE
from loyalty.verify.sets import PROMISES as PROMISES_OF_SETS
from tests.conftest import TestServers, execute, in_database
from tests.histories import open_town
from tests.tampering import CUSTOMERS, POLICIES, TAMPERED, Tampering, tell_everything

NEW = UUID(int=7)


@pytest.fixture(scope="module")
def ledger_url(servers: TestServers, template: str) -> Iterator[str]:
    """Give a database in which everything has happened; each test undoes what it does to it."""
    name = f"{template}_everything"
    url = in_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")

    async def tell() -> None:
        owner = await asyncpg.connect(url)
        async with connect(Settings(pool_size=2), url) as database:
            await tell_everything(await open_town(database, owner, POLICIES))
        await owner.close()

    asyncio.run(tell())
    yield url
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def seals_file(ledger_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of seals that was written while all was well."""
    file = tmp_path_factory.mktemp("seals") / "seals"

    async def write() -> None:
        connection = await asyncpg.connect(ledger_url)
        report = await verify(connection, seals_to=file)
        await connection.close()
        assert report.faults == []

    asyncio.run(write())
    return file


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give the ledger in a transaction of the owner's that is rolled back; foreign keys and checks sleep in it."""
    connection = await asyncpg.connect(ledger_url)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    await connection.execute("SET LOCAL session_replication_role = replica")
    yield connection
    await transaction.rollback()
    await connection.close()


async def test_everything_happened_and_is_clean(ledger: asyncpg.Connection, seals_file: Path) -> None:
    report = await verify_snapshot(ledger, against=seals_file)
    assert report.faults == []
    every = PROMISES | PROMISES_OF_SETS | PROMISES_OF_SEALS | PROMISES_OF_FILE
    assert report.checked.keys() == every.keys()
    assert min(report.checked.values()) > 0, report.checked
    kinds = await ledger.fetchval("SELECT array_agg(DISTINCT kind) FROM entry")
    assert set(kinds) >= {"issue", "mature", "expire", "claw_back", "hold", "capture", "release", "reverse", "adjust"}
    assert set(kinds) >= {"merge", "erase"}


@pytest.mark.parametrize("tampering", TAMPERED, ids=lambda tampering: tampering.done)
async def test_it_is_found_and_named(ledger: asyncpg.Connection, seals_file: Path, tampering: Tampering) -> None:
    found = {
        name: await ledger.fetchval("SELECT customer_id FROM customer_alias WHERE external_id = $1", name)
        for name in CUSTOMERS
    }
    for statement in tampering.sql:
        done = await ledger.execute(
            statement.format(new=NEW, **{name: f"'{key}'::uuid" for name, key in found.items()})
        )
        assert not done.endswith(" 0") or done.startswith("DELETE"), done
    for step in tampering.then:
        await step(ledger)
    report = await verify_snapshot(ledger, against=seals_file)
    places = [fault.where for fault in report.faults if fault.check == tampering.found_by]
    assert any(tampering.where.format(**found) in place for place in places), report.faults


def test_there_are_enough_ways_to_tamper() -> None:
    assert len(TAMPERED) >= 30
    assert len({tampering.done for tampering in TAMPERED}) == len(TAMPERED)
