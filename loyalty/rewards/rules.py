"""Who may have which reward, for what price, and if not, why not: every reason with its lasting code. Pure.

Every reason that stands is told, in this order; a redemption is refused with the first.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from loyalty.errors import LoyaltyError, NotAMember
from loyalty.points.dates import local_day
from loyalty.points.facts import OpenAccount
from loyalty.points.rules import not_enough
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.refusals import (
    LimitReached,
    NotInSegment,
    OutOfStock,
    RewardEnded,
    RewardNotStarted,
    RewardRetired,
    TierTooLow,
)
from loyalty.rewards.terms import Per

_DECEMBER = 12


class Standing(Struct, frozen=True):
    """Where a customer stands when deciding. `ladder` ranks all tiers of the programme; a higher rank is better."""

    tier: str | None = None
    ladder: Mapping[str, int] = {}
    segments: frozenset[str] = frozenset()

    @property
    def rank(self) -> int:
        """The rank of the customer's tier; below all others without one."""
        return -1 if self.tier is None else self.ladder.get(self.tier, -1)

    def reaches(self, tier: str) -> bool:
        """Tell whether the customer's tier is this one, or a higher one. Nobody is in a tier that is no more."""
        return tier in self.ladder and self.rank >= self.ladder[tier]


class Counted(Struct, frozen=True):
    """How many of a reward are out: in all, and to one customer in the current period of the limit.

    Out is what is held, or was captured and has not wholly come back. `codes_left` is of an uploaded pool.
    """

    out: int = 0
    to_member: int = 0
    codes_left: int | None = None


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why a reward cannot be redeemed. `missing`, `owed`: points; `needs`: the tier; `on`, `again_on`: local days."""

    code: str
    missing: int | None = None
    owed: int | None = None
    needs: str | None = None
    on: date | None = None
    again_on: date | None = None


def price_for(reward: RewardFacts, standing: Standing) -> int:
    """Give the catalogue's price: that of the highest tier with a price of its own which the customer reaches."""
    own = [tier for tier in reward.terms.tier_prices if standing.reaches(tier)]
    if not own:
        return reward.price_points
    return reward.terms.tier_prices[max(own, key=lambda tier: standing.ladder[tier])]


def left_of(reward: RewardFacts, counted: Counted) -> int | None:
    """Tell how many there are left; None: there is no end of them."""
    stock = None if reward.terms.stock is None else max(0, reward.terms.stock - counted.out)
    return min((n for n in (stock, counted.codes_left) if n is not None), default=None)


def next_period(now: datetime, per: Per, account: OpenAccount) -> date | None:
    """Give the first local day of the period after this one; None: there is none."""
    today = local_day(now, account.zone)
    if per == "day":
        return today + timedelta(days=1)
    if per == "month":
        return date(today.year + today.month // _DECEMBER, today.month % _DECEMBER + 1, 1)
    return date(today.year + 1, 1, 1) if per == "year" else None


def refusals(
    reward: RewardFacts,
    account: OpenAccount,
    *,
    member: bool,
    now: datetime,
    price: int,
    standing: Standing,
    counted: Counted,
) -> Iterator[tuple[LoyaltyError, Reason]]:
    """Go through everything that stands in the way of a redemption."""
    if not reward.active:
        msg = f"{reward.name!r} is not offered any more."
        yield RewardRetired(msg), Reason("retired")
    if not member:
        msg = "This customer is not a member now. Points can be spent again after joining."
        yield NotAMember(msg), Reason("not_a_member")
    yield from _by_terms(reward, account, now, standing)
    yield from _by_number(reward, account, now, counted)
    if account.available < price:
        reason = Reason("not_enough_points", missing=price - account.available + account.debt)
        yield not_enough(account, price), reason
    if account.debt:
        yield not_enough(account, price), Reason("debt", owed=account.debt)


def _by_terms(
    reward: RewardFacts, account: OpenAccount, now: datetime, standing: Standing
) -> Iterator[tuple[LoyaltyError, Reason]]:
    terms, today = reward.terms, local_day(now, account.zone)
    if terms.starts_on is not None and today < terms.starts_on:
        reason = Reason("not_started", on=terms.starts_on)
        yield RewardNotStarted(f"{reward.name!r} is offered from {terms.starts_on} on.", reason), reason
    if terms.ends_on is not None and today > terms.ends_on:
        reason = Reason("ended", on=terms.ends_on)
        yield RewardEnded(f"{reward.name!r} was offered until {terms.ends_on}.", reason), reason
    if terms.minimum_tier is not None and not standing.reaches(terms.minimum_tier):
        reason = Reason("tier_too_low", needs=terms.minimum_tier)
        yield TierTooLow(f"{reward.name!r} is for members of the tier {terms.minimum_tier} and above.", reason), reason
    if terms.segments and standing.segments.isdisjoint(terms.segments):
        reason = Reason("not_in_segment")
        yield NotInSegment(f"{reward.name!r} is an offer for other customers.", reason), reason


def _by_number(
    reward: RewardFacts, account: OpenAccount, now: datetime, counted: Counted
) -> Iterator[tuple[LoyaltyError, Reason]]:
    terms = reward.terms
    if left_of(reward, counted) == 0:
        reason = Reason("out_of_stock")
        yield OutOfStock(f"There is nothing left of {reward.name!r}.", reason), reason
    if terms.per_member_limit is not None and counted.to_member >= terms.per_member_limit:
        reason = Reason("limit_reached", again_on=next_period(now, terms.limit_per, account))
        again = "" if reason.again_on is None else f" The next is possible on {reason.again_on}."
        msg = f"A member gets {terms.per_member_limit} of {reward.name!r} ({terms.limit_per}).{again}"
        yield LimitReached(msg, reason), reason
