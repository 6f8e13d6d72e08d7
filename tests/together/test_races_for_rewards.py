"""Who gets the last ones: of a stock, of a limit, of a pool of codes; twenty at a time, each on a connection."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from loyalty.database import connect
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.programs.facts import Source
from loyalty.programs.policies import Policies
from loyalty.rewards.actions import edit_reward, offer_reward
from loyalty.rewards.codes import add_codes
from loyalty.rewards.decisions import Redeemed
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import By, NewOffer
from loyalty.rewards.refusals import LimitReached, OutOfStock
from loyalty.rewards.terms import Terms
from loyalty.settings import Settings
from tests.stories import Shop, joining
from tests.together.crowd import Crowd, rounds
from tests.together.verbs import adjust, capture, redeem

MANY = 20


@pytest.fixture
async def shop(database_url: str, source: Source, rules: RulesCache) -> AsyncIterator[Shop]:
    """Give a shop with twenty connections."""
    async with connect(Settings(pool_size=MANY), database_url) as database:
        yield Shop(database, source, rules)


async def offer(crowd: Crowd, kind: str = "gift", settings: dict[str, Any] | None = None, **terms: Any) -> RewardFacts:  # noqa: ANN401
    async with crowd.shop.database.writer() as connection:
        return await offer_reward(
            connection,
            crowd.shop.source.program.program_id,
            kind=kind,
            name="Mug",
            price_points=10,
            settings=settings or {},
            terms=Terms(**terms),
        )


async def members(crowd: Crowd, many: int = MANY) -> list[str]:
    names = [f"customer {n}" for n in range(many)]
    await crowd.shop.join(*(joining(name) for name in names))
    for name in names:
        await crowd.do(adjust(crowd.shop, name, 100_000))
    return names


def won(answers: list[Any]) -> list[UUID]:
    return [answer.hold.hold_id for answer in answers if isinstance(answer, Redeemed)]


def refused(answers: list[Any]) -> set[type]:
    return {type(answer) for answer in answers if isinstance(answer, LoyaltyError)}


@rounds
async def test_the_last_five_go_to_five_of_twenty(crowd: Crowd, rounds: int) -> None:
    names = await members(crowd)
    for n in range(rounds // 5):
        mug = await offer(crowd, stock=5)
        ask = [redeem(crowd.shop, name, mug.reward_id, at_once=i % 2 == 0) for i, name in enumerate(names)]
        answers = await crowd.at_once(*ask, after_read=n % 2 == 0)
        assert len(won(answers)) == 5
        assert refused(answers) == {OutOfStock}
    assert crowd.refused["MissedGuard"] > 0


@rounds
async def test_of_a_limit_of_one_a_member_gets_one(crowd: Crowd, rounds: int) -> None:
    [name] = await members(crowd, 1)
    for n in range(rounds // 5):
        mug = await offer(crowd, per_member_limit=1)
        ask = [redeem(crowd.shop, name, mug.reward_id, at_once=i % 2 == 0) for i in range(MANY)]
        answers = await crowd.at_once(*ask, after_read=n % 2 == 0)
        assert len(won(answers)) == 1
        assert refused(answers) == {LimitReached}


@rounds
async def test_seven_codes_go_to_seven_of_twenty_each_another(crowd: Crowd, rounds: int) -> None:
    names = await members(crowd)
    for n in range(rounds // 5):
        reward = await offer(crowd, "voucher_code", {"source": "uploaded"})
        program_id = crowd.shop.source.program.program_id
        async with crowd.shop.database.writer() as connection:
            await add_codes(connection, program_id, reward.reward_id, [f"{n}-{c}" for c in "ABCDEFG"])
        ask = [redeem(crowd.shop, name, reward.reward_id) for name in names]
        answers = await crowd.at_once(*ask, after_read=n % 2 == 0)
        assert len(won(answers)) == 7
        assert refused(answers) == {OutOfStock}
        taken = await crowd.owner.fetch(
            "SELECT DISTINCT redemption_id FROM voucher_code WHERE reward_id = $1 AND redemption_id IS NOT NULL",
            reward.reward_id,
        )
        assert {row["redemption_id"] for row in taken} == set(won(answers))


@rounds
async def test_a_hold_that_runs_out_goes_to_one_of_those_who_wait(crowd: Crowd, rounds: int) -> None:
    await crowd.follow(Policies())
    names = await members(crowd, 9)
    for n in range(rounds // 5):
        reward = await offer(crowd, "voucher_code", {"source": "uploaded"}, stock=1)
        async with crowd.shop.database.writer() as connection:
            await add_codes(connection, crowd.shop.source.program.program_id, reward.reward_id, [f"code-{n}"])
        held = await crowd.do(redeem(crowd.shop, names[0], reward.reward_id, at_once=False, minutes=1))
        # It runs out before they are let go, in their midst, or when all is over.
        await crowd.be(timedelta(milliseconds=(0, 15, 40, 400)[n % 4]), for_the=held.hold.expires_at)
        ask = [redeem(crowd.shop, name, reward.reward_id, at_once=i % 2 == 0) for i, name in enumerate(names[1:])]
        answers = await crowd.at_once(capture(crowd.shop, held.hold.hold_id), *ask, after_read=False)
        # Whoever it was: one has it, and nobody else.
        assert len(won(answers)) <= 1
        left = await crowd.owner.fetchval(
            "SELECT count(*) FROM redemption JOIN hold ON hold_id = redemption_id, program WHERE reward_id = $1"
            " AND (hold.state = 'captured' OR hold.state = 'open' AND expires_at > now() + clock_offset)",
            reward.reward_id,
        )
        assert left <= 1
        await crowd.shop.verified()


@rounds
async def test_a_stock_set_while_others_redeem_is_kept(crowd: Crowd, rounds: int) -> None:
    names = await members(crowd, 8)
    for _ in range(rounds // 5):
        mug = await offer(crowd)
        new = NewOffer("gift", "Mug", 10, {}, Terms(stock=4))

        async def limit(tx: Any, mug: RewardFacts = mug, new: NewOffer = new) -> object:  # noqa: ANN401
            async with tx.connection.transaction():
                program_id = crowd.shop.source.program.program_id
                return await edit_reward(tx.connection, program_id, mug.reward_id, 1, new, By())

        ask = [redeem(crowd.shop, name, mug.reward_id) for name in names]
        answers = await crowd.at_once(*ask[:4], limit, *ask[4:], after_read=False)
        # Either it came in time, or it was told that more are out already.
        kept = await crowd.owner.fetchval("SELECT stock FROM reward WHERE reward_id = $1", mug.reward_id)
        assert kept is None or len(won(answers)) <= 4
