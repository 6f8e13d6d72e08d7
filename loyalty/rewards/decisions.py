"""Deciding redemptions: hold, capture, release, reverse. Pure but for new ids and codes; checks come before changes.

The same verb again is answered by the award that it led to first; another verb on what has ended is refused.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from loyalty.errors import HoldEnded, HoldTimedOut, Invalid, NotFound, OtherFacts
from loyalty.ids import new_id
from loyalty.points.book import Book
from loyalty.points.facts import OpenAccount, OpenHold, RecordedAward
from loyalty.points.holds import capture, give_back_captured, hold, release
from loyalty.points.rules import active, not_enough
from loyalty.programs.policies import Inactivity
from loyalty.rewards.kind import Asked, RewardFacts
from loyalty.rewards.rules import Counted, Reason, Standing, price_for, refusals

_NOBODY = Standing()
_NONE_OUT = Counted()


class NewRedemption(Struct, frozen=True):
    """A reward asked for. `at_once`: without a hold; else held for `hold_minutes` (None: the programme's).

    `points` only where the caller says how many; `basket_minor` may only lower what is spent or what it is worth.
    """

    external_id: str
    reward_id: UUID
    at_once: bool = False
    hold_minutes: int | None = None
    points: int | None = None
    basket_minor: int | None = None
    # Where the service itself redeems: whose account instead of `external_id`, and what it may cost at most.
    customer_id: UUID | None = None
    most_points: int | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a verb came to. `award` is None when the answer is an earlier award, which `award_id` names."""

    hold: OpenHold
    award_id: UUID
    award: RecordedAward | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Chance:
    """What one customer would pay for a reward, and everything that stands in the way."""

    price: int
    reasons: list[Reason]


def chance(book: Book, external_id: str, reward: RewardFacts, counted: Counted, standing: Standing) -> Chance:
    """Tell whether a customer can redeem a reward now, and if not why; `NotFound` when nobody knows the customer."""
    account, member = _known(book, book.aliases.get(external_id))
    price = price_for(reward, standing)
    found = refusals(reward, account, member=member, now=book.now, price=price, standing=standing, counted=counted)
    return Chance(price, [reason for _, reason in found])


def redeem(
    book: Book,
    new: NewRedemption,
    reward: RewardFacts | None,
    counted: Counted = _NONE_OUT,
    standing: Standing = _NOBODY,
) -> Redeemed:
    """Set the price of a reward aside, or spend it at once."""
    account, price = _may_redeem(book, new, reward, counted, standing)
    book.touch(account)
    policies = book.source.program.policies
    posted = book.cause()
    minutes = new.hold_minutes or policies.hold_minutes
    active(account, book.now, posted, counts=isinstance(policies.expiry, Inactivity))
    held = hold(account, new_id(), price, book.now + timedelta(minutes=minutes), posted)
    facts = {"hold": str(held.hold_id), "points": held.points}
    if new.at_once:
        capture(account, held, held.points, posted, policies.restore_grace_days)
        facts["captured"] = held.captured
    award = book.decided(account, "captured" if new.at_once else "held", posted, facts)
    book.tell("redemption.captured" if new.at_once else "redemption.held", f"redemption/{held.hold_id}", award)
    return Redeemed(held, award.award_id, award)


def _may_redeem(
    book: Book, new: NewRedemption, reward: RewardFacts | None, counted: Counted, standing: Standing
) -> tuple[OpenAccount, int]:
    """Give the account and the price, if the one may have the reward for the other."""
    if reward is None:
        msg = f"There is no reward {new.reward_id}."
        raise NotFound(msg)
    account, member = _known(book, new.customer_id or book.aliases.get(new.external_id))
    price = reward.loaded.price(price_for(reward, standing), Asked(new.points, new.basket_minor))
    for refusal, _ in refusals(
        reward, account, member=member, now=book.now, price=price, standing=standing, counted=counted
    ):
        raise refusal
    if new.most_points is not None and price > new.most_points:
        raise not_enough(account, price)
    return account, price


def _known(book: Book, customer_id: UUID | None) -> tuple[OpenAccount, bool]:
    if customer_id is None or customer_id in book.erased:
        msg = "This customer is not, and was never, a member. `POST /v1/members` enrols a customer."
        raise NotFound(msg)
    return book.account(customer_id), book.is_member(customer_id, book.now)


def capture_held(book: Book, redemption_id: UUID, points: int | None) -> Redeemed:
    """Spend what is held, or only `points` of it; the rest goes back."""
    account, held = _find(book, redemption_id)
    if held.state == "captured":
        if points is not None and points != held.captured:
            msg = f"{held.captured} points of this redemption were captured already, not {points}."
            raise OtherFacts(msg)
        return _again(held, held.end_award_id)
    _still_open(held)
    wanted = held.points if points is None else points
    if wanted < 1:
        msg = "A capture spends one point or more; a hold of which nothing is spent is released."
        raise Invalid(msg, pointer="/points")
    if wanted > held.points:
        msg = f"Only {held.points} points are held; {wanted} cannot be captured."
        raise OtherFacts(msg)
    book.touch(account)
    posted = book.cause()
    capture(account, held, wanted, posted, book.source.program.policies.restore_grace_days)
    facts = {"hold": str(held.hold_id), "captured": wanted}
    award = book.decided(account, "captured", posted, facts)
    book.tell("redemption.captured", f"redemption/{held.hold_id}", award)
    return Redeemed(held, award.award_id, award)


def release_held(book: Book, redemption_id: UUID) -> Redeemed:
    """Let go of what is held."""
    account, held = _find(book, redemption_id)
    if held.state == "released":
        return _again(held, held.end_award_id)
    _still_open(held)
    book.touch(account)
    posted = book.cause()
    release(account, held, "released", posted, book.source.program.policies.restore_grace_days)
    award = book.decided(account, "released", posted, {"hold": str(held.hold_id), "released": held.points})
    book.tell("redemption.released", f"redemption/{held.hold_id}", award)
    return Redeemed(held, award.award_id, award)


def reverse_captured(book: Book, redemption_id: UUID) -> Redeemed:
    """Take a redemption back: what was captured and has not come back yet returns to the lots it came from."""
    account, held = _find(book, redemption_id)
    if held.reverse_award_id is not None:
        return _again(held, held.reverse_award_id)
    if held.state != "captured":
        msg = f"Only what was captured can be reversed; this redemption is {held.state.replace('_', ' ')}."
        raise HoldEnded(msg)
    book.touch(account)
    posted = book.cause()
    back = held.captured - held.returned
    if back:
        give_back_captured(account, held, back, posted, book.source.program.policies.restore_grace_days)
    held.reverse_award_id, held.touched = posted.award_id, True
    award = book.decided(account, "reversed", posted, {"hold": str(held.hold_id), "returned": back})
    book.tell("redemption.reversed", f"redemption/{held.hold_id}", award)
    return Redeemed(held, award.award_id, award)


def _find(book: Book, redemption_id: UUID) -> tuple[OpenAccount, OpenHold]:
    for account in book.accounts.values():
        for held in account.holds:
            if held.hold_id == redemption_id:
                return account, held
    msg = f"There is no redemption {redemption_id}."
    raise NotFound(msg)


def _again(held: OpenHold, award_id: UUID | None) -> Redeemed:
    if award_id is None:  # pragma: no cover - the table's check forbids it
        raise AssertionError
    return Redeemed(held, award_id, None, replayed=True)


def _still_open(held: OpenHold) -> None:
    if held.state == "timed_out":
        msg = f"The hold ran out at {held.expires_at.isoformat()}, and its points went back. Ask for the reward again."
        raise HoldTimedOut(msg)
    if held.state != "open":
        msg = f"This redemption was {held.state} already."
        raise HoldEnded(msg)
