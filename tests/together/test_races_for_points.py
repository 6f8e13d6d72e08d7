"""Who gets the points: redemptions, captures, releases, adjustments, refunds and the clock, sixteen at a time.

Even rounds meet after reading, so that all but one are too late; odd rounds run as they come.
"""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from loyalty.errors import HoldEnded, HoldTimedOut, NotEnoughPoints
from loyalty.idempotency.facts import Answered
from loyalty.points.facts import RecordedAward
from loyalty.programs.policies import AfterDays, Policies
from loyalty.rewards.decisions import Redeemed
from tests.stories import joining, purchase, refund
from tests.together.crowd import CALLERS, Crowd, rounds
from tests.together.verbs import adjust, capture, redeem, redeem_keyed, refusals, release, sweep, tell

PRICE = 100
HALF = CALLERS // 2


def soon(n: int, random: Random) -> timedelta:
    """Tell how soon an instant comes when callers are let go: at once, late, or in their midst."""
    return timedelta(milliseconds=(0, 400, random.random() * 30, random.random() * 90)[n % 4])


async def members(crowd: Crowd, rounds: int, points: int = 0) -> list[str]:
    """Make a member for every round; with `points` given now."""
    names = [f"customer {n}" for n in range(rounds)]
    await crowd.shop.join(*(joining(name) for name in names))
    if points:
        for name in names:
            await crowd.do(adjust(crowd.shop, name, points))
    return names


async def held(crowd: Crowd, customer: str, reward_id: UUID, minutes: int | None = None) -> Redeemed:
    found: Redeemed = await crowd.do(redeem(crowd.shop, customer, reward_id, at_once=False, minutes=minutes))
    return found


async def sums(crowd: Crowd, customer: str) -> Counter[str]:
    """Sum a customer's entries by kind."""
    rows = await crowd.owner.fetch(
        "SELECT kind, sum(amount)::int AS points FROM entry JOIN customer_alias USING (program_id, customer_id)"
        " WHERE external_id = $1 GROUP BY kind",
        customer,
    )
    return Counter({row["kind"]: row["points"] for row in rows})


def won(answers: list[Any]) -> list[Any]:
    return [answer for answer in answers if isinstance(answer, Redeemed | RecordedAward)]


@rounds
async def test_the_same_key_sixteen_times_redeems_once_and_is_answered_alike(crowd: Crowd, rounds: int) -> None:
    shop, reward_id = crowd.shop, await crowd.reward(PRICE)
    for n, name in enumerate(await members(crowd, rounds, points=10 * PRICE)):
        callers = [redeem_keyed(shop, name, reward_id, f"key {n}", f"request {i}") for i in range(CALLERS)]
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        assert all(isinstance(answer, Answered) for answer in answers)
        assert len({answer.pinned.body for answer in answers}) == 1
        assert sorted(answer.replayed for answer in answers) == [False] + [True] * (CALLERS - 1)
        assert (await sums(crowd, name))["capture"] == PRICE
    assert await shop.value("SELECT count(*) FROM redemption") == rounds
    assert crowd.refused.total() >= rounds // 2 * (CALLERS - 1)


@rounds
async def test_the_last_points_are_spent_once(crowd: Crowd, rounds: int) -> None:
    reward_id = await crowd.reward(PRICE)
    for n, name in enumerate(await members(crowd, rounds)):
        enough = n % 3 + 1
        await crowd.do(adjust(crowd.shop, name, enough * PRICE + 99))
        ask = [redeem(crowd.shop, name, reward_id, at_once=i % 2 == 0) for i in range(CALLERS)]
        answers = await crowd.at_once(*ask, after_read=n % 2 == 0)
        assert len(won(answers)) == enough
        assert refusals(answers, NotEnoughPoints) == CALLERS - enough
        assert {answer.balance["available"] for answer in answers if isinstance(answer, NotEnoughPoints)} == {99}
        assert await crowd.shop.balance(name) == (99, 0)


@rounds
async def test_what_is_held_is_captured_or_released_but_never_both(crowd: Crowd, rounds: int) -> None:
    reward_id = await crowd.reward(PRICE)
    for n, name in enumerate(await members(crowd, rounds, points=PRICE)):
        key = (await held(crowd, name, reward_id)).hold.hold_id
        callers = [capture(crowd.shop, key), release(crowd.shop, key)] * HALF
        # Whoever is first in the list has the first connection: by turns.
        answers = await crowd.at_once(*callers[n % 4 > 1 :], *callers[: n % 4 > 1], after_read=n % 2 == 0)
        assert refusals(answers, HoldEnded) == HALF
        assert sorted(answer.replayed for answer in won(answers)) == [False] + [True] * (HALF - 1)
        [award_id] = {answer.award_id for answer in won(answers)}
        cause = await crowd.shop.value("SELECT cause FROM award WHERE award_id = $1", award_id)
        moved = await sums(crowd, name)
        assert (cause, moved["capture"], moved["release"]) in {("captured", PRICE, 0), ("released", 0, PRICE)}
        assert await crowd.shop.balance(name) == (moved["release"], 0)


