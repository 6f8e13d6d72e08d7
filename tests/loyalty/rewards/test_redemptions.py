"""Redemptions against PostgreSQL: what is refused, what becomes of a hold, and that the same again changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from loyalty.errors import (
    HoldEnded,
    HoldTimedOut,
    LoyaltyError,
    NotAMember,
    NotEnoughPoints,
    NotFound,
    OtherFacts,
    RewardUnavailable,
)
from loyalty.points.facts import RecordedAward
from loyalty.rewards.actions import redeem_reward
from loyalty.rewards.catalogue import catalogue, find_redemption
from loyalty.rewards.decisions import NewRedemption
from loyalty.rewards.wire import RedemptionOut
from tests.stories import Shop, joining, purchase, refund, wait

BALANCE = "SELECT row(available, pending, held, debt)::text FROM account"
STATE = "SELECT row(state, points, captured, returned)::text FROM hold"


@pytest.fixture
async def ann(shop: Shop) -> Shop:
    """Give a shop with Ann in it, a member with 100 points: 60 of them from her first purchase."""
    await shop.join(joining("ann"))
    await shop.buy(purchase("first", 6000, "ann", on=1), purchase("second", 4000, "ann", on=2))
    return shop


async def everything(shop: Shop) -> list[Any]:
    """Read all that a redemption could change."""
    tables = ("account", "hold", "lot", "lot_use", "entry", "award", "redemption", "event")
    return [await shop.value(f"SELECT json_agg(t ORDER BY t::text)::text FROM {table} t") for table in tables]


async def left(shop: Shop) -> list[int]:
    """Read what remains in the lots, in the order in which they came."""
    return [row[0] for row in await shop.rows("SELECT remaining FROM lot ORDER BY seq")]


async def shown(shop: Shop, redemption_id: UUID) -> RedemptionOut:
    """Read a redemption as the API shows it."""
    async with shop.database.reader() as connection:
        return await find_redemption(connection, shop.source, redemption_id)


async def test_a_hold_sets_the_price_aside_out_of_what_was_earned_first(ann: Shop) -> None:
    redeemed = await ann.redeem("ann", await ann.offer(70))
    assert await ann.value(BALANCE) == "(30,0,70,0)"
    assert await left(ann) == [0, 30]
    assert await ann.value("SELECT expires_at - opened_at = interval '30 minutes' FROM hold")
    assert redeemed.award is not None
    assert (redeemed.award.cause, redeemed.award.held_after) == ("held", 70)
    await ann.verified()


async def test_a_capture_spends_what_is_held(ann: Shop) -> None:
    held = (await ann.redeem("ann", await ann.offer(70))).hold.hold_id
    award = await ann.capture(held)
    assert (award.cause, award.facts["captured"], award.held_after) == ("captured", 70, 0)
    assert (await ann.value(BALANCE), await ann.value(STATE)) == ("(30,0,0,0)", "(captured,70,70,0)")
    await ann.verified()


async def test_a_capture_of_a_part_gives_the_rest_back_to_where_it_came_from(ann: Shop) -> None:
    held = (await ann.redeem("ann", await ann.offer(70))).hold.hold_id
    await ann.capture(held, 55)
    assert (await ann.value(BALANCE), await left(ann)) == ("(45,0,0,0)", [5, 40])
    assert await ann.value(STATE) == "(captured,70,55,0)"
    await ann.verified()


async def test_at_once_is_one_commit_with_one_award(ann: Shop) -> None:
    redeemed = await ann.redeem("ann", await ann.offer(70), at_once=True)
    assert redeemed.award is not None
    assert await ann.rows("SELECT kind, award_id FROM entry WHERE kind IN ('hold', 'capture') ORDER BY seq") == [
        ("hold", redeemed.award_id),
        ("capture", redeemed.award_id),
    ]
    assert await ann.value(BALANCE) == "(30,0,0,0)"
    await ann.verified()


async def test_a_release_gives_everything_back(ann: Shop) -> None:
    held = (await ann.redeem("ann", await ann.offer(70))).hold.hold_id
    await ann.release(held)
    assert (await ann.value(BALANCE), await left(ann)) == ("(100,0,0,0)", [60, 40])
    assert await ann.value(STATE) == "(released,70,0,0)"
    await ann.verified()


async def test_a_reversal_gives_back_what_a_refund_has_not_given_back_already(ann: Shop) -> None:
    spent = await ann.spend("ann", 80)
    await ann.buy(purchase("gift", 5000, "ann", on=3, redemption_ids=[str(spent)]))
    await ann.take_back(refund("gift", "r", 2500))
    assert await ann.value(BALANCE) == "(85,0,0,0)"
    award = await ann.reverse(spent)
    assert award.facts["returned"] == 40
    assert (await ann.value(BALANCE), await ann.value(STATE)) == ("(125,0,0,0)", "(captured,80,80,80)")
    # Nothing is left for another refund to give back.
    await ann.take_back(refund("gift", "s", 2500))
    assert await ann.value(BALANCE) == "(100,0,0,0)"
    await ann.verified()


Verb = Callable[[Shop, UUID], Awaitable[RecordedAward]]
CAPTURE: Verb = lambda shop, held: shop.capture(held)  # noqa: E731
PART: Verb = lambda shop, held: shop.capture(held, 20)  # noqa: E731
RELEASE: Verb = lambda shop, held: shop.release(held)  # noqa: E731
REVERSE: Verb = lambda shop, held: shop.reverse(held)  # noqa: E731


@pytest.mark.parametrize(
    "verbs",
    [
        pytest.param([CAPTURE], id="captured"),
        pytest.param([PART], id="captured in part"),
        pytest.param([RELEASE], id="released"),
        pytest.param([CAPTURE, REVERSE], id="reversed"),
    ],
)
async def test_the_same_again_gets_the_first_answer_and_changes_nothing(ann: Shop, verbs: list[Verb]) -> None:
    held = (await ann.redeem("ann", await ann.offer(70))).hold.hold_id
    first = [await verb(ann, held) for verb in verbs]
    before = await everything(ann)
    assert [await verb(ann, held) for verb in verbs] == first
    assert await everything(ann) == before


@pytest.mark.parametrize(
    ("done", "then", "refusal"),
    [
        pytest.param([CAPTURE], RELEASE, HoldEnded, id="released after the capture"),
        pytest.param([CAPTURE], PART, OtherFacts, id="captured otherwise"),
        pytest.param([RELEASE], CAPTURE, HoldEnded, id="captured after the release"),
        pytest.param([RELEASE], REVERSE, HoldEnded, id="reversed after the release"),
        pytest.param([], REVERSE, HoldEnded, id="reversed while held"),
        pytest.param([CAPTURE, REVERSE], RELEASE, HoldEnded, id="released after the reversal"),
        pytest.param([], lambda shop, held: shop.capture(held, 71), OtherFacts, id="more than is held"),
    ],
)
async def test_another_verb_on_what_has_ended_is_refused_and_changes_nothing(
    ann: Shop, done: list[Verb], then: Verb, refusal: type[LoyaltyError]
) -> None:
    held = (await ann.redeem("ann", await ann.offer(70))).hold.hold_id
    for verb in done:
        await verb(ann, held)
    before = await everything(ann)
    with pytest.raises(refusal):
        await then(ann, held)
    assert await everything(ann) == before


async def test_a_capture_after_the_end_of_the_hold_is_refused_and_the_points_are_back(
    ann: Shop, owner: asyncpg.Connection
) -> None:
    held = (await ann.redeem("ann", await ann.offer(70), hold_minutes=5)).hold.hold_id
    await wait(owner, minutes=5)
    # Nothing is written yet; whoever reads settles for himself.
    assert ((await shown(ann, held)).state, await ann.value(STATE)) == ("timed_out", "(open,70,0,0)")
    with pytest.raises(HoldTimedOut):
        await ann.capture(held)
    with pytest.raises(HoldTimedOut):
        await ann.release(held)
    assert (await shown(ann, held)).state == "timed_out"
    assert (await ann.value(STATE), await ann.value(BALANCE)) == ("(timed_out,70,0,0)", "(100,0,0,0)")
    await ann.redeem("ann", await ann.offer(100))
    assert await ann.rows("SELECT state FROM hold ORDER BY opened_at") == [("timed_out",), ("open",)]
    await ann.verified()


async def test_who_has_not_enough_is_told_what_there_is(ann: Shop) -> None:
    await ann.redeem("ann", await ann.offer(70))
    before = await everything(ann)
    with pytest.raises(NotEnoughPoints) as refused:
        await ann.redeem("ann", await ann.offer(31))
    assert refused.value.balance == {"available": 30, "pending": 0, "held": 70, "debt": 0}
    assert await everything(ann) == before
    await ann.redeem("ann", await ann.offer(30))
    assert await ann.value(BALANCE) == "(0,0,100,0)"


@pytest.mark.parametrize(("customer", "refusal"), [("bob", NotAMember), ("gone", NotAMember), ("nobody", NotFound)])
async def test_only_a_member_of_now_redeems(ann: Shop, customer: str, refusal: type[LoyaltyError]) -> None:
    await ann.join(joining("gone", on=0, left=50))
    await ann.buy(purchase("his", 9000, "gone", on=1), purchase("theirs", 9000, "bob", on=1))
    reward = await ann.offer(10)
    with pytest.raises(refusal):
        await ann.redeem(customer, reward)
    assert await ann.value("SELECT count(*) FROM hold") == 0


async def test_what_is_not_offered_is_not_redeemed(ann: Shop, owner: asyncpg.Connection) -> None:
    reward = await ann.offer(10)
    new = NewRedemption("ann", uuid4())
    with pytest.raises(NotFound):
        await ann.do(lambda tx: redeem_reward(tx, ann.source, new))
    held = (await ann.redeem("ann", reward)).hold.hold_id
    await owner.execute("UPDATE reward SET active = false")
    with pytest.raises(RewardUnavailable):
        await ann.redeem("ann", reward)
    async with ann.database.reader() as connection:
        assert (await catalogue(connection, ann.source, None)).data == []
    # What was promised is kept.
    await ann.capture(held)
    assert (await shown(ann, held)).value == "0.10"


async def test_a_redemption_nobody_knows_is_not_found(ann: Shop) -> None:
    for verb in (CAPTURE, RELEASE, REVERSE):
        with pytest.raises(NotFound):
            await verb(ann, uuid4())


async def test_what_comes_back_first_repays_what_is_owed(ann: Shop) -> None:
    spent = await ann.spend("ann", 90)
    await ann.take_back(refund("first", "r", 5000))
    assert await ann.value(BALANCE) == "(0,0,0,40)"
    await ann.reverse(spent)
    assert await ann.value(BALANCE) == "(50,0,0,0)"
    await ann.verified()
