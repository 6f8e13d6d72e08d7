"""Who is in a segment: refreshed by the worker, or set by the room that keeps it; as known then."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from loyalty.database import Database
from loyalty.earning.actions import start_program
from loyalty.errors import Invalid, KeyTaken, NotFound, SegmentInUse, SegmentKept
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from loyalty.outbox.consumer import Consumer
from loyalty.segments import actions, queries
from loyalty.segments.actions import (
    ask_to_refresh,
    change_segment,
    define_segment,
    delete_segment,
    find,
    keep_segment,
    set_members,
)
from loyalty.segments.condition import Moment
from loyalty.segments.queries import segments_of
from loyalty.segments.tasks import last_night, refresh_segments
from tests.loyalty.segments.conftest import Town, ago
from tests.stories import day, joining, purchase, refund, wait

BUYERS = [{"kind": "orders", "at_least": 1, "days": 30}]
MEMBERS = [{"kind": "member"}]


async def define(town: Town, key: str, conditions: list[dict[str, object]]) -> None:
    async with town.shop.database.writer() as connection, connection.transaction():
        await define_segment(connection, town.program.program_id, key, f"The {key}", conditions)


async def refreshed(town: Town) -> None:
    """Do what the worker does."""
    now = await town.shop.value("SELECT clock_timestamp()")
    await refresh_segments(Desk(town.shop.database, town.program.program_id, new_id(), 1, now))


async def inside(town: Town, key: str) -> set[str]:
    rows = await town.shop.rows(
        "SELECT external_id FROM segment_member JOIN customer_alias USING (program_id, customer_id)"
        " WHERE segment_key = $1",
        key,
    )
    return {row[0] for row in rows}


@pytest.fixture
async def news(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Have an event kept for a consumer."""
    monkeypatch.setattr("loyalty.outbox.consumer._consumers", {"reader": Consumer("reader", None)})  # type: ignore[arg-type]
    return town


async def test_a_segment_is_filled_and_follows_what_happens(news: Town) -> None:
    town, shop = news, news.shop
    await shop.buy(purchase("o1", 1000, "ann", on=ago(1)), purchase("o2", 1000, "ben", on=ago(2)))
    await define(town, "buyers", BUYERS)
    assert await shop.value("SELECT next_at <= clock_timestamp() FROM schedule WHERE job = 'segments.refresh'")
    assert await inside(town, "buyers") == set()

    await refreshed(town)
    assert await inside(town, "buyers") == {"ann", "ben"}
    [since] = {row[0] for row in await shop.rows("SELECT since FROM segment_member")}

    await shop.take_back(refund("o2", "r", 1000, on=ago(0)))
    await shop.buy(purchase("o3", 1000, "cat", on=ago(0)))
    await refreshed(town)
    # Nobody asked, and the night has not come.
    assert await inside(town, "buyers") == {"ann", "ben"}

    async with shop.database.writer() as connection:
        asked = await ask_to_refresh(connection, town.program.program_id, "buyers")
    assert asked.asked_at is not None
    await refreshed(town)
    assert await inside(town, "buyers") == {"ann", "cat"}
    rows = dict(
        await shop.rows("SELECT external_id, since FROM segment_member JOIN customer_alias USING (customer_id)")
    )
    assert rows["ann"] == since < rows["cat"]
    async with shop.database.reader() as connection:
        found = await find(connection, town.program.program_id, "buyers")
    assert (found.customers, found.refreshed_at, found.asked_at) == (2, rows["cat"], None)
    told = await shop.rows("SELECT type, subject FROM event JOIN outbox USING (event_id) WHERE consumer = 'reader'")
    assert told.count(("segment.refreshed", "segment/buyers")) == 2


async def test_a_refresh_that_changes_nothing_is_no_news(town: Town) -> None:
    await define(town, "buyers", BUYERS)
    await refreshed(town)
    async with town.shop.database.reader() as connection:
        found = await find(connection, town.program.program_id, "buyers")
    assert found.refreshed_at is not None
    assert await town.shop.value("SELECT count(*) FROM event WHERE type = 'segment.refreshed'") == 0


