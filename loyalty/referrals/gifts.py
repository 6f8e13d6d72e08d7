"""Rewards as what a side gets: promised when the friend qualifies, handed over when the return window is over.

Referrals stand below rewards and may not ask them, so rewards hand down what a reward costs, and how one is redeemed.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from loyalty.database import Connection, Tx
from loyalty.errors import Conflict, Invalid, NotFound
from loyalty.programs.facts import Source
from loyalty.referrals import tables
from loyalty.referrals.decisions import OpenReferral
from loyalty.referrals.terms import Terms
from loyalty.statements import Part, insert

_DUE = """
SELECT g.referral_id, g.side, g.customer_id, g.reward_id, g.points, g.storefront_id
FROM referral_gift g JOIN referral r ON r.program_id = $1 AND r.referral_id = g.referral_id
WHERE g.program_id = $1 AND g.redemption_id IS NULL AND g.kept_because IS NULL AND r.state = 'rewarded'
"""
_ALL_DUE = f"{_DUE} ORDER BY g.promised_at, g.referral_id, g.side LIMIT $2"
_STILL_DUE = f"SELECT EXISTS ({_DUE} AND g.referral_id = $2 AND g.side = $3)"
_GIVEN = """
UPDATE referral_gift SET redemption_id = {0}::uuid
WHERE program_id = $1 AND referral_id = {1}::uuid AND side = {2}::text
  AND redemption_id IS NULL AND kept_because IS NULL RETURNING 1
"""
_KEPT = """
UPDATE referral_gift SET kept_because = $4 WHERE program_id = $1 AND referral_id = $2 AND side = $3
  AND redemption_id IS NULL AND kept_because IS NULL
"""
_FIELDS = ["referral_id", "side", "customer_id", "reward_id", "points", "storefront_id"]


class Gift(Struct, frozen=True):
    """A reward that is due to one side: it may cost `points` at most."""

    referral_id: UUID
    side: str
    customer_id: UUID
    reward_id: UUID
    points: int
    storefront_id: int


class Redeem(Protocol):
    """Redeem a reward at once for `most` points at most; `besides` shares the commit, by the redemption's id."""

    async def __call__(
        self, tx: Tx, source: Source, customer_id: UUID, reward_id: UUID, most: int, besides: Callable[[UUID], Part]
    ) -> None:
        """Redeem it, or raise why not."""


class Handed(NamedTuple):
    """`price`: what a reward costs in the catalogue, None where there is none or the caller says how many points."""

    price: Callable[[Connection, int, UUID], Awaitable[int | None]]
    redeem: Redeem


_HANDED: list[Handed] = []


def hand_down(price: Callable[[Connection, int, UUID], Awaitable[int | None]], redeem: Redeem) -> None:
    """Register what rewards can do for referrals; twice does nothing."""
    if not _HANDED:
        _HANDED.append(Handed(price, redeem))


async def priced(connection: Connection, program_id: int, terms: Terms) -> dict[str, int]:
    """Tell what the rewards cost that the terms promise, by side; refuse what is no reward, or has no price."""
    found = {}
    for side, reward_id in terms.rewards.items():
        price = await _HANDED[0].price(connection, program_id, reward_id)
        if price is None:
            msg = f"There is no reward {reward_id} with a price of its own."
            raise Invalid(msg, pointer=f"/{side}_reward")
        found[side] = price
    return found


def promised(referral: OpenReferral, now: datetime) -> list[Part]:
    """Write down the rewards that a decision promised."""
    rows = [(referral.facts.referral_id, *gift) for gift in referral.gifts]
    return [insert(tables.ReferralGift, _FIELDS, rows, promised_at=now)] if rows else []


async def gifts_due(connection: Connection, program_id: int, limit: int) -> list[Gift]:
    """Give the rewards to hand over: their return windows are over."""
    return [Gift(**dict(row)) for row in await connection.fetch(_ALL_DUE, program_id, limit)]


async def hand_over(tx: Tx, source: Source, gift: Gift) -> None:
    """Buy the reward with the points given for it; where that cannot be, they stay points, and it is noted why."""
    program_id = source.program.program_id
    if not await tx.connection.fetchval(_STILL_DUE, program_id, gift.referral_id, gift.side):
        return

    def given(redemption_id: UUID) -> Part:
        return Part("gift_given", _GIVEN, [redemption_id, gift.referral_id, gift.side], guards=1)

    # As if it had been redeemed where the friend bought: there it can be seen and reversed.
    source = replace(source, storefront_id=gift.storefront_id)
    try:
        await _HANDED[0].redeem(tx, source, gift.customer_id, gift.reward_id, gift.points, given)
    except (Conflict, NotFound) as refusal:
        await tx.connection.execute(_KEPT, program_id, gift.referral_id, gift.side, refusal.code)
