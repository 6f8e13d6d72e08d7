"""Two customers turn out to be one: points go over with their dates, and what is told later finds that one."""

from datetime import date, datetime

import asyncpg
import pytest
from msgspec.structs import replace

from kpi.actions import answer
from loyalty.customers.facts import Profile
from loyalty.errors import Erased, LoyaltyError, NotFound, OpenHolds, SamePerson
from loyalty.programs.policies import AfterDays, Policies
from tests.stories import Shop, day, joined, joining, purchase, recorded, refund, wait

LOTS = """SELECT l.purchase_id, l.earned_at, l.matures_at, l.expires_at, l.remaining FROM lot l
  WHERE remaining > 0 ORDER BY earned_at, purchase_id"""
BALANCES = """SELECT s.external_id, available, pending, held, debt FROM account
  JOIN customer_alias s USING (program_id, customer_id) ORDER BY 1"""
MEMBERSHIPS = """SELECT joined_at, left_at FROM membership JOIN customer_alias s USING (program_id, customer_id)
  WHERE s.external_id = $1 AND superseded_at IS NULL ORDER BY joined_at"""


async def now(shop: Shop) -> datetime:
    return await shop.value("SELECT clock_timestamp() + clock_offset FROM program")


async def both(shop: Shop) -> None:
    """Have Ann and Bob join; she has 60 points, he 40."""
    await shop.join(joining("ann"), joining("bob"))
    await shop.buy(purchase("hers", 6000, "ann", on=1), purchase("his", 4000, "bob", on=2))


async def test_lots_keep_their_dates_and_pending_points_stay_pending(shop: Shop) -> None:
    await both(shop)
    shop.follow(Policies(maturity=AfterDays(10), expiry=AfterDays(10_000)))
    await shop.buy(replace(purchase("late", 3000, "bob"), placed_at=await now(shop)), purchase("old", 500, "bob", on=3))
    before = await shop.rows(LOTS)
    award = (await shop.merge("bob", "ann")).award
    assert await shop.rows(LOTS) == before
    assert await shop.rows(BALANCES) == [("ann", 105, 30, 0, 0), ("bob", 105, 30, 0, 0)]
    assert (award.available_after, award.pending_after) == (105, 30)
    assert await shop.value("SELECT sum(available + pending) FROM account") == 135
    await shop.verified()


async def test_both_ids_mean_the_one_who_is_left(shop: Shop) -> None:
    await both(shop)
    await shop.merge("bob", "ann")
    [bought] = await shop.buy(purchase("next", 1000, "bob", on=3))
    assert recorded(bought).awards[0].available_after == 110
    assert await shop.value("SELECT count(*) FROM customer") == 2
    await shop.verified()


@pytest.mark.parametrize(("gone", "kept"), [("ann", "bob"), ("bob", "ann")])
async def test_debt_of_either_is_repaid_by_what_the_other_has(shop: Shop, gone: str, kept: str) -> None:
    await both(shop)
    await shop.spend("ann", 60)
    await shop.take_back(refund("hers", "r", 3000))
    await shop.merge(gone, kept)
    assert await shop.rows(BALANCES) == [("ann", 10, 0, 0, 0), ("bob", 10, 0, 0, 0)]
    await shop.verified()


async def test_memberships_become_their_union_and_purchases_are_decided_anew(shop: Shop) -> None:
    await shop.join(joining("ann", on=0, left=10), joining("bob", on=5), joining("bob", on=-20, left=-15))
    await shop.buy(purchase("early", 1000, "bob", on=3), purchase("between", 1000, "bob", on=-10))
    assert await shop.balance("bob") == (0, 0)
    merged = await shop.merge("bob", "ann")
    assert await shop.rows(MEMBERSHIPS, "ann") == [(day(-20), day(-15)), (day(0), None)]
    assert (merged.purchases, merged.points) == (1, 10)
    assert await shop.balance("ann") == (10, 0)
    assert await shop.rows("SELECT order_id, member FROM purchase ORDER BY 1") == [("between", False), ("early", True)]
    await shop.verified()


async def test_a_joining_told_again_after_the_merge_is_a_retry(shop: Shop) -> None:
    await shop.join(joining("ann", on=0, left=10), joining("bob", on=5))
    await shop.merge("bob", "ann")
    before = await shop.value("SELECT version FROM account WHERE merged_into IS NULL")
    assert joined(await shop.tell(joining("ann", on=0))).replayed
    assert await shop.value("SELECT version FROM account WHERE merged_into IS NULL") == before
    left = joined(await shop.tell(joining("bob", on=0, left=200)))
    assert (left.award.cause, left.replayed) == ("left", False)
    assert await shop.rows(MEMBERSHIPS, "ann") == [(day(0), day(200))]
    await shop.verified()