async def test_every_segment_is_refreshed_once_a_night(town: Town, owner: asyncpg.Connection) -> None:
    await town.shop.buy(purchase("o1", 1000, "ann", on=ago(29)))
    await define(town, "buyers", BUYERS)
    await refreshed(town)
    assert await inside(town, "buyers") == {"ann"}
    # Paris: from 14:00 until 01:50, then until 02:10 of the second night.
    await wait(owner, hours=11.8)
    await refreshed(town)
    assert await town.shop.value("SELECT refreshed_at FROM segment") < day(ago(0)) + timedelta(minutes=30)
    await wait(owner, hours=24.4)
    await refreshed(town)
    assert await inside(town, "buyers") == set()


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-06-10T12:00+02:00", "2026-06-10T00:00+00:00"),
        ("2026-06-10T01:59+02:00", "2026-06-09T00:00+00:00"),
        ("2026-06-10T02:00+02:00", "2026-06-10T00:00+00:00"),
        # 02:00 does not exist, and is read as 03:00 of summer.
        ("2026-03-29T01:30+01:00", "2026-03-28T01:00+00:00"),
        ("2026-03-29T03:00+02:00", "2026-03-29T01:00+00:00"),
        # 02:00 comes twice, and is meant the first time.
        ("2026-10-25T02:30+02:00", "2026-10-25T00:00+00:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T00:00+00:00"),
    ],
)
def test_the_night_comes_once_also_when_the_clocks_change(now: str, night: str) -> None:
    found = last_night(Moment(datetime.fromisoformat(now), ZoneInfo("Europe/Paris")))
    assert found == datetime.fromisoformat(night)


async def test_an_edit_fills_the_segment_anew_but_a_new_name_does_not(town: Town) -> None:
    await town.shop.join(joining("eve", on=ago(3)))
    await define(town, "some", BUYERS)
    await refreshed(town)
    program_id = town.program.program_id
    async with town.shop.database.writer() as connection:
        renamed = await change_segment(connection, program_id, "some", "Friends", BUYERS)
        assert (renamed.name, renamed.asked_at, renamed.version) == ("Friends", None, 2)
        changed = await change_segment(connection, program_id, "some", "Friends", MEMBERS)
        assert changed.asked_at is not None
    await refreshed(town)
    assert await inside(town, "some") == {"eve"}


async def test_a_refresh_that_an_edit_overtook_writes_nothing(town: Town) -> None:
    await town.shop.join(joining("eve", on=ago(3)))
    await define(town, "some", MEMBERS)
    program_id = town.program.program_id
    async with town.shop.database.reader() as connection:
        before = await find(connection, program_id, "some")
    async with town.shop.database.writer() as connection:
        await change_segment(connection, program_id, "some", "Some", BUYERS)

    assert await actions.refresh(town.shop.database, town.program, before) is None
    assert await inside(town, "some") == set()
    async with town.shop.database.reader() as connection:
        assert (await find(connection, program_id, "some")).asked_at is not None


async def test_a_deleted_segment_is_empty_and_its_key_is_not_given_again(town: Town) -> None:
    await town.shop.join(joining("eve", on=ago(3)))
    await define(town, "some", MEMBERS)
    await refreshed(town)
    program_id = town.program.program_id
    async with town.shop.database.writer() as connection, connection.transaction():
        await delete_segment(connection, program_id, "some")
    assert await inside(town, "some") == set()
    async with town.shop.database.writer() as connection:
        with pytest.raises(KeyTaken):
            await define_segment(connection, program_id, "some", "Some", MEMBERS)
        with pytest.raises(KeyTaken):
            await keep_segment(connection, program_id, "some", "Some", "surveys")
        for verb in (find, delete_segment, ask_to_refresh):
            with pytest.raises(NotFound):
                await verb(connection, program_id, "some")
        with pytest.raises(NotFound):
            await change_segment(connection, program_id, "some", "Some", MEMBERS)
        assert await queries.segments(connection, program_id) == []


async def test_a_segment_that_is_named_somewhere_cannot_be_deleted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def rules(_: object, __: int, key: str) -> list[tuple[str, str]]:
        return [("the earning rule “%(name)s”", "Double points")] if key == "some" else []

    monkeypatch.setattr(actions, "_USES", [])
    actions.segment_user(rules)
    await define(town, "some", MEMBERS)
    await define(town, "other", MEMBERS)
    async with town.shop.database.writer() as connection:
        with pytest.raises(SegmentInUse, match="'some' is still named by the earning rule “Double points”"):
            await delete_segment(connection, town.program.program_id, "some")
        await delete_segment(connection, town.program.program_id, "other")


