"""Stock, limits and codes against PostgreSQL: what is out is counted, and what comes back is there again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from loyalty.errors import EditedMeanwhile, HoldTimedOut, Invalid
from loyalty.rewards.actions import edit_reward, offer_reward, redeem_reward, set_offered
from loyalty.rewards.catalogue import catalogue, find_redemption
from loyalty.rewards.codes import Uploaded, add_codes, codes_of
from loyalty.rewards.decisions import NewRedemption
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import By, NewOffer
from loyalty.rewards.refusals import (
    BelowWhatIsOut,
    LimitReached,
    NotInSegment,
    OutOfStock,
    RewardEnded,
    RewardRetired,
    TierTooLow,
)
from loyalty.rewards.terms import Terms
from loyalty.rewards.wire import RewardOut
from loyalty.segments.actions import keep_segment
from loyalty.tiers.actions import publish_scheme
from loyalty.tiers.scheme import scheme_from
from tests.stories import Shop, joining, purchase, refund, wait

BY = By("user:1", "req_edit")
# Out of everybody's reach.
GOLD = {
    "counts": "points_earned",
    "window": {"kind": "lifetime"},
    "tiers": [{"key": "gold", "name": {"en": "Gold"}, "threshold": 10**9}],
}


@pytest.fixture
async def ann(shop: Shop) -> Shop:
    """Give a shop with Ann and Bob in it, members with 1,000 points each."""
    await shop.join(joining("ann"), joining("bob"))
    await shop.buy(purchase("hers", 100_000, "ann", on=1), purchase("his", 100_000, "bob", on=1))
    return shop


async def offer(shop: Shop, kind: str = "gift", settings: dict[str, Any] | None = None, **terms: Any) -> RewardFacts:  # noqa: ANN401
    """Offer something for 10 points."""
    async with shop.database.writer() as connection:
        return await offer_reward(
            connection,
            shop.source.program.program_id,
            kind=kind,
            name="Mug",
            price_points=None if kind == "points_payment" else 10,
            settings=settings or {},
            terms=Terms(**terms),
        )


async def pool(shop: Shop, codes: Sequence[str], **terms: Any) -> RewardFacts:  # noqa: ANN401
    """Offer codes of a pool."""
    reward = await offer(shop, "voucher_code", {"source": "uploaded"}, **terms)
    await upload(shop, reward, codes)
    return reward


async def upload(shop: Shop, reward: RewardFacts, codes: Sequence[str]) -> Uploaded:
    async with shop.database.writer() as connection:
        return await add_codes(connection, shop.source.program.program_id, reward.reward_id, codes)


async def edit(shop: Shop, reward: RewardFacts, **terms: Any) -> RewardFacts:  # noqa: ANN401
    """Offer a reward on other terms."""
    new = NewOffer(reward.kind, reward.name, reward.price_points, reward.settings, Terms(**terms))
    program_id = shop.source.program.program_id
    async with shop.database.writer() as connection, connection.transaction():
        return await edit_reward(connection, program_id, reward.reward_id, reward.edition, new, BY)


async def told(shop: Shop, customer: str = "ann") -> RewardOut:
    """Read the one reward of the catalogue."""
    async with shop.database.reader() as connection:
        [found] = (await catalogue(connection, shop.source, customer)).data
    return found


async def held(shop: Shop, reward: RewardFacts, customer: str = "ann", **more: Any) -> UUID:  # noqa: ANN401
    return (await shop.redeem(customer, reward, **more)).hold.hold_id


async def code_of(shop: Shop, redemption_id: UUID) -> str | None:
    """Read the code as the shop is told it."""
    async with shop.database.reader() as connection:
        return (await find_redemption(connection, shop.source, redemption_id)).code


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


async def test_an_edit_counts_from_then_on_and_what_was_promised_stays(ann: Shop) -> None:
    program_id = ann.source.program.program_id
    mug = await offer(ann, "fixed_discount", {"amount_minor": 500})
    before = await held(ann, mug)
    dearer = NewOffer("fixed_discount", "Bowl", 20, {"amount_minor": 900})
    async with ann.database.writer() as connection, connection.transaction():
        bowl = await edit_reward(connection, program_id, mug.reward_id, 1, dearer, BY)
    assert (bowl.edition, bowl.name) == (2, "Bowl")
    after = await held(ann, bowl)
    async with ann.database.reader() as connection:
        shown = [await find_redemption(connection, ann.source, one) for one in (before, after)]
    assert [(one.name, one.points, one.value) for one in shown] == [("Mug", 10, "5.00"), ("Bowl", 20, "9.00")]
    assert await ann.rows("SELECT edition, actor, offer ->> 'name' FROM reward_edition ORDER BY edition") == [
        (1, "operator", "Mug"),
        (2, "user:1", "Bowl"),
    ]
    await ann.verified()


async def test_an_edit_of_what_was_edited_meanwhile_is_refused(ann: Shop) -> None:
    mug = await offer(ann)
    await edit(ann, mug, stock=3)
    with pytest.raises(EditedMeanwhile):
        await edit(ann, mug, stock=4)
    assert (await told(ann)).left == 3
    other = NewOffer("free_product", "Mug", 10, {"sku": "mug"})
    async with ann.database.writer() as connection:
        with pytest.raises(Invalid, match="stays one"):
            await edit_reward(connection, ann.source.program.program_id, mug.reward_id, 2, other, BY)


async def test_a_stock_below_what_is_out_is_refused(ann: Shop) -> None:
    mug = await offer(ann)
    for _ in range(3):
        await held(ann, mug, at_once=True)
    with pytest.raises(BelowWhatIsOut, match="3 of this reward are out"):
        await edit(ann, mug, stock=2)
    mug = await edit(ann, mug, stock=3)
    with pytest.raises(OutOfStock):
        await held(ann, mug)
    await held(ann, await edit(ann, mug, stock=4))


async def test_what_is_retired_can_be_offered_again(ann: Shop) -> None:
    mug, program_id = await offer(ann), ann.source.program.program_id
    waiting = await held(ann, mug)
    async with ann.database.writer() as connection, connection.transaction():
        gone = await set_offered(connection, program_id, mug.reward_id, BY, offered=False)
        assert await set_offered(connection, program_id, mug.reward_id, BY, offered=False) == gone
    with pytest.raises(RewardRetired):
        await held(ann, mug)
    await ann.capture(waiting)
    async with ann.database.writer() as connection, connection.transaction():
        await set_offered(connection, program_id, mug.reward_id, BY, offered=True)
    await held(ann, mug)
    await ann.verified()


async def test_a_code_is_shown_with_the_capture_and_never_before(ann: Shop) -> None:
    reward = await pool(ann, ["B", "A"])
    redemption = await held(ann, reward)
    assert await code_of(ann, redemption) is None
    assert (await told(ann)).left == 1
    await ann.capture(redemption)
    assert await code_of(ann, redemption) == "A"
    at_once = await held(ann, reward, "bob", at_once=True)
    assert await code_of(ann, at_once) == "B"
    with pytest.raises(OutOfStock):
        await held(ann, reward)
    await ann.verified()


async def test_a_code_that_nobody_saw_is_given_to_the_next(ann: Shop, owner: asyncpg.Connection) -> None:
    reward = await pool(ann, ["A"])
    released = await held(ann, reward)
    with pytest.raises(OutOfStock):
        await held(ann, reward, "bob")
    await ann.release(released)
    timed_out = await held(ann, reward, "bob", hold_minutes=5)
    await wait(owner, minutes=5)
    assert (await told(ann)).left == 1
    captured = await held(ann, reward, at_once=True)
    assert [await code_of(ann, one) for one in (released, timed_out, captured)] == [None, None, "A"]
    await ann.verified()


async def test_a_code_that_was_shown_is_never_given_again(ann: Shop) -> None:
    reward = await pool(ann, ["A", "B"])
    spent = await held(ann, reward, at_once=True)
    await ann.reverse(spent)
    assert (await told(ann)).left == 1
    assert await code_of(ann, await held(ann, reward, at_once=True)) == "B"
    with pytest.raises(OutOfStock):
        await held(ann, reward)
    assert await code_of(ann, spent) == "A"


async def test_a_code_is_uploaded_once_whatever_the_reward(ann: Shop) -> None:
    reward, other = await pool(ann, ["A", "B"]), await pool(ann, ["C"])
    assert await upload(ann, reward, ["B", "D", "D", "C", "E"]) == Uploaded(2, ["B", "D", "C"], 4)
    assert await upload(ann, other, ["A"]) == Uploaded(0, ["A"], 1)
    with pytest.raises(Invalid, match="no codes"):
        await upload(ann, await offer(ann), ["X"])
    with pytest.raises(Invalid, match="1 to 10000"):
        await upload(ann, reward, [str(n) for n in range(10_001)])


def test_codes_are_read_from_the_first_column_of_a_file() -> None:
    assert codes_of('\ufeffCode;worth\nA-1;5\n\n "B-2" ,6\r\nC\n') == ["A-1", "B-2", "C"]
    for bad in ("A 1", "é", "x" * 129):
        with pytest.raises(Invalid, match="Code 2"):
            codes_of(f"ok\n{bad}")


async def test_made_up_codes_are_each_their_own(ann: Shop) -> None:
    reward = await offer(ann, "voucher_code", {"prefix": "MUG-"}, stock=2)
    codes = [await code_of(ann, await held(ann, reward, name, at_once=True)) for name in ("ann", "bob")]
    assert len(set(codes)) == 2
    assert all(code is not None and code.startswith("MUG-") and len(code) == 14 for code in codes)
    with pytest.raises(OutOfStock):
        await held(ann, reward)
    await ann.verified()


async def test_points_pay_what_the_caller_says_and_the_service_counts(ann: Shop) -> None:
    reward = await offer(ann, "points_payment", {"points_per_step": 3, "step_minor": 1, "most_points": 500})
    new = NewRedemption("ann", reward.reward_id, at_once=True, points=100, basket_minor=40)
    _, promise = await ann.do(lambda tx: redeem_reward(tx, ann.source, new))
    assert (promise.price_points, promise.value_minor(100)) == (100, 33)
    assert await ann.value("SELECT available FROM account ORDER BY available LIMIT 1") == 900
    await ann.verified()
