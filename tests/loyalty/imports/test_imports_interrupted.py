"""An import that is interrupted, or done by two at once, ends as if it had been one that was left alone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import pytest

from loyalty.database import Database, Tx, connect
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError, Unavailable
from loyalty.imports import queries
from loyalty.imports.actions import import_file
from loyalty.imports.errors_file import ErrorsFile
from loyalty.imports.facts import Imported, Progress
from loyalty.imports.kind import KINDS, Result
from loyalty.programs.facts import Source
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings
from loyalty.verify import verify
from tests.loyalty.imports.desk import Desk, Ledger

REPOSITORY = Path(__file__).parents[3]
ROWS = 4_000


def purchases(rows: int = ROWS) -> str:
    """Write purchases of 50 customers, and one row that is bad."""
    header = "order_id,customer_id,placed_at,goods\n"
    good = (f"{n},c{n % 50},2026-01-{n % 27 + 1:02}T10:00:00Z,{n % 90}.50\n" for n in range(rows - 1))
    return header + "".join(good) + "bad,c1,2026-01-01T10:00:00Z,x\n"


MEMBERS = "customer_id,joined_at\n" + "".join(f"c{n},2026-01-05T00:00:00Z\n" for n in range(40))


def import_by_command(url: str, path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "loyalty.cli", "import", "purchases", str(path)]
    options = ["--program", "Shop", "--storefront", "web shop"]
    env = {**os.environ, "DATABASE_URL": url}
    return subprocess.Popen([*command, *options], cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, text=True)


async def state(ledger: Ledger) -> tuple[object, ...]:
    """Sum up all that must not depend on how it came there."""
    return (
        await ledger.points(),
        await ledger.count("purchase"),
        await ledger.count("award"),
        await ledger.count("entry"),
        await ledger.count("event"),
        await ledger.value("SELECT sum(version) FROM account"),
        await ledger.value("SELECT count(*) FROM import_row WHERE code IS NULL"),
        [tuple(row) for row in await ledger.connection.fetch("SELECT row, external_id, code FROM import_row")],
    )


async def expected(desk: Desk, ledger: Ledger) -> tuple[object, ...]:
    """Import all of it without interruption into another storefront's twin, and look."""
    imported = await desk.bring_in("purchases", purchases())
    assert (imported.recorded, imported.errors, imported.resumed_at) == (ROWS - 1, 1, 0)
    return await state(ledger)


@pytest.fixture
async def undisturbed(desk: Desk, ledger: Ledger, owner: asyncpg.Connection) -> tuple[object, ...]:
    """Give the state that an import of everything ends in, on a ledger that is emptied again afterwards."""
    await desk.bring_in("members", MEMBERS)
    found = await expected(desk, ledger)
    await owner.execute(
        "TRUNCATE import_row, import, lot_use, lot, refund, entry, event, award, purchase, membership, customer_alias,"
        " account, customer CASCADE"
    )
    await desk.bring_in("members", MEMBERS)
    return found


async def test_a_killed_import_ends_as_one_that_was_left_alone(
    desk: Desk, ledger: Ledger, database_url: str, undisturbed: tuple[object, ...]
) -> None:
    path = desk.new("purchases", purchases()).path
    process = import_by_command(database_url, path)
    while not await ledger.count("purchase"):
        assert process.poll() is None
        await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = await ledger.count("purchase")
    assert 0 < done < ROWS - 1
    again = await asyncio.to_thread(import_by_command, database_url, path)
    out, _ = await asyncio.to_thread(again.communicate)
    assert out == f"recorded {ROWS - 1}, unchanged 0, errors 1\n"
    assert again.returncode == 1
    assert await state(ledger) == undisturbed
    async with desk.database.reader() as connection:
        assert (await verify(connection)).faults == []


async def test_two_processes_share_one_import(
    desk: Desk, ledger: Ledger, database_url: str, undisturbed: tuple[object, ...]
) -> None:
    desk.new("purchases", purchases())
    path = desk.folder / "purchases.csv"
    async with connect(Settings(pool_size=3), database_url) as one, connect(Settings(pool_size=3), database_url) as two:
        first, second = await asyncio.gather(*(desk.on(pools).bring_in("purchases", path) for pools in (one, two)))
    assert (first.rows, first.recorded, first.unchanged, first.errors) == (ROWS, ROWS - 1, 0, 1)
    assert (second.recorded, second.unchanged) in {(ROWS - 1, 0), (0, ROWS - 1)}
    assert await ledger.count("import") == 2  # the members', and this one
    assert await state(ledger) == undisturbed


