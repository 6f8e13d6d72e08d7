"""Where a customer stands, as far as the rewards ask: only what they name is read."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.rules import Standing
from loyalty.segments.queries import segments_of
from loyalty.tiers.queries import scheme_of, tier_of


async def standing_of(
    connection: Connection,
    program: ProgramFacts,
    customer_id: UUID | None,
    now: datetime,
    rewards: Iterable[RewardFacts],
) -> Standing:
    """Read the tier and the segments of a customer. After the account: a newer tier has moved its version."""
    terms = [reward.terms for reward in rewards]
    tier, ladder, segments = None, {}, frozenset[str]()
    if any(one.minimum_tier or one.tier_prices for one in terms):
        scheme = await scheme_of(connection, program.program_id)
        ladder = {one.key: scheme.scheme.rank(one.key) for one in scheme.scheme.tiers} if scheme else {}
        tier = await tier_of(connection, program, customer_id, now) if customer_id and ladder else None
    if customer_id is not None and any(one.segments for one in terms):
        segments = frozenset((await segments_of(connection, program.program_id, [customer_id]))[customer_id])
    return Standing(tier.key if tier else None, ladder, segments)
