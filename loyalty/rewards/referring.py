"""What rewards do for referrals, which stand below them: tell what one costs, and redeem it in the service's name."""

from collections.abc import Callable
from uuid import UUID

from loyalty.database import Connection, Tx
from loyalty.errors import Invalid
from loyalty.programs.facts import Source
from loyalty.referrals.gifts import hand_down
from loyalty.rewards.actions import redeem_reward
from loyalty.rewards.decisions import NewRedemption
from loyalty.rewards.kind import Asked
from loyalty.rewards.queries import find_offered, now_of
from loyalty.statements import Part


async def price_of(connection: Connection, program_id: int, reward_id: UUID) -> int | None:
    """Tell what a reward costs in the catalogue; None where there is none, or the caller says how many points."""
    found = await find_offered(connection, program_id, reward_id, await now_of(connection, program_id))
    if found is None:
        return None
    try:
        return found.reward.loaded.price(found.reward.price_points, Asked())
    except Invalid:
        return None


async def redeem(
    tx: Tx, source: Source, customer_id: UUID, reward_id: UUID, most: int, besides: Callable[[UUID], Part]
) -> None:
    """Redeem a reward at once for `most` points at most, whatever else the member has."""
    new = NewRedemption("", reward_id, at_once=True, customer_id=customer_id, most_points=most)
    await redeem_reward(tx, source, new, lambda _, redeemed, __: [besides(redeemed.hold.hold_id)])


hand_down(price_of, redeem)