async def test_a_refund_after_the_merge_takes_back_from_the_one_who_is_left(shop: Shop) -> None:
    await both(shop)
    await shop.merge("bob", "ann")
    [outcome] = await shop.take_back(refund("his", "r", 1500))
    assert recorded(outcome).awards[0].given == -15
    assert await shop.balance("ann") == (85, 0)
    # His purchase's own points first.
    assert await shop.value("SELECT array_agg(remaining ORDER BY seq) FROM lot WHERE remaining > 0") == [60, 25]
    await shop.verified()


async def test_what_was_spent_before_the_merge_comes_back_to_the_one_who_is_left(shop: Shop) -> None:
    await both(shop)
    shop.follow(Policies(expiry=AfterDays(10_000)))
    await shop.buy(purchase("more", 2000, "bob", on=4))
    spent = await shop.spend("bob", 50)
    dates = await shop.rows("SELECT earned_at, expires_at FROM lot WHERE purchase_id IS NOT NULL ORDER BY earned_at")
    await shop.merge("bob", "ann")
    assert await shop.balance("ann") == (70, 0)
    award = await shop.reverse(spent)
    assert (award.facts["returned"], award.available_after) == (50, 120)
    assert await shop.balance("ann") == (120, 0)
    back = await shop.rows("SELECT DISTINCT earned_at, expires_at FROM lot WHERE remaining > 0 ORDER BY earned_at")
    assert back == dates
    assert await shop.reverse(spent) == award
    await shop.verified()


async def test_what_was_spent_on_a_purchase_comes_back_when_it_is_refunded_after_the_merge(shop: Shop) -> None:
    await both(shop)
    spent = await shop.spend("bob", 40)
    await shop.buy(purchase("gift", 5000, "bob", on=5, redemption_ids=[str(spent)]))
    await shop.merge("bob", "ann")
    [outcome] = await shop.take_back(refund("gift", "r", 2500))
    assert recorded(outcome).awards[0].facts["restored"] == 20
    assert await shop.balance("ann") == (60 + 50 - 25 + 20, 0)
    await shop.verified()


async def test_a_merge_may_follow_a_merge(shop: Shop) -> None:
    await both(shop)
    await shop.join(joining("eve", on=50))
    await shop.merge("bob", "ann")
    award = (await shop.merge("ann", "eve")).award
    assert award.available_after == 100
    await shop.take_back(refund("his", "r", 4000), refund("hers", "r", 1000))
    assert await shop.balance("eve") == await shop.balance("bob") == (50, 0)
    await shop.verified()


@pytest.mark.parametrize(("gone", "kept"), [("ann", "bob"), ("bob", "ann")])
async def test_points_that_are_held_must_be_captured_or_released_first(shop: Shop, gone: str, kept: str) -> None:
    await both(shop)
    held = (await shop.redeem("ann", await shop.offer(10))).hold.hold_id
    with pytest.raises(OpenHolds):
        await shop.merge(gone, kept)
    assert await shop.value("SELECT count(*) FROM customer WHERE merged_into IS NOT NULL") == 0
    await shop.capture(held)
    await shop.merge(gone, kept)
    assert await shop.balance(kept) == (90, 0)
    await shop.verified()


@pytest.mark.parametrize(
    ("gone", "kept", "refusal"),
    [("ann", "ann", SamePerson), ("bob", "ann", SamePerson), ("ann", "who", NotFound), ("old", "ann", Erased)],
)
async def test_what_is_no_merge_is_refused(shop: Shop, gone: str, kept: str, refusal: type[LoyaltyError]) -> None:
    await both(shop)
    await shop.merge("bob", "ann")
    await shop.join(joining("old"))
    await shop.erase("old")
    before = await shop.value("SELECT count(*) FROM award")
    with pytest.raises(refusal):
        await shop.merge(gone, kept)
    assert await shop.value("SELECT count(*) FROM award") == before


async def test_what_was_not_known_of_the_one_is_taken_over_from_the_other(shop: Shop) -> None:
    await shop.join(joining("ann", profile=Profile(email="ann@shop.example")))
    await shop.join(joining("bob", profile=Profile(email="bob@shop.example", name="Bob")))
    await shop.merge("bob", "ann")
    known = (
        "SELECT email, name FROM customer JOIN customer_alias USING (program_id, customer_id) WHERE external_id = $1"
    )
    assert await shop.rows(known, "bob") == [("ann@shop.example", "Bob")]


async def test_the_kpis_count_one_person_from_when_the_merge_is_known(shop: Shop, owner: asyncpg.Connection) -> None:
    await both(shop)
    await wait(owner, minutes=1)
    before = await now(shop)
    await wait(owner, minutes=1)
    await shop.merge("bob", "ann")
    await wait(owner, minutes=1)
    told = []
    for as_of in (before, None):
        async with shop.database.reader() as connection:
            asked = (shop.source.program, "orders_per_active", date(2025, 3, 1), date(2025, 4, 1))
            found = (await answer(connection, *asked, as_of=as_of)).figures.segments["all"]
        told.append((found.num, found.den))
    assert told == [(2, 2), (2, 1)]
