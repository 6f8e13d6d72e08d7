"""The independent audit: it agrees on the public sample and on any small shop, and it finds whatever is planted."""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from structlog.testing import capture_logs

from kpi.audit.actions import AuditNotInstalled, StillBehind, audit
from kpi.audit.export import TABLES, export
from kpi.audit.recount import RECOUNTS, Slot, recount
from kpi.audit.tasks import _said, audit_nightly
from kpi.periods import BadPeriod, Days
from kpi.rollup.serving import serving
from kpi.rollup.store import mark
from kpi.rollup.tasks import CONSUMER
from kpi.rollup.work import rebuild
from kpi.rows import queries
from loyalty.background import all_jobs
from loyalty.clock import utc_now
from loyalty.database import Connection, Database
from loyalty.jobs.facts import Nightly
from loyalty.jobs.job import Desk
from tests.kpi.complete_journey import (
    YEAR_BUYERS,
    YEAR_BUYERS_MEMBER,
    YEAR_NET_MEMBER_MINOR,
    YEAR_NET_MINOR,
    YEAR_QUALIFYING,
    YEAR_REPEAT_BUYERS,
)
from tests.kpi.sample import PROGRAM
from tests.kpi.shop import Shop
from tests.kpi.test_kpi_recount import ZONE, Teller
from tests.seeds import seeds

if TYPE_CHECKING:
    from kpi.audit.actions import Report

FOUR = {"aov", "loyal_conversion", "orders_per_active", "retention_rate"}


@pytest.mark.sample
async def test_the_sample_agrees_in_every_whole_number(sample: Connection) -> None:
    report = await audit(sample, PROGRAM)
    assert report.differences == []
    assert set(report.compared) >= FOUR
    # Twelve months, four quarters and a year; three segments of two numbers, joiners and overlap.
    assert {report.compared[key] for key in FOUR} == {17 * 8}


@pytest.mark.sample
async def test_what_is_counted_again_is_what_was_published(sample: Connection, tmp_path: Path) -> None:
    async with sample.transaction():
        written = await export(sample, PROGRAM.program_id, tmp_path)
    assert written["purchases"] == 155_848
    assert set(written) == set(TABLES)
    # Nobody had bought before, and of the 140 who were members already, each bought.
    year = Slot("year", Days(date(2017, 1, 1), date(2018, 1, 1)))
    told = recount(tmp_path, PROGRAM, {year: utc_now()}, sorted(RECOUNTS), None).figures
    published = {
        "active_customers": (YEAR_BUYERS, None),
        "aov": (YEAR_NET_MINOR, YEAR_QUALIFYING),
        "loyal_conversion": (140, 140),
        "new_customers": (YEAR_BUYERS, None),
        "orders": (YEAR_QUALIFYING, None),
        "orders_per_active": (YEAR_QUALIFYING, YEAR_BUYERS),
        "repeat_purchase_rate": (YEAR_REPEAT_BUYERS, YEAR_BUYERS),
        "returning_customer_rate": (YEAR_REPEAT_BUYERS, YEAR_BUYERS),
        "revenue": (YEAR_NET_MINOR, None),
    }
    assert {key: told[key][year, "all"] for key in published} == published
    assert told["repeat_purchase_rate"][year, "member"][1] == YEAR_BUYERS_MEMBER
    assert told["revenue"][year, "member"] == (YEAR_NET_MEMBER_MINOR, None)


@pytest.mark.parametrize("seed", seeds(2, range(4)))
async def test_any_small_shop_agrees_now_and_at_every_knowledge_time(owner: asyncpg.Connection, seed: int) -> None:
    shop = await Shop.open(owner, ZONE)
    teller = Teller(shop, seed)
    await teller.tell(70)
    for as_of in (None, teller.clock - timedelta(days=15), teller.clock - timedelta(days=40)):
        report = await audit(owner, shop.program, as_of=as_of)
        assert report.differences == [], as_of
        assert report.compared.total() > 0