async def test_an_import_killed_before_it_could_say_that_it_is_done_is_finished(
    desk: Desk, owner: asyncpg.Connection
) -> None:
    await desk.bring_in("members", MEMBERS)
    await owner.execute("UPDATE import SET finished_at = NULL")
    again = await desk.bring_in("members", MEMBERS)
    assert (again.recorded, again.unchanged, again.resumed_at) == (40, 0, 40)
    assert await owner.fetchval("SELECT count(*) FROM import WHERE finished_at IS NOT NULL") == 1


class Trouble:
    """Stands between the import and the verb, and makes trouble for every batch `unless` it is a good one."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        error: type[Exception],
        *,
        unless: Callable[[Sequence[NewPurchase]], bool],
    ) -> None:
        kind = KINDS.find("purchases")
        assert kind is not None
        self.sizes: list[int] = []
        record = kind.record

        async def troubled(
            tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewPurchase]
        ) -> Sequence[Result | LoyaltyError]:
            self.sizes.append(len(items))
            if not unless(items):
                raise error("planted")
            return await record(tx, source, rules, items)

        monkeypatch.setattr(kind, "record", staticmethod(troubled))


async def test_a_row_that_the_database_refuses_does_not_stop_the_others(
    desk: Desk, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    Trouble(monkeypatch, asyncpg.DataError, unless=lambda items: all(item.order_id != "77" for item in items))
    imported = await desk.bring_in("purchases", purchases(300))
    assert (imported.recorded, imported.errors) == (298, 2)
    found = await ledger.connection.fetchrow("SELECT code, message FROM import_row WHERE external_id = '77'")
    assert found is not None
    assert found["code"] == "not_recordable"
    assert found["message"] == "the database refuses this row: DataError: planted"


@pytest.mark.parametrize("error", [TimeoutError, asyncpg.QueryCanceledError])
async def test_a_batch_that_takes_too_long_is_made_smaller(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    trouble = Trouble(monkeypatch, error, unless=lambda items: len(items) <= 100)
    imported = await desk.bring_in("purchases", purchases(1000))
    assert (imported.recorded, imported.errors) == (999, 1)
    assert trouble.sizes[:4] == [999, 499, 249, 124]
    assert max(trouble.sizes[4:]) <= 124


async def test_an_import_that_gets_nowhere_says_so_and_goes_on_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        Trouble(patched, TimeoutError, unless=lambda _: False)
        patched.setattr("loyalty.imports.work._AGAIN_AFTER_SECONDS", 0.001)
        with pytest.raises(Unavailable, match="goes on"):
            await desk.bring_in("purchases", purchases(20))
    assert (await desk.bring_in("purchases", purchases(20))).recorded == 19


async def test_an_answer_that_does_not_come_in_time_is_asked_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_do, asked = queries.to_do, 0

    async def slow(*args: object) -> object:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise TimeoutError
        return await to_do(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(queries, "to_do", slow)
    assert (await desk.bring_in("purchases", purchases(20))).recorded == 19


async def test_rows_that_another_process_has_done_are_not_done_again(
    desk: Desk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes in between reading the rows and locking the import."""
    kind = KINDS.find("purchases")
    assert kind is not None
    monkeypatch.setattr(kind, "batch_size", 10)
    new = desk.new("purchases", purchases(101))
    told: list[str] = []
    other: list[asyncio.Future[Imported]] = []

    def tell(progress: Progress) -> None:
        told.append(progress.phase)
        if progress.phase == "recording" and not other:
            other.append(asyncio.ensure_future(import_file(database, new)))

    imported = await import_file(database, new, tell)
    assert (imported.recorded, imported.errors) == (100, 1)
    assert (await other[0]).recorded in {100, 0}
    assert "recording" in told


def test_two_that_end_the_same_import_at_once_both_leave_the_whole_file_of_errors(tmp_path: Path) -> None:
    """Within one process too: each writes aside under a name of its own."""
    imported = tmp_path / "purchases.csv"
    refused = [(7, "order-7", "invalid", "goods: write it as 12.34.")]
    with ErrorsFile(imported) as first:
        first.write(refused)
        with ErrorsFile(imported) as second:
            second.write(refused)
        whole = second.path.read_text()
    assert first.path.read_text() == whole == "row,id,code,message\n7,order-7,invalid,goods: write it as 12.34.\n"
    assert list(tmp_path.iterdir()) == [first.path]
