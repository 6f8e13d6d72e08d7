"""Stock, limits and terms against PostgreSQL: what is out is counted, and what comes back is there again."""

import asyncpg
import pytest

from loyalty.errors import HoldTimedOut
from loyalty.rewards.actions import redeem_reward
from loyalty.rewards.decisions import NewRedemption
from loyalty.rewards.refusals import (
    LimitReached,
    NotInSegment,
    OutOfStock,
    RewardEnded,
    TierTooLow,
)
from loyalty.segments.actions import keep_segment
from loyalty.tiers.actions import publish_scheme
from loyalty.tiers.scheme import scheme_from
from tests.loyalty.rewards.offering import held, offer, told
from tests.stories import Shop, purchase, refund, wait

# Out of everybody's reach.
GOLD = {
    "counts": "points_earned",
    "window": {"kind": "lifetime"},
    "tiers": [{"key": "gold", "name": {"en": "Gold"}, "threshold": 10**9}],
}


async def test_a_stock_is_handed_out_once_and_no_more(ann: Shop) -> None:
    mug = await offer(ann, stock=2)
    await held(ann, mug)
    assert (await told(ann)).left == 1
    await held(ann, mug, "bob", at_once=True)
    assert ((await told(ann)).left, (await told(ann)).reason) == (0, "out_of_stock")
    with pytest.raises(OutOfStock):
        await held(ann, mug)
    assert await ann.value("SELECT count(*) FROM hold") == 2
    await ann.verified()


async def test_what_comes_back_is_there_again(ann: Shop, owner: asyncpg.Connection) -> None:
    mug = await offer(ann, stock=1)
    await ann.release(await held(ann, mug))
    assert (await told(ann)).left == 1
    spent = await held(ann, mug, at_once=True)
    assert (await told(ann)).left == 0
    await ann.reverse(spent)
    assert (await told(ann)).left == 1
    # Running out is written by nobody, and counts at that very instant.
    late = await held(ann, mug, hold_minutes=5)
    await wait(owner, minutes=5)
    assert (await told(ann)).left == 1
    await held(ann, mug, "bob", at_once=True)
    with pytest.raises(HoldTimedOut):
        await ann.capture(late)
    assert (await told(ann)).left == 0
    await ann.verified()


async def test_a_refund_gives_it_back_when_all_points_came_back(ann: Shop) -> None:
    mug = await offer(ann, stock=1)
    spent = await held(ann, mug, at_once=True)
    await ann.buy(purchase("with it", 1000, "ann", on=3, redemption_ids=[str(spent)]))
    await ann.take_back(refund("with it", "half", 500))
    assert (await told(ann)).left == 0
    await ann.take_back(refund("with it", "rest", 500))
    assert (await told(ann)).left == 1


async def test_a_part_of_a_capture_is_one_that_is_out(ann: Shop) -> None:
    mug = await offer(ann, stock=1)
    await ann.capture(await held(ann, mug), 3)
    assert (await told(ann)).left == 0


async def test_a_limit_is_each_members_own_and_begins_anew_with_the_local_day(
    ann: Shop, owner: asyncpg.Connection
) -> None:
    mug = await offer(ann, per_member_limit=2, limit_per="day")
    # 23:30 in Paris.
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = '2027-03-01T22:30Z' - clock_timestamp()")
    await held(ann, mug)
    let_go = await held(ann, mug)
    with pytest.raises(LimitReached) as refused:
        await held(ann, mug)
    assert "2027-03-02" in refused.value.detail
    await held(ann, mug, "bob")
    await ann.release(let_go)
    await held(ann, mug, at_once=True)
    await wait(owner, minutes=31)
    # It is the next day there; the hold of yesterday has run out besides.
    await held(ann, mug)
    await held(ann, mug)
    with pytest.raises(LimitReached):
        await held(ann, mug)


async def test_a_limit_for_ever_counts_who_was_merged(ann: Shop) -> None:
    mug = await offer(ann, per_member_limit=1)
    await held(ann, mug, "bob", at_once=True)
    await ann.merge("bob", "ann")
    with pytest.raises(LimitReached) as refused:
        await held(ann, mug)
    assert "The next" not in refused.value.detail


async def test_the_terms_are_asked_when_redeeming(ann: Shop) -> None:
    program = ann.source.program
    async with ann.database.writer() as connection, connection.transaction():
        await publish_scheme(connection, program, scheme_from(GOLD), "test")
        await keep_segment(connection, program.program_id, "vip", "The dearest", "test")
    for terms, refusal in (
        ({"minimum_tier": "gold"}, TierTooLow),
        ({"segments": ["vip"]}, NotInSegment),
        ({"ends_on": "2020-01-01"}, RewardEnded),
    ):
        reward = await offer(ann, **terms)
        with pytest.raises(refusal):
            await held(ann, reward)
    assert await ann.value("SELECT count(*) FROM hold") == 0


async def test_points_pay_what_the_caller_says_and_the_service_counts(ann: Shop) -> None:
    reward = await offer(ann, "points_payment", {"points_per_step": 3, "step_minor": 1, "most_points": 500})
    new = NewRedemption("ann", reward.reward_id, at_once=True, points=100, basket_minor=40)
    _, promise = await ann.do(lambda tx: redeem_reward(tx, ann.source, new))
    assert (promise.price_points, promise.value_minor(100)) == (100, 33)
    assert await ann.value("SELECT available FROM account ORDER BY available LIMIT 1") == 900
    await ann.verified()
