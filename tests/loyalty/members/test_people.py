"""What staff see of people: who is found, the points as of now, what happened, and an adjustment done once."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from loyalty.customers.facts import Profile
from loyalty.database import Tx, write
from loyalty.earning.actions import start_program
from loyalty.idempotency.refusals import KeyReused
from loyalty.members import timeline
from loyalty.members.actions import merge
from loyalty.members.people import People, Search, State, find_people, people_named
from loyalty.members.person import PersonFacts
from loyalty.members.rights import StaffRights
from loyalty.members.staff import (
    Adjusted,
    ByStaff,
    Seen,
    TriedAdjustment,
    adjust_by_staff,
    see_person,
    try_adjustment,
)
from loyalty.members.timeline import PAGE, Place
from loyalty.points.facts import RecordedAward
from loyalty.programs.policies import AfterDays, EndOfYear, Policies
from loyalty.rewards.actions import offer_reward, redeem_reward
from loyalty.rewards.decisions import NewRedemption
from loyalty.segments.actions import keep_segment, set_members
from tests.stories import FIRST_DAY, Shop, cancellation, day, joining, purchase, refund

STAFF = uuid4()


async def found(shop: Shop, text: str = "", state: State = "member") -> list[str]:
    """Tell who is found, by the shop's first id."""
    return [person.ids[0] for person in (await people(shop, Search(text, state))).people]


async def people(shop: Shop, search: Search) -> People:
    """Find a page of people."""
    async with shop.database.reader() as connection:
        return await find_people(connection, shop.source.program, search)


async def seen(shop: Shop, customer: str, after: Place | None = None, why: UUID | None = None) -> Seen:
    """Read the page of somebody."""
    customer_id = await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = $1", customer)
    async with shop.database.reader() as connection:
        page = await see_person(connection, shop.source.program, customer_id, after, why)
    assert isinstance(page, Seen)
    return page


async def adjusted(shop: Shop, customer: str, points: int, key: str = "", reason: str = "Goodwill") -> Adjusted:
    """Adjust as the panel does."""
    customer_id = await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = $1", customer)
    asked = ByStaff(STAFF, "req_panel", customer_id, points, reason, key or str(uuid4()))
    return await adjust_by_staff(shop.database, shop.source.program, asked)


def under(shop: Shop, policies: Policies) -> Shop:
    """Have the programme follow other policies from here on."""
    program = msgspec.structs.replace(shop.source.program, policies=policies)
    shop.source = msgspec.structs.replace(shop.source, program=program)
    return shop


def told(page: Seen) -> list[tuple[str, str, int]]:
    """Give what is told: cause, part, points."""
    return [(row.cause, row.part, row.points) for row in page.timeline.rows]


