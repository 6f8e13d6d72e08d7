"""Whatever somebody who owns the database does to a sealed ledger is found, and the report names where."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from loyalty.verify.actions import verify_snapshot
from loyalty.verify.rules import PROMISES
from loyalty.verify.seals import PROMISES as PROMISES_OF_SEALS
from loyalty.verify.seals_file import PROMISES as PROMISES_OF_FILE
from loyalty.verify.sets import PROMISES as PROMISES_OF_SETS
from tests.tampering import CUSTOMERS, TAMPERED, Tampering

NEW = UUID(int=7)


@pytest.fixture(autouse=True)
def ranges_of_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay every account by itself."""
    monkeypatch.setattr("loyalty.verify.ranges.ROWS", 1)


@pytest.fixture
async def ledger(everything_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give the ledger in a transaction of the owner's that is rolled back; foreign keys and checks sleep in it."""
    connection = await asyncpg.connect(everything_url)
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