@rounds
async def test_what_is_held_is_captured_in_time_or_times_out_but_never_both(crowd: Crowd, rounds: int) -> None:
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    await crowd.follow(Policies())
    reward_id = await crowd.reward(PRICE)
    states: Counter[str] = Counter()
    for n, name in enumerate(await members(crowd, rounds, points=PRICE)):
        open_hold = (await held(crowd, name, reward_id, minutes=1)).hold
        await crowd.be(soon(n, random), for_the=open_hold.expires_at)
        callers = [capture(crowd.shop, open_hold.hold_id), sweep(crowd.shop)] * HALF
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        await crowd.be(timedelta(0), for_the=open_hold.expires_at + timedelta(seconds=1))
        await crowd.do(sweep(crowd.shop))
        hold = await crowd.owner.fetchrow("SELECT * FROM hold WHERE hold_id = $1", open_hold.hold_id)
        assert hold is not None
        states[hold["state"]] += 1
        captured, in_time = [answers[i] for i in range(0, CALLERS, 2)], hold["ended_at"] < open_hold.expires_at
        assert refusals(captured, HoldTimedOut) == (0 if in_time else HALF)
        assert hold["state"] == ("captured" if in_time else "timed_out")
        assert await crowd.shop.balance(name) == (0 if in_time else PRICE, 0)
    assert set(states) == {"captured", "timed_out"}


async def ends_at(crowd: Crowd, customer: str) -> datetime:
    """Tell when the points of a customer end."""
    found: datetime = await crowd.shop.value(
        "SELECT max(expires_at) FROM lot JOIN customer_alias USING (program_id, customer_id) WHERE external_id = $1",
        customer,
    )
    return found


@rounds
async def test_points_are_spent_in_time_or_end_but_never_both(crowd: Crowd, rounds: int) -> None:
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    await crowd.follow(Policies(expiry=AfterDays(1)))
    reward_id = await crowd.reward(PRICE)
    spent: Counter[int] = Counter()
    for n, name in enumerate(await members(crowd, rounds)):
        await crowd.do(adjust(crowd.shop, name, PRICE))
        end = await ends_at(crowd, name)
        await crowd.be(soon(n, random), for_the=end)
        callers = [redeem(crowd.shop, name, reward_id), sweep(crowd.shop)] * HALF
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        await crowd.be(timedelta(0), for_the=end + timedelta(seconds=1))
        await crowd.do(sweep(crowd.shop))
        asked = [answers[i] for i in range(0, CALLERS, 2)]
        moved = await sums(crowd, name)
        assert (moved["capture"], moved["expire"]) in {(PRICE, 0), (0, PRICE)}
        spent[moved["capture"]] += 1
        assert refusals(asked, NotEnoughPoints) == HALF - moved["capture"] // PRICE
        assert all(answer.award.recorded_at < end for answer in won(asked))
        assert await crowd.shop.balance(name) == (0, 0)
    assert set(spent) == {0, PRICE}


@rounds
async def test_what_fell_due_is_posted_once_whoever_comes_first(crowd: Crowd, rounds: int) -> None:
    await crowd.follow(Policies(expiry=AfterDays(1)))
    reward_id = await crowd.reward(10)
    for n, name in enumerate(await members(crowd, rounds)):
        await crowd.do(adjust(crowd.shop, name, PRICE))
        await crowd.be(timedelta(0), for_the=await ends_at(crowd, name))
        now = await crowd.now()
        orders = [
            purchase(f"{n}/{i}", 1000, name, on=(now - joining(name).joined_at) / timedelta(days=1)) for i in range(5)
        ]
        callers = [
            *(sweep(crowd.shop) for _ in range(CALLERS - 10)),
            *(redeem(crowd.shop, name, reward_id) for _ in range(5)),
            *(tell(crowd.shop, order) for order in orders),
        ]
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        wins = len(won(answers))
        assert refusals(answers, NotEnoughPoints) == 5 - wins
        assert await sums(crowd, name) == {"adjust": PRICE, "expire": PRICE, "issue": 50} | (
            {"capture": 10 * wins, "hold": 10 * wins} if wins else {}
        )
        assert await crowd.shop.balance(name) == (50 - 10 * wins, 0)


@rounds
async def test_adjustments_at_once_all_count_and_never_take_more_than_there_is(crowd: Crowd, rounds: int) -> None:
    for n, name in enumerate(await members(crowd, rounds, points=PRICE)):
        callers = [adjust(crowd.shop, name, 10), adjust(crowd.shop, name, -50)] * HALF
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        refused = refusals(answers, NotEnoughPoints)
        assert all(answer.balance["available"] < 50 for answer in answers if isinstance(answer, NotEnoughPoints))
        given, taken = PRICE + 10 * HALF, 50 * (HALF - refused)
        assert await crowd.shop.balance(name) == (given - taken, 0)
        assert 2 <= HALF - refused <= given // 50


@rounds
async def test_a_refund_that_meets_a_redemption_leaves_debt_or_nothing_to_redeem(crowd: Crowd, rounds: int) -> None:
    reward_id = await crowd.reward(PRICE)
    for n, name in enumerate(await members(crowd, rounds)):
        await crowd.shop.buy(purchase(f"o{n}", 100 * PRICE, name))
        callers = [redeem(crowd.shop, name, reward_id), tell(crowd.shop, refund(f"o{n}", "r", 100 * PRICE))] * HALF
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        wins = len(won(answers))
        assert wins in {0, 1}
        assert refusals(answers, NotEnoughPoints) == HALF - wins
        assert sorted(answers[i].replayed for i in range(1, CALLERS, 2)) == [False] + [True] * (HALF - 1)
        assert await crowd.shop.balance(name) == (0, PRICE * wins)