@pytest.fixture
async def shop(owner: asyncpg.Connection) -> Shop:
    """A shop in which everything happened that a wrong statement could miss."""
    shop = await Shop.open(owner)
    a, b, c, d = await shop.customers(4)
    await shop.joins(a, "2026-01-10 10:00")
    await shop.joins(b, "2026-01-10 10:00", recorded="2026-01-10 10:00")
    await shop.leaves(b, "2026-02-10 10:00", recorded="2026-02-10 10:00")
    for customer in (a, b, c, d):
        await shop.buys(customer, "2026-01-20 10:00", 1000, reward=333)
        await shop.buys(customer, "2026-02-28 23:30", 900)
    await shop.buys(c, "2026-02-03 10:00", 700, test=True)
    await shop.cancels(await shop.buys(d, "2026-02-04 10:00", 800))
    await shop.refunds(await shop.buys(a, "2026-02-05 10:00", 1000, reward=500), 333)
    await shop.buys(None, "2026-02-06 10:00", 400)
    await shop.merges(d, c, at="2026-02-20 10:00")
    return shop


def planted(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    """Make the service's own statement wrong."""
    now = queries._FACTS.now
    assert right in now
    monkeypatch.setattr(queries, "_FACTS", queries._FACTS._replace(now=now.replace(right, wrong)))


def found(report: "Report") -> set[str]:
    return {one.measure for one in report.differences}


async def test_the_shop_of_the_planted_faults_agrees_without_them(shop: Shop) -> None:
    report = await audit(shop.owner, shop.program)
    assert report.differences == []
    assert {report.compared[key] for key in FOUR} == {17 * 8}


@pytest.mark.parametrize(
    ("right", "wrong", "measures"),
    [
        ("AND NOT test", "", {"aov", "orders_per_active"}),
        ("WHEN r.cancelled THEN 0", "WHEN r.cancelled THEN p.goods_minor", {"aov", "orders_per_active"}),
        ("greatest(0, p.goods_minor - r.goods_minor)", "greatest(0, p.goods_minor)", {"aov"}),
        ("+ goods_minor, 2::numeric", "+ 0, 2::numeric", {"aov"}),
        ("AND superseded_at IS NULL", "", {"loyal_conversion", "retention_rate"}),
        ("coalesce(s.survivor, c.customer_id)", "c.customer_id", FOUR - {"aov"}),
        ("4 * cell + 2 * member::int", "4 * cell + 2 * (NOT member)::int", {"aov", "orders_per_active"}),
        ("coalesce(left_at, 'infinity')", "'infinity'", {"loyal_conversion", "retention_rate"}),
    ],
    ids=["tests", "cancellations", "refunds", "half up", "corrections", "merges", "status", "leaving"],
)
async def test_a_planted_fault_is_found_and_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, measures: set[str]
) -> None:
    planted(monkeypatch, right, wrong)
    with capture_logs() as logs:
        report = await audit(shop.owner, shop.program)
    assert found(report) >= measures
    [alarm] = [line for line in logs if line["event"] == "kpi_audit_failed"]
    assert (alarm["log_level"], alarm["program_id"]) == ("error", shop.program.program_id)
    assert alarm["differences"] == len(report.differences)
    assert alarm["first"][0] == str(report.differences[0])


async def test_a_stored_flag_that_is_wrong_is_found(shop: Shop) -> None:
    await shop.owner.execute("UPDATE purchase SET member = true WHERE placed_at < '2026-02-01'")
    report = await audit(shop.owner, shop.program)
    named = [str(one) for one in report.differences]
    assert f"aov, month from 2026-01-01, member num: answered {4 * 667}, recounted {2 * 667}" in named
    assert "orders_per_active" in found(report)


