"""The demo's parts: its programme, its files, its key. All of it together is tested on the whole sample."""

import csv
import gzip
import json
import shlex
from pathlib import Path

import pytest
from msgspec.structs import astuple

from loyalty.cli.demo import _curl
from loyalty.database import Database
from loyalty.demo import facts
from loyalty.demo.actions import ensure_demo, ensure_key, load
from loyalty.demo.facts import Chapter, Demo
from loyalty.programs.queries import caller_of


@pytest.fixture
async def demo(database: Database) -> Demo:
    """Give the demo programme."""
    return await ensure_demo(database)


async def test_the_programme_is_made_once(database: Database, demo: Demo) -> None:
    assert (demo.program.timezone, demo.program.currency) == ("America/New_York", "USD")
    assert demo.program.default_period == "2017-12"
    assert demo.program.data_origin is not None
    assert demo.program.data_origin["fr"].startswith("Échantillon public 84.51° Complete Journey, 2017.")
    assert "stand-ins" in demo.program.data_origin["en"]
    again = await ensure_demo(database)
    assert astuple(again.program) == astuple(demo.program)
    assert again == demo


async def test_a_chapter_is_loaded_once(database: Database, demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("customer_id,joined_at\n1,2017-01-01T00:00:00Z\n")
    chapter = Chapter("members", tmp_path / "m.csv", of_storefront=False)
    loaded = await load(database, demo, chapter, lambda _: None)
    assert loaded is not None
    assert loaded.recorded == 1
    assert await load(database, demo, chapter, lambda _: None) is None


async def test_the_key_is_kept_for_its_owner_only_and_reused(database: Database, demo: Demo, tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = await ensure_key(database, demo, home)
    kept = home / "demo.key"
    assert kept.read_text() == f"{key}\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert await ensure_key(database, demo, home) == key
    async with database.reader() as connection:
        caller = await caller_of(connection, key)
    assert caller is not None
    assert (caller.program.name, caller.storefront) == (facts.PROGRAM, facts.STOREFRONT)


@pytest.mark.parametrize("kept", ["lk_live_1_of-another-database-entirely", "", "é"])
async def test_a_key_that_opens_nothing_is_replaced(database: Database, demo: Demo, tmp_path: Path, kept: str) -> None:
    (tmp_path / "demo.key").write_text(kept)
    key = await ensure_key(database, demo, tmp_path)
    assert key != kept
    assert (tmp_path / "demo.key").read_text() == f"{key}\n"


async def test_the_files_are_the_sample_and_the_visitors_customer_is_a_member_in_it() -> None:
    members, purchases = (_rows(chapter.path) for chapter in facts.CHAPTERS)
    assert (len(members), len(purchases)) == (1_559, 155_848)
    assert facts.SOME_MEMBER in {row["customer_id"] for row in members}
    readme = (facts.CHAPTERS[0].path.parent / "README.md").read_text()
    assert "CC0" in readme
    assert "MIT" in readme


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


async def test_the_printed_curl_is_one_line_and_a_new_order_each_time() -> None:
    first, second = (shlex.split(_curl("http://127.0.0.1:8000", "lk_live_1_x")) for _ in range(2))
    assert first[:3] == ["curl", "-sS", "http://127.0.0.1:8000/v1/purchases"]
    assert "Authorization: Bearer lk_live_1_x" in first
    bodies = [json.loads(words[-1]) for words in (first, second)]
    assert bodies[0]["order_id"] != bodies[1]["order_id"]
    assert bodies[0]["customer_id"] == facts.SOME_MEMBER
