"""What goes over the wire about rewards and redemptions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from loyalty.errors import Invalid
from loyalty.points.facts import OpenHold, RecordedAward
from loyalty.points.wire import BalanceOut, balance_after
from loyalty.rewards.codes import MOST_AT_ONCE, Code, codes_of
from loyalty.rewards.decisions import Chance, NewRedemption
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import NewOffer
from loyalty.rewards.rules import Counted, left_of
from loyalty.rewards.settings_wire import settings_in, settings_out
from loyalty.rewards.terms import Terms
from loyalty.web.bounds import Money, ShopId, decimal_text, minor_units

Points = Annotated[int, Meta(ge=1, le=10**12)]


class RewardIn(Terms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reward to offer. `settings` are those of its kind, with amounts as decimals: `{"amount": "5.00"}`.

    `amount` is short for that of a fixed discount. `price_points` is left out of points as a payment only.
    """

    name: Annotated[str, Meta(min_length=1, max_length=128, examples=["Five euros off"])]
    price_points: Annotated[Points | None, Meta(examples=[500])] = None
    kind: Annotated[str, Meta(max_length=64, examples=["fixed_discount"])] = "fixed_discount"
    settings: Annotated[dict[str, Any], Meta(examples=[{"amount": "5.00"}])] = msgspec.field(default_factory=dict)
    amount: Money | None = None

    def offer(self, digits: int) -> NewOffer:
        """Hand it to the verbs, with amounts in minor units."""
        settings = self.settings
        if self.amount is not None:
            if self.kind != "fixed_discount" or settings:
                msg = "`amount` is short for the settings of a fixed discount; send these alone."
                raise Invalid(msg, pointer="/amount")
            settings = {"amount_minor": minor_units(self.amount, digits, "/amount")}
        else:
            settings = settings_in(self.kind, settings, digits)
        terms = Terms(**{name: getattr(self, name) for name in Terms.__struct_fields__})
        return NewOffer(self.kind, self.name, self.price_points, settings, terms)


class RewardEdit(RewardIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reward as it is to be from now on, whole. `edition`: that of the reward as it was read."""

    edition: Annotated[int, Meta(ge=1, le=10**9)]


class ReasonOut(Struct, omit_defaults=True):
    """Why a reward cannot be redeemed. `missing`, `owed`: points; `needs`: the tier; `on`, `again_on`: local days."""

    code: Literal[
        "retired", "not_a_member", "not_started", "ended", "tier_too_low", "not_in_segment", "out_of_stock",
        "limit_reached", "not_enough_points", "debt",
    ]  # fmt: skip
    missing: int | None = None
    owed: int | None = None
    needs: str | None = None
    on: date | None = None
    again_on: date | None = None


class RewardOut(Terms, frozen=True, kw_only=True):
    """A reward. Where a member was named: the price for him, `redeemable`, and every reason why not; `reason` is the
    first of them. `left`: of its stock or its codes; null when there is no end of it.
    """

    reward_id: UUID
    kind: str
    name: str
    price_points: int
    settings: dict[str, Any]
    active: bool
    edition: int
    left: int | None = None
    price_for_member: int | None = None
    redeemable: bool | None = None
    reason: str | None = None
    reasons: list[ReasonOut] | None = None


class RewardList(Struct):
    """The catalogue in its order."""

    data: list[RewardOut]
    next_cursor: str | None = None


class CodesIn(Struct, forbid_unknown_fields=True):
    """Codes for the pool of a reward, or a CSV file of them in `csv`: the first column is read."""

    codes: Annotated[list[Code], Meta(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    csv: Annotated[str, Meta(max_length=1_900_000)] | None = None

    def all(self) -> list[str]:
        """Give the codes."""
        if (self.codes is None) == (self.csv is None):
            msg = "Send either `codes` or `csv`."
            raise Invalid(msg, pointer="/codes")
        return list(self.codes) if self.codes is not None else codes_of(self.csv or "")


class CodesAdded(Struct):
    """How many came into the pool; those that were known already, or sent twice; how many are left to hand out."""

    added: int
    duplicates: list[str]
    left: int


class RedemptionIn(Struct, forbid_unknown_fields=True):
    """A member asks for a reward: held until captured, released or timed out, or with `capture` spent at once.

    The price is the service's. `points` only for points as a payment, within its caps. `basket`: what the goods come
    to; it may only lower what is spent or what the reward is worth.
    """

    customer_id: ShopId
    reward_id: UUID
    capture: bool = False
    hold_minutes: Annotated[int, Meta(ge=1, le=43_200)] | None = None
    points: Points | None = None
    basket: Money | None = None

    def redemption(self, digits: int) -> NewRedemption:
        """Hand it to the rules."""
        basket = None if self.basket is None else minor_units(self.basket, digits, "/basket")
        return NewRedemption(self.customer_id, self.reward_id, self.capture, self.hold_minutes, self.points, basket)


class CaptureIn(Struct, forbid_unknown_fields=True):
    """How many of the held points are spent; all, unless it says fewer. The rest goes back."""

    points: Points | None = None


class RedemptionRecorded(Struct):
    """The answer to a redemption and to what becomes of it; a retry gets the same.

    `points`: what this call moved. `value`: what the reward is worth for what was held or captured. `expired`: points
    that came back to lots that were over, and ended at once. `code`: of a voucher, once it is captured.
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
    code: str | None = None


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
    code: str | None = None


class RedemptionList(Struct):
    """A page of a customer's redemptions, newest first."""

    data: list[RedemptionOut]
    next_cursor: str | None


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
        code=reward.code if state == "captured" else None,
    )


def reward_out(
    reward: RewardFacts, digits: int, counted: Counted | None = None, met: Chance | None = None
) -> RewardOut:
    """Show a reward; amounts as decimals. `met`: how a member stands to it."""
    reasons = None if met is None else [ReasonOut(**msgspec.to_builtins(reason)) for reason in met.reasons]
    return RewardOut(
        reward_id=reward.reward_id,
        kind=reward.kind,
        name=reward.name,
        price_points=reward.price_points,
        settings=settings_out(reward.settings, digits),
        active=reward.active,
        edition=reward.edition,
        left=None if counted is None else left_of(reward, counted),
        price_for_member=None if met is None else met.price,
        redeemable=None if reasons is None else not reasons,
        reason=reasons[0].code if reasons else None,
        reasons=reasons,
        **{name: getattr(reward.terms, name) for name in Terms.__struct_fields__},
    )