@pytest.mark.parametrize(
    ("start", "end", "periods"),
    [
        (date(2026, 1, 1), date(2026, 4, 1), 4),
        (date(2026, 1, 2), date(2026, 4, 1), 2),
        (date(2025, 11, 15), date(2027, 2, 1), 14 + 4 + 1),
        (date(2026, 1, 2), date(2026, 1, 31), 0),
        (date(2014, 1, 1), date(2026, 1, 1), 12 * 17),
    ],
)
async def test_whole_periods_of_a_range_are_audited_and_no_others(
    shop: Shop, start: date, end: date, periods: int
) -> None:
    report = await audit(shop.owner, shop.program, start, end)
    assert report.differences == []
    assert report.compared["aov"] == periods * 8


async def test_a_range_that_is_none_is_refused_and_a_shop_without_purchases_agrees(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    assert (await audit(owner, shop.program)).compared == {}
    with pytest.raises(BadPeriod):
        await audit(owner, shop.program, date(2026, 2, 1), date(2026, 2, 1))


async def test_the_files_hold_one_programme_and_nobody_by_name(
    shop: Shop, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    from pyarrow import parquet

    other = await Shop.open(owner)
    await other.buys(await other.customer(), "2026-01-20 10:00")
    async with owner.transaction():
        written = await export(owner, shop.program.program_id, tmp_path)
    assert written == {
        **dict.fromkeys(TABLES, 0), "purchases": 12, "refunds": 2, "memberships": 3, "merges": 1, "customers": 4
    }  # fmt: skip
    columns = {name for table in TABLES for name in parquet.read_schema(tmp_path / f"{table}.parquet").names}
    assert not columns & {"name", "email", "external_id", "lead_id", "birthday_on"}
    first = parquet.read_table(tmp_path / "purchases.parquet").column("placed_at").to_pylist()
    assert min(first).replace(tzinfo=UTC) == datetime(2026, 1, 20, 10, tzinfo=ZoneInfo("Europe/Paris"))


def desk(database: Database, program_id: int) -> Desk:
    return Desk(database, program_id, uuid4(), 1, datetime(2026, 3, 1, tzinfo=UTC))


async def test_every_night_each_programme_is_audited(database: Database, shop: Shop) -> None:
    [job] = [job for job in all_jobs() if job.name == "kpi.audit"]
    assert isinstance(job.when, Nightly)
    assert job.per_program
    await shop.owner.execute("UPDATE purchase SET member = true")
    with capture_logs() as logs:
        await job.run(desk(database, shop.program.program_id))
    assert [line["event"] for line in logs] == ["kpi_audit_failed", "kpi_audited"]
    assert logs[1]["differences"] == logs[0]["differences"] > 0


async def test_without_the_extra_the_night_says_so_once_and_does_nothing(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    _said.clear()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with capture_logs() as logs:
        for _ in range(2):
            await audit_nightly(desk(database, shop.program.program_id))
    assert [(line["event"], line["log_level"]) for line in logs] == [("kpi_audit_not_installed", "debug")]
    with pytest.raises(AuditNotInstalled, match=r"pip install loyalty\[audit\]"):
        await audit(shop.owner, shop.program)


async def test_the_day_sets_are_audited_once_nothing_waits_for_them(
    database: Database, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpi.audit.actions._LOOKS", 2)
    monkeypatch.setattr("kpi.audit.actions._LOOK_AGAIN_SECONDS", 0.01)
    program_id = shop.program.program_id
    await rebuild(database, program_id)
    await shop.owner.execute("INSERT INTO consumer_built (program_id, consumer) VALUES ($1, $2)", program_id, CONSUMER)
    assert await serving(shop.owner, program_id, []) is not None
    assert (await audit(shop.owner, shop.program)).differences == []
    # Nobody told the day sets of it: they are wrong, and that must be seen.
    await shop.buys((await shop.customers(1))[0], "2026-02-11 10:00")
    assert "loyal_conversion" in found(await audit(shop.owner, shop.program))
    # What is known to be unfinished is no fault.
    await mark(shop.owner, program_id, [date(2026, 2, 11)], datetime(2026, 2, 11, tzinfo=UTC))
    with pytest.raises(StillBehind):
        await audit(shop.owner, shop.program)
    assert (await audit(shop.owner, shop.program, as_of=datetime(2026, 3, 1, tzinfo=UTC))).differences == []