@pytest.mark.parametrize("most", [2000, 0])
async def test_people_are_found_by_how_name_mail_and_id_begin(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However many begin so: the few are looked up by the index, of many the newest are met on the way."""
    monkeypatch.setattr("loyalty.members.people._MOST", most)
    nora = Profile(name="Nora O'Whit  field", email="nora@example.com")
    await shop.join(joining("c-7", profile=nora), joining("c-70"), joining("C-71"), joining("d-1"))
    assert set(await found(shop)) == {"c-7", "c-70", "C-71", "d-1"}
    for text in ("nor", "O'WHIT", "field", "nora o", "nora@ex"):
        assert await found(shop, text) == await found(shop, text, "all") == ["c-7"], text
    assert await found(shop, "hitf") == await found(shop, "example") == await found(shop, "c_7") == []
    # Exactly this id first, then the newest.
    assert (await found(shop, "c-7"))[0] == "c-7"
    assert set(await found(shop, "c-7")) == {"c-7", "c-70", "C-71"}
    # What means something in a query of words means nothing here.
    for text in ("'", "\\", "nora:*", "nora & o", "!nora", "whit | nora", "(", "%", "c_7"):
        assert await found(shop, text) == [], text
    await shop.join(joining("c-8", 0, 5))
    assert await found(shop, "c-", "left") == ["c-8"]
    assert set(await found(shop, "c-", "all")) == {"c-7", "c-70", "C-71", "c-8"}


async def test_members_former_members_and_all_are_kept_apart(shop: Shop) -> None:
    await shop.buy(purchase("a", 1000, "guest"))
    await shop.join(joining("in"), joining("out", 0, 5))
    assert await found(shop) == ["in"]
    assert await found(shop, state="left") == ["out"]
    assert set(await found(shop, state="all")) == {"guest", "in", "out"}


async def test_pages_follow_each_other_without_gap_or_repetition(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty.members.people.PAGE", 3)
    names = [f"x{n}" for n in range(7)]
    await shop.join(*(joining(name) for name in names), joining("x"))
    got: list[str] = []
    search = Search("x")
    while True:
        page = await people(shop, search)
        got += [person.ids[0] for person in page.people]
        if not page.more:
            break
        last = page.people[-1]
        search = Search("x", after=(last.exact, last.customer_id))
    assert got[0] == "x"
    assert sorted(got) == sorted([*names, "x"])


async def test_customers_are_named_in_the_order_they_were_asked_for(shop: Shop) -> None:
    await shop.join(joining("c-1"), joining("c-2", 0, 30), joining("c-3"))
    one, two, three = [
        await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = $1", name)
        for name in ("c-1", "c-2", "c-3")
    ]
    async with shop.database.reader() as connection:
        asked = [three, one, uuid4(), two]
        named = await people_named(connection, shop.source.program, asked)
        assert [person.ids for person in named] == [["c-3"], ["c-1"], ["c-2"]]
        assert [person.inside for person in named] == [True, True, False]
        assert await people_named(connection, shop.source.program, []) == []
        elsewhere = msgspec.structs.replace(shop.source.program, program_id=shop.source.program.program_id + 1)
        assert await people_named(connection, elsewhere, asked) == []


async def test_what_is_over_is_never_shown(shop: Shop) -> None:
    await shop.join(joining("ann"))
    under(shop, Policies(expiry=AfterDays(30)))
    await shop.buy(purchase("old", 1000, "ann", on=1))
    async with shop.database.reader() as connection:
        now = await connection.fetchval("SELECT clock_timestamp()")
    alive = (now - FIRST_DAY) - timedelta(days=29, hours=12)
    await shop.buy(purchase("new", 700, "ann", on=alive / timedelta(days=1)))
    page = await seen(shop, "ann")
    assert (page.purse.available, [lot.left for lot in page.purse.lots]) == (7, [7])
    [person] = (await people(shop, Search())).people
    assert person.available == 7


async def test_what_fell_due_is_told_before_it_is_written(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("a", 1000, "ann", on=1))
    # Time passes: the lot, given without an end, ended yesterday.
    await owner.execute("UPDATE lot SET expires_at = now() - interval '1 day'")
    await owner.execute("UPDATE account SET next_due_at = now() - interval '1 day'")
    page = await seen(shop, "ann")
    assert page.purse.available == 0
    assert page.purse.lots == []
    assert told(page) == [("settled", "expire", -10), ("purchase", "", 10), ("joined", "", 0)]
    assert await shop.value("SELECT available FROM account") == 10


async def test_the_timeline_tells_everything_newest_first(shop: Shop) -> None:
    await shop.buy(purchase("before", 500, "ann", on=-3))
    await shop.join(joining("ann"))
    await shop.buy(purchase("a", 1000, "ann", on=1), purchase("b", 2000, "ann", on=2))
    await shop.take_back(refund("a", "r1", 400, on=3), cancellation("b", on=4))
    await adjusted(shop, "ann", 50)
    page = await seen(shop, "ann")
    assert told(page) == [
        ("adjusted", "", 50),
        ("cancellation", "", -20),
        ("refund", "", -4),
        ("purchase", "", 20),
        ("purchase", "", 10),
        ("joined", "", 0),
        ("purchase", "", 0),
    ]
    first, refunded = page.timeline.rows[0], page.timeline.rows[2]
    assert (first.reason, first.actor) == ("Goodwill", f"user:{STAFF}")
    assert (refunded.order_id, refunded.refund_minor, refunded.storefront) == ("a", 400, "web shop")
    assert page.timeline.rows[-1].facts["reason"] == "not_member"
    assert sum(points for *_, points in told(page)) == page.purse.available == 56


async def test_pages_of_a_timeline_follow_each_other(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(*(purchase(f"o{n}", 100, "ann", on=n // 4) for n in range(PAGE + 9)))
    first = await seen(shop, "ann")
    assert (len(first.timeline.rows), first.timeline.more) == (PAGE, True)
    second = await seen(shop, "ann", first.timeline.rows[-1].place)
    assert (len(second.timeline.rows), second.timeline.more) == (10, False)
    assert len({row.award_id for page in (first, second) for row in page.timeline.rows}) == PAGE + 10


async def test_orders_that_name_rewards_are_looked_for_once_a_page(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("a", 10_000, "ann", on=1))
    ids = [await shop.spend("ann", points) for points in (10, 20, 30)]
    await shop.buy(*(purchase(f"o{n}", 100, "ann", on=n, redemption_ids=[str(ids[n - 2])]) for n in (2, 3, 4)))
    page = await seen(shop, "ann")
    assert [row.used_order for row in page.timeline.rows if row.used_order] == ["o4", "o3", "o2"]
    ann = await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = 'ann'")
    asked = (shop.source.program.program_id, ann, None, None, None, PAGE + 1)
    async with shop.database.reader() as connection:
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {timeline._PAGE}", *asked)
    plan = list(_nodes(msgspec.json.decode(told)[0]["Plan"]))
    looked = [node for node in plan if node.get("Relation Name") == "purchase" and node["Alias"].startswith("o")]
    assert [node["Actual Loops"] for node in looked] == [1]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


async def test_why_tells_what_the_decision_stored(shop: Shop) -> None:
    await shop.join(joining("ann"), joining("bob"))
    lines = [
        {"line_id": "1", "kind": "goods", "quantity": 1, "amount_minor": 1050, "sku": "Shoes", "category": None},
        {"line_id": "2", "kind": "gift_card", "quantity": 1, "amount_minor": 900, "sku": None, "category": None},
    ]
    await shop.buy(purchase("a", 1050, "ann", on=1, lines=lines))
    award_id = (await seen(shop, "ann")).timeline.rows[0].award_id
    why = (await seen(shop, "ann", why=award_id)).why
    assert why is not None
    assert (why.order_id, why.target, why.due, why.given, why.rules_version) == ("a", 10, 10, 10, 1)
    assert [(line.line_id, line.points, line.reason) for line in why.breakdown[0].lines] == [
        ("1", "10", None),
        ("2", "0", "gift_card"),
    ]
    assert why.rules is not None
    assert why.rules[0]["kind"] == "points_per_amount"
    # Of somebody else it is not told.
    assert (await seen(shop, "bob", why=award_id)).why is None


async def test_the_same_form_adjusts_once(shop: Shop) -> None:
    await shop.join(joining("ann"))
    key = str(uuid4())
    first = await adjusted(shop, "ann", 50, key)
    assert first.award_id is not None
    assert await adjusted(shop, "ann", 50, key) == first
    with pytest.raises(KeyReused):
        await adjusted(shop, "ann", 60, key)
    assert await shop.balance("ann") == (50, 0)
    assert (await adjusted(shop, "ann", 50)).award_id != first.award_id
    assert await shop.balance("ann") == (100, 0)
    await shop.verified()


async def test_more_than_there_is_is_not_taken(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await adjusted(shop, "ann", 50)
    assert await adjusted(shop, "ann", -51) == Adjusted(None, "not_enough_points")
    assert (await adjusted(shop, "ann", -50)).award_id is not None
    assert await shop.balance("ann") == (0, 0)
    await shop.verified()


async def test_what_an_adjustment_would_leave_is_what_it_leaves(shop: Shop) -> None:
    await shop.join(joining("ann"))
    customer_id = await shop.value("SELECT customer_id FROM customer")

    async def tried(points: int) -> TriedAdjustment | None:
        async with shop.database.reader() as connection:
            return await try_adjustment(connection, shop.source.program, customer_id, points)

    assert await tried(50) == TriedAdjustment((0, 50), (0, 0), None)
    assert await shop.balance("ann") == (0, 0)
    await adjusted(shop, "ann", 50)
    assert await tried(-20) == TriedAdjustment((50, 30), (0, 0))
    assert await tried(-51) == TriedAdjustment((50, None), (0, 0))
    await adjusted(shop, "ann", -20)
    assert (await seen(shop, "ann")).timeline.rows[0].available == (50, 30)
    shop = under(shop, Policies(expiry=EndOfYear(0)))
    dated = await tried(5)
    assert dated is not None
    assert dated.ends_at is not None
    async with shop.database.reader() as connection:
        assert await try_adjustment(connection, shop.source.program, uuid4(), 5) is None


async def test_nobody_is_seen_from_another_programme(shop: Shop) -> None:
    await shop.join(joining("ann"))
    customer_id = await shop.value("SELECT customer_id FROM customer")
    async with shop.database.session() as session:
        other = await start_program(session, "Other", timezone="Europe/Paris", currency="EUR")
    async with shop.database.reader() as connection:
        assert await see_person(connection, other, customer_id, None, None) is None
        assert (await find_people(connection, other, Search(state="all"))).people == []


async def test_a_page_names_the_segments_that_somebody_is_in(shop: Shop) -> None:
    await shop.join(joining("ann"), joining("bob"))
    program_id = shop.source.program.program_id
    ann = (await seen(shop, "ann")).person.customer_id
    async with shop.database.writer() as connection, connection.transaction():
        for key, name in (("b", "Another"), ("a", "The first"), ("c", "Empty")):
            await keep_segment(connection, program_id, key, name, "surveys")
            await set_members(connection, program_id, key, [ann] if key != "c" else [])
    assert [(one.key, one.name) for one in (await seen(shop, "ann")).segments] == [("b", "Another"), ("a", "The first")]
    assert (await seen(shop, "bob")).segments == []


async def test_who_was_merged_is_seen_as_the_other(shop: Shop) -> None:
    await shop.join(joining("old"), joining("new"))
    await shop.buy(purchase("a", 1000, "old", on=1), purchase("b", 500, "new", on=2))
    old_id = await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = 'old'")

    async def verb(tx: Tx, _: Sequence[None]) -> list[RecordedAward]:
        return [await merge(tx, shop.source, shop.rules, "old", "new")]

    await write(shop.database, verb, [None])
    async with shop.database.reader() as connection:
        gone = await see_person(connection, shop.source.program, old_id, None, None)
    page = await seen(shop, "new")
    assert isinstance(gone, PersonFacts)
    assert gone.merged_into == page.person.customer_id
    assert page.person.ids == ["new", "old"]
    assert page.purse.available == 15
    assert [row.order_id for row in page.timeline.rows if row.cause == "purchase"] == ["b", "a"]
    assert sum(points for *_, points in told(page)) == 15
    assert set(await found(shop, state="all")) == {"new"}


async def test_a_joining_told_with_its_end_says_when(shop: Shop) -> None:
    await shop.join(joining("ann", 0, 5), joining("bob"), joining("bob", 0, 5))
    assert [(row.cause, row.left_at) for row in (await seen(shop, "ann")).timeline.rows] == [("joined", day(5))]
    assert [(row.cause, row.left_at) for row in (await seen(shop, "bob")).timeline.rows] == [
        ("left", None),
        ("joined", None),
    ]


async def test_what_is_held_is_told_with_its_reward(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await adjusted(shop, "ann", 500)
    async with shop.database.writer() as connection:
        reward = await offer_reward(
            connection, shop.source.program.program_id, kind="fixed_discount", name="5 off", price_points=300,
            settings={"amount_minor": 500},
        )  # fmt: skip

    async def verb(tx: Tx, _: Sequence[None]) -> list[object]:
        return [await redeem_reward(tx, shop.source, NewRedemption("ann", reward.reward_id, hold_minutes=5))]

    await write(shop.database, verb, [None])
    page = await seen(shop, "ann")
    assert (page.purse.available, page.purse.held) == (200, 300)
    assert [(held.reward, held.points) for held in page.purse.holds] == [("5 off", 300)]
    first = page.timeline.rows[0]
    assert (first.cause, first.reward, first.points) == ("held", "5 off", -300)
    # At the person's request: the points are let go, all that is known is given out, and the person forgotten.
    rights, customer, hold = (
        StaffRights(lambda: shop.database, lambda: shop.rules),
        page.person.customer_id,
        page.purse.holds[0].hold_id,
    )
    told = (shop.source.program, customer, STAFF)
    assert await rights.release(shop.source.program, hold, STAFF, "req_panel") == ""
    assert (await seen(shop, "ann")).purse.available == 500
    given = msgspec.json.decode(await rights.export(*told) or b"")
    assert (given["customer_id"], len(given["redemptions"])) == ("ann", 1)
    assert await rights.release(shop.source.program, uuid4(), STAFF, "req_panel") == "not_found"
    assert await rights.erase(*told, "req_panel") == ""
    assert await rights.export(*told) is None
    assert await rights.erase(*told, "req_panel") == "not_found"
    assert await shop.value("SELECT count(*) FROM customer_alias WHERE external_id = 'ann'") == 0
