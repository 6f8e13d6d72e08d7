"""Offering, editing and redeeming rewards by their verbs, over a shop."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from loyalty.rewards.actions import edit_reward, offer_reward
from loyalty.rewards.catalogue import catalogue, find_redemption
from loyalty.rewards.codes import Uploaded, add_codes
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import By, NewOffer
from loyalty.rewards.terms import Terms
from loyalty.rewards.wire import RewardOut
from tests.stories import Shop

BY = By("user:1", "req_edit")


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