async def test_a_room_says_who_is_in_the_segment_that_it_keeps(town: Town) -> None:
    shop, program_id = town.shop, town.program.program_id
    await shop.join(joining("one"), joining("two"), joining("three"), joining("erased"))
    one, two, three, erased = await town.ids("one", "two", "three", "erased")
    await shop.merge("one", "two")
    await shop.erase("erased")
    async with shop.database.writer() as connection, connection.transaction():
        kept = await keep_segment(connection, program_id, "promoters", "Promoters", "surveys")
        assert (kept.conditions, kept.kept_by) == (None, "surveys")
        changed = await set_members(connection, program_id, "promoters", [one, two, erased, uuid4()])
        assert (changed.customers, changed.entered, changed.left) == (1, 1, 0)
        changed = await set_members(connection, program_id, "promoters", [three, two])
        assert (changed.customers, changed.entered, changed.left) == (2, 1, 0)
        changed = await set_members(connection, program_id, "promoters", [three])
        assert (changed.customers, changed.entered, changed.left) == (1, 0, 1)
        assert await segments_of(connection, program_id, [two, three]) == {two: [], three: ["promoters"]}
        # Again is no mistake, and the worker leaves it alone.
        await keep_segment(connection, program_id, "promoters", "Promoters", "surveys")
    await refreshed(town)
    assert await inside(town, "promoters") == {"three"}
    async with shop.database.writer() as connection:
        with pytest.raises(KeyTaken):
            await keep_segment(connection, program_id, "promoters", "Promoters", "kpi")
        for verb in (delete_segment, ask_to_refresh):
            with pytest.raises(SegmentKept):
                await verb(connection, program_id, "promoters")
        with pytest.raises(SegmentKept):
            await change_segment(connection, program_id, "promoters", "Promoters", MEMBERS)
        renamed = await change_segment(connection, program_id, "promoters", "Fans", None)
        assert (renamed.name, renamed.asked_at) == ("Fans", None)
    await define(town, "some", MEMBERS)
    async with shop.database.writer() as connection:
        with pytest.raises(SegmentKept):
            await set_members(connection, program_id, "some", [three])


async def test_which_segments_a_customer_is_in_is_told_by_key(town: Town) -> None:
    await town.shop.join(joining("eve", on=ago(3)))
    await town.shop.buy(purchase("o1", 1000, "eve", on=ago(1)), purchase("o2", 1000, "ann", on=ago(100)))
    await define(town, "zz-members", MEMBERS)
    await define(town, "buyers", BUYERS)
    await refreshed(town)
    [eve, ann] = await town.ids("eve", "ann")
    nobody = uuid4()
    async with town.shop.database.reader() as connection:
        found = await segments_of(connection, town.program.program_id, [eve, ann, nobody])
        elsewhere = await segments_of(connection, town.program.program_id + 1, [eve])
    assert found == {eve: ["buyers", "zz-members"], ann: [], nobody: []}
    assert elsewhere == {eve: []}


async def test_a_person_who_is_forgotten_leaves_every_segment_at_once(town: Town) -> None:
    await town.shop.join(joining("eve", on=ago(3)), joining("ann", on=ago(3)))
    await define(town, "some", MEMBERS)
    await refreshed(town)
    await town.shop.erase("eve")
    assert await town.shop.value("SELECT count(*) FROM segment_member") == 1
    assert await inside(town, "some") == {"ann"}


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 129])
async def test_a_name_is_short_and_printable(town: Town, name: str) -> None:
    async with town.shop.database.writer() as connection:
        with pytest.raises(Invalid) as refused:
            await define_segment(connection, town.program.program_id, "some", name, MEMBERS)
    assert refused.value.pointer == "/name"


@pytest.mark.parametrize("key", ["", "A", "a_b", "-a", "a-", "a--b", "é", "a\n", "x" * 65, "a/b"])
async def test_a_key_is_a_slug(town: Town, key: str) -> None:
    async with town.shop.database.writer() as connection:
        with pytest.raises(Invalid) as refused:
            await define_segment(connection, town.program.program_id, key, "Some", MEMBERS)
    assert refused.value.pointer == "/key"


async def test_segments_of_one_programme_never_meet_anothers(database: Database, town: Town) -> None:
    async with database.session() as session:
        other = await start_program(session, "Other", timezone="UTC", currency="EUR")
    await town.shop.join(joining("eve", on=ago(3)))
    async with database.writer() as connection:
        await define_segment(connection, other.program_id, "some", "Some", MEMBERS)
    await refresh_segments(Desk(database, other.program_id, UUID(int=1), 1, day(0)))
    assert await inside(town, "some") == set()
