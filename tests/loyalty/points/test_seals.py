"""Seals: what they cover, that they are made once, and the file that finds whoever made every hash anew."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from loyalty.database import Connection, Database, Tx
from loyalty.points.seals import RecordedSeal, seal_ledger
from loyalty.points.tasks import seal_all, seal_and_log
from loyalty.programs.facts import Source
from loyalty.verify import Report, verify
from loyalty.verify.seals_file import NotASealsFile
from tests.stories import Shop, joining, purchase, refund

Seal = Callable[[], Awaitable[RecordedSeal | None]]


@pytest.fixture
def seal(database: Database, shop: Shop) -> Seal:
    """Give the way to seal all that was recorded until now, as if ten seconds had gone by."""
    program_id = shop.source.program.program_id

    async def run() -> RecordedSeal | None:
        async with database.writer() as connection, connection.transaction():
            return await seal_ledger(Tx(connection), program_id)

    return run


async def pass_time(owner: asyncpg.Connection, seconds: float = 11) -> None:
    """Let time go by in every programme."""
    await owner.execute(
        "UPDATE program SET mode = 'test', clock_offset = clock_offset + $1", timedelta(seconds=seconds)
    )


async def report_of(database: Database, *, against: Path | None = None, seals_to: Path | None = None) -> Report:
    async with database.reader() as connection:
        return await verify(connection, against=against, seals_to=seals_to)


async def test_a_seal_covers_what_was_recorded_since_the_one_before(
    shop: Shop, seal: Seal, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("o1", 1000, "ann", on=1), purchase("o2", 1000, "bob", on=1), purchase("o3", 500))
    await pass_time(owner)
    first = await seal()
    assert first
    # Bob and nobody have awards, but nothing moved for them.
    assert (first.number, first.accounts, first.awards, first.previous) == (1, 1, 4, bytes(32))
    await shop.take_back(refund("o1", "r", 100))
    await pass_time(owner)
    second = await seal()
    assert second
    assert (second.number, second.accounts, second.awards, second.previous) == (2, 1, 1, first.hash)
    assert (await shop.verified()).checked["seals_cover_what_was_recorded"] == 2


async def test_the_bytes_of_a_seal_are_these(shop: Shop, seal: Seal, owner: asyncpg.Connection) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    made = await seal()
    assert made
    cut = round(made.cut_at.timestamp() * 1_000_000)
    text = f'["seal/1",{made.program_id},1,{cut},0,1,"{made.root.hex()}"]'
    assert made.hash == sha256(bytes(32) + text.encode()).digest()


async def test_nothing_new_makes_no_seal(shop: Shop, seal: Seal, owner: asyncpg.Connection) -> None:
    assert await seal() is None
    await shop.join(joining("ann"))
    assert await seal() is None, "ten seconds have not gone by yet"
    await pass_time(owner)
    assert await seal()
    assert await seal() is None
    await pass_time(owner)
    assert await seal() is None


async def test_a_cut_is_never_sealed_twice(
    database: Database, shop: Shop, seal: Seal, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    made = await seal()
    assert made

    async def again(cut: datetime) -> RecordedSeal | None:
        async with database.writer() as connection, connection.transaction():
            return await seal_ledger(Tx(connection), made.program_id, cut)

    await shop.buy(purchase("o1", 1000, "ann", on=1))
    await pass_time(owner)
    assert await again(made.cut_at) is None
    assert await again(made.cut_at - timedelta(seconds=1)) is None


async def test_two_at_once_make_one_seal(database: Database, shop: Shop, seal: Seal, owner: asyncpg.Connection) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    async with database.writer() as one, one.transaction():
        assert await seal_ledger(Tx(one), shop.source.program.program_id)

        async def other() -> RecordedSeal | None:
            return await seal()

        waiting = asyncio.create_task(other())
        await asyncio.sleep(0.2)
    assert await waiting is None
    assert await shop.value("SELECT count(*) FROM seal") == 1


async def test_the_service_may_neither_change_nor_delete_a_seal(
    database: Database, shop: Shop, seal: Seal, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    await seal()
    for statement in ("UPDATE seal SET awards = 0", "DELETE FROM seal"):
        async with database.writer() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_the_root_is_logged(database: Database, source: Source, shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    with capture_logs() as logs:
        made = await seal_and_log(database, source.program.program_id)
        await seal_all(database)
    assert made
    [line] = logs
    assert (line["event"], line["number"], line["root"], line["hash"]) == (
        "sealed", 1, made.root.hex(), made.hash.hex(),
    )  # fmt: skip


async def test_a_file_of_seals_holds_against_the_ledger_that_grows(
    database: Database, shop: Shop, seal: Seal, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("o1", 1000, "ann", on=1), purchase("o3", 500))
    await pass_time(owner)
    await seal()
    file = tmp_path / "seals"
    assert not (await report_of(database, seals_to=file)).faults
    await shop.buy(purchase("o2", 1000, "ann", on=1), purchase("o4", 1000, "cid", on=1))
    await pass_time(owner)
    await seal()
    report = await report_of(database, against=file)
    assert report.faults == []
    assert report.checked["seals_are_those_of_the_file"] == 1
    assert report.checked["accounts_are_those_of_the_file"] == 2


async def test_a_ledger_with_faults_gives_no_file(
    database: Database, shop: Shop, seal: Seal, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    await seal()
    await owner.execute("UPDATE account SET available = 1")
    assert (await report_of(database, seals_to=tmp_path / "seals")).faults
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a test waits for nobody


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:0],
        lambda text: text[:-3],
        lambda text: text.rsplit("\n", 2)[0] + "\n",
        lambda text: "[]\n" + text,
    ],
)
async def test_a_file_that_is_not_whole_is_refused(
    database: Database, shop: Shop, seal: Seal, owner: asyncpg.Connection, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    await shop.join(joining("ann"))
    await pass_time(owner)
    await seal()
    file = tmp_path / "seals"
    await report_of(database, seals_to=file)
    assert [json.loads(line)[0] for line in file.read_text().splitlines()] == ["seals/1", "seal", "account", "end"]
    file.write_text(spoil(file.read_text()))
    with pytest.raises(NotASealsFile):
        await report_of(database, against=file)


async def test_some_accounts_are_verified_with_what_belongs_to_them(database: Database, shop: Shop) -> None:
    for number in range(6):
        await shop.join(joining(f"c{number}"))
        await shop.buy(purchase(f"o{number}", 1000, f"c{number}", on=1), purchase(f"n{number}", 1000))

    async def of(connection: Connection) -> Report:
        return await verify(connection, sample=2)

    async with database.reader() as connection:
        report = await of(connection)
    assert report.faults == []
    assert report.checked["balances_are_the_sums_of_entries"] == 2
    assert report.checked["recorded_purchases_are_awarded"] == 4
