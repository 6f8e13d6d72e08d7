"""What goes over the wire about rewards and redemptions."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from loyalty.points.facts import OpenHold, RecordedAward
from loyalty.points.wire import BalanceOut, balance_after
from loyalty.rewards.decisions import NewRedemption
from loyalty.rewards.kind import RewardFacts
from loyalty.web.bounds import Money, ShopId, decimal_text

Points = Annotated[int, Meta(ge=1, le=10**12)]


class RewardIn(Struct, forbid_unknown_fields=True):
    """A reward to offer. `amount` is what a fixed discount takes off an order."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    price_points: Points
    amount: Money
    kind: Literal["fixed_discount"] = "fixed_discount"


class RewardOut(Struct):
    """A reward. `redeemable`, and why not, where a member was named."""

    reward_id: UUID
    kind: str
    name: str
    price_points: int
    settings: dict[str, Any]
    active: bool
    redeemable: bool | None = None
    reason: str | None = None


class RewardList(Struct):
    """The catalogue, cheapest first."""

    data: list[RewardOut]
    next_cursor: str | None = None


class RedemptionIn(Struct, forbid_unknown_fields=True):
    """A member asks for a reward: held until captured, released or timed out, or with `capture` spent at once."""

    customer_id: ShopId
    reward_id: UUID
    capture: bool = False
    hold_minutes: Annotated[int, Meta(ge=1, le=43_200)] | None = None

    def redemption(self) -> NewRedemption:
        """Hand it to the rules."""
        return NewRedemption(self.customer_id, self.reward_id, self.capture, self.hold_minutes)


class CaptureIn(Struct, forbid_unknown_fields=True):
    """How many of the held points are spent; all, unless it says fewer. The rest goes back."""

    points: Points | None = None


class RedemptionRecorded(Struct):
    """The answer to a redemption and to what becomes of it; a retry gets the same.

    `points`: what this call moved. `value`: what the reward is worth for what was held or captured. `expired`: points
    that came back to lots that were over, and ended at once.
    """

    redemption_id: UUID
    reward_id: UUID
    name: str
    state: Literal["held", "captured", "released", "reversed"]
    points: int
    value: str | None
    expired: int
    expires_at: datetime | None
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class RedemptionOut(Struct):
    """A redemption as it stands. `returned`: points that came back after the capture, by reversal or refunds."""

    redemption_id: UUID
    customer_id: str | None
    reward_id: UUID
    name: str
    state: Literal["open", "captured", "released", "timed_out"]
    points: int
    captured: int
    returned: int
    value: str | None
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def redemption_answer(
    award: RecordedAward, hold: OpenHold, reward: RewardFacts, digits: int, expires_at: datetime | None = None
) -> RedemptionRecorded:
    """Tell what an award did for a redemption. A pure function of what never changes."""
    facts, state = award.facts, award.cause
    if state == "erased":
        # Erasing the member released all that was held, and its award lists none of it.
        facts, state = {"released": hold.points}, "released"
    moved = next(facts[name] for name in ("captured", "points", "released", "returned") if name in facts)
    spent = moved if state in {"held", "captured"} else 0
    worth = reward.value_minor(spent) if spent else None
    return RedemptionRecorded(
        redemption_id=hold.hold_id,
        reward_id=reward.reward_id,
        name=reward.name,
        state=msgspec.convert(state, Literal["held", "captured", "released", "reversed"]),
        points=moved,
        value=None if worth is None else decimal_text(worth, digits),
        expired=facts.get("expired", 0),
        expires_at=expires_at,
        balance=balance_after(award),
        recorded_at=award.recorded_at,
        request_id=award.request_id,
    )


def reward_out(reward: RewardFacts, digits: int) -> RewardOut:
    """Show a reward; amounts as decimals."""
    settings = {
        name.removesuffix("_minor"): decimal_text(value, digits) if name.endswith("_minor") else value
        for name, value in reward.settings.items()
    }
    return RewardOut(reward.reward_id, reward.kind, reward.name, reward.price_points, settings, reward.active)
