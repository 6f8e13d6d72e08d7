"""A ledger that is replayed range by range, by one process or by two, is told about as if it were replayed at once."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from loyalty.errors import Unavailable
from loyalty.verify import Report, verify
from loyalty.verify.ranges import HIGHEST, LOWEST, Families, between, named
from tests.conftest import TestServers, execute, in_database
from tests.tampering import CUSTOMERS, TAMPERED, Tampering

ONE_ACCOUNT, EVERYTHING = 1, 100_000
COMMITTED = {
    "an entry's amount",
    "entries are swapped between accounts",
    "a whole account is removed",
    "what a hold captured",
    "what a merge moved",
    "why an award gave nothing",
    "nobody's purchase is gone, with all that was of it",
}


@pytest.fixture
def url(servers: TestServers, everything_url: str) -> Iterator[str]:
    """Give a copy of the ledger in which everything has happened."""
    name = f"loyalty_test_{uuid4().hex}"
    template = everything_url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield in_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def rows_at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give the way to say how long ranges are; by default, of one account."""

    def choose(rows: int) -> None:
        monkeypatch.setattr("loyalty.verify.ranges.ROWS", rows)

    choose(ONE_ACCOUNT)
    return choose


async def report_of(
    url: str,
    jobs: int,
    *,
    against: Path | None = None,
    seals_to: Path | None = None,
    sample: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    connection = await asyncpg.connect(url)
    try:
        return await verify(
            connection, url=url, jobs=jobs, against=against, seals_to=seals_to, sample=sample, progress=progress
        )
    finally:
        await connection.close()


async def do(url: str, *statements: str) -> None:
    """Change the ledger as its owner may, and commit it."""
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    for statement in statements:
        assert not (await connection.execute(statement)).endswith(" 0") or statement.startswith("DELETE")
    await connection.close()


async def value(url: str, sql: str) -> int:
    """Read a number."""
    connection = await asyncpg.connect(url)
    found: int = await connection.fetchval(sql)
    await connection.close()
    return found


def done_elsewhere(url: str, *statements: str) -> None:
    """Do something from where nothing can be waited for: a callback."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, do(url, *statements)).result()


async def test_ranges_and_processes_change_nothing_of_what_is_told(
    url: str, seals_file: Path, rows_at_once: Callable[[int], None], tmp_path: Path
) -> None:
    reports, files = [], []
    for rows, jobs in ((EVERYTHING, 1), (ONE_ACCOUNT, 1), (ONE_ACCOUNT, 2)):
        rows_at_once(rows)
        told: list[tuple[int, int]] = []
        written = tmp_path / f"{rows}-{jobs}"
        reports.append(await report_of(url, jobs, against=seals_file, progress=lambda *now, to=told: to.append(now)))
        await report_of(url, jobs, seals_to=written)
        files.append(written.read_text())
        assert told[-1][0] == told[-1][1]
        assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert reports[0].faults == []
    assert reports[0] == reports[1] == reports[2]
    # Two are merged: their ranges are two, and they are checked in one of them.
    assert reports[0].checked["balances_are_the_sums_of_entries"] == len(CUSTOMERS) + 2
    assert files == [seals_file.read_text()] * 3  # noqa: ASYNC240 - a test waits for nobody


async def test_faults_are_the_same_with_one_process_and_with_two(url: str, rows_at_once: Callable[[int], None]) -> None:
    await do(url, "UPDATE entry SET amount = amount + 1", "UPDATE purchase SET member = NOT member")
    one, two = [await report_of(url, jobs) for jobs in (1, 2)]
    assert one == two
    rows_at_once(EVERYTHING)
    whole = await report_of(url, 1)
    assert sorted(whole.faults) == sorted(one.faults)
    assert whole.checked == one.checked


@pytest.mark.usefixtures("rows_at_once")
@pytest.mark.parametrize(
    "tampering", [one for one in TAMPERED if one.done in COMMITTED], ids=lambda tampering: tampering.done
)
async def test_two_processes_find_what_was_committed(url: str, seals_file: Path, tampering: Tampering) -> None:
    connection = await asyncpg.connect(url)
    query = "SELECT external_id, customer_id FROM customer_alias"
    found = {row[0]: row[1] for row in await connection.fetch(query) if row[0] in CUSTOMERS}
    await connection.close()
    names = {name: f"'{key}'::uuid" for name, key in found.items()} | {"new": UUID(int=7)}
    await do(url, *(statement.format(**names) for statement in tampering.sql))
    report = await report_of(url, 2, against=seals_file)
    places = [fault.where for fault in report.faults if fault.check == tampering.found_by]
    assert any(tampering.where.format(**found) in place for place in places), report.faults


def test_every_tampering_that_is_committed_is_known() -> None:
    assert {one.done for one in TAMPERED} >= COMMITTED


@pytest.mark.usefixtures("rows_at_once")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("key", [LOWEST, UUID(int=1 << 127), HIGHEST])
async def test_rows_between_ranges_and_outside_of_all_accounts_stray(url: str, jobs: int, key: UUID) -> None:
    await do(url, f"UPDATE lot_use SET customer_id = '{key}' WHERE (customer_id, seq, lot_seq) = (SELECT customer_id,"
             " seq, lot_seq FROM lot_use LIMIT 1)")  # fmt: skip
    report = await report_of(url, jobs)
    [stray] = [fault for fault in report.faults if fault.check == "rows_belong_together"]
    assert stray.where == "program 1, table lot_use"
    assert stray.message.startswith("1 rows belong to no account")
    assert str(key) in stray.message


@pytest.mark.usefixtures("rows_at_once")
async def test_an_award_of_nobody_and_of_nothing_strays_once(url: str) -> None:
    of_nobody = (
        "SELECT award_id FROM award a JOIN purchase p USING (program_id, purchase_id) WHERE a.customer_id IS NULL"
    )
    await do(
        url, f"UPDATE award SET purchase_id = NULL WHERE award_id = ({of_nobody} AND p.customer_id IS NULL LIMIT 1)"
    )
    report = await report_of(url, 2)
    [stray] = [fault for fault in report.faults if fault.check == "rows_belong_together"]
    assert stray.where == "program 1, table award"


@pytest.mark.usefixtures("rows_at_once")
async def test_an_event_that_is_gone_is_missed_wherever_its_award_is_checked(url: str) -> None:
    awards = await value(url, "SELECT count(*) FROM award")
    await do(url, "DELETE FROM event", "UPDATE program SET clock_offset = '-1000 days'")
    reports = [await report_of(url, jobs) for jobs in (1, 2)]
    for report in reports:
        missed = [fault for fault in report.faults if fault.check == "awards_have_their_event"]
        assert len(missed) == awards > 0


@pytest.mark.usefixtures("rows_at_once")
@pytest.mark.parametrize("number", [-(1 << 63), (1 << 63) - 1])
async def test_accounts_that_claim_more_entries_than_can_be_are_faults_and_no_obstacle(url: str, number: int) -> None:
    await do(url, f"UPDATE account SET seq = {number}, version = {number}")
    report = await report_of(url, 1)
    accounts = report.checked["balances_are_the_sums_of_entries"]
    assert sum(fault.check == "sequence_has_no_gap" for fault in report.faults) == accounts > 0


@pytest.mark.usefixtures("rows_at_once")
async def test_who_is_sampled_brings_the_household_along(url: str) -> None:
    assert await value(url, "SELECT count(*) FROM account WHERE merged_into IS NOT NULL") == 1
    for _ in range(4):
        report = await report_of(url, 2, sample=1)
        assert report.faults == []
        assert report.checked["balances_are_the_sums_of_entries"] in {1, 2}


@pytest.mark.usefixtures("rows_at_once")
async def test_what_is_written_meanwhile_is_seen_by_no_process(url: str) -> None:
    def write(done: int, _: int) -> None:
        if done == 1:
            done_elsewhere(url, "UPDATE entry SET amount = amount + 1", "UPDATE account SET version = 0")

    assert (await report_of(url, 2, progress=write)).faults == []
    assert (await report_of(url, 2)).faults


@pytest.mark.usefixtures("rows_at_once")
async def test_a_process_that_is_killed_ends_the_command_and_the_others(url: str, tmp_path: Path) -> None:
    def kill(_: int, __: int) -> None:
        active_children()[0].kill()

    with pytest.raises(Unavailable, match="A process that replays the ledger was ended"):
        await report_of(url, 2, progress=kill, seals_to=tmp_path / "seals")
    assert active_children() == []
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a test waits for nobody


@pytest.mark.usefixtures("rows_at_once")
async def test_a_connection_that_is_lost_ends_the_command_and_all_processes(url: str) -> None:
    def cut(done: int, _: int) -> None:
        if done == 1:
            others = "datname = current_database() AND application_name = 'loyalty'"
            done_elsewhere(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")

    with pytest.raises(Unavailable, match="does not answer any more"):
        await report_of(url, 2, progress=cut)
    assert active_children() == []


@pytest.mark.usefixtures("rows_at_once")
async def test_who_interrupts_it_leaves_no_process_behind(url: str) -> None:
    asking = asyncio.current_task()
    assert asking
    with pytest.raises(asyncio.CancelledError):
        await report_of(url, 2, progress=lambda *_: asking.cancel() and None)
    asking.uncancel()
    assert active_children() == []


def test_ranges_leave_no_key_out() -> None:
    bounds = [UUID(int=5), UUID(int=6), UUID(int=9)]
    parts = between(bounds)
    assert (parts[0].first, parts[-1].last) == (LOWEST, HIGHEST)
    assert [part.first.int for part in parts[1:]] == [part.last.int + 1 for part in parts[:-1]]
    assert between([]) == [(LOWEST, HIGHEST, None)]


def test_named_keys_come_in_their_order_and_once() -> None:
    keys = [UUID(int=number) for number in range(450)]
    parts = named([*reversed(keys), *keys])
    assert [key for part in parts for key in part.named or ()] == keys
    assert all((part.first, part.last) == (part.named[0], part.named[-1]) for part in parts if part.named)


def test_a_household_is_checked_in_the_range_of_its_head_alone() -> None:
    low, head, high = UUID(int=1), UUID(int=50), UUID(int=99)
    families = Families({low: head, head: head, high: head})
    first, second, third = between([UUID(int=40), UUID(int=60)])
    assert [families.checked_in(part) for part in (first, third)] == [{}, {}]
    assert families.checked_in(second).keys() == {low, head, high}
    assert [families.elsewhere(part) for part in (first, second, third)] == [{low}, set(), {high}]
    assert set(families.everybody([high])) == {low, head, high}
