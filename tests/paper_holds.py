"""Redemptions in the ledger on paper: points held, captured, released and reversed by the real rules of rewards."""

from collections.abc import Callable
from uuid import UUID

from loyalty.errors import LoyaltyError
from loyalty.purchases.batch import Batch
from loyalty.rewards.decisions import NewRedemption, Redeemed, capture_held, redeem, release_held, reverse_captured
from loyalty.rewards.kind import RewardFacts
from tests.paper import Paper

REWARD = UUID(int=77)


def hold(paper: Paper, customer: str, points: int, minutes: int = 30, *, at_once: bool = False) -> UUID:
    """Set points aside for a reward of that price; `at_once`: spend them."""
    reward = RewardFacts(REWARD, "fixed_discount", "Gift", points, {"amount_minor": 1})
    new = NewRedemption(customer, REWARD, at_once=at_once, hold_minutes=minutes)
    return _written(paper, lambda batch: redeem(batch, new, reward)).hold.hold_id


def spend(paper: Paper, customer: str, points: int) -> UUID:
    """Spend points at once."""
    return hold(paper, customer, points, at_once=True)


def capture(paper: Paper, hold_id: UUID, points: int | None = None) -> None:
    """Spend what is held, or a part of it."""
    _written(paper, lambda batch: capture_held(batch, hold_id, points))


def release(paper: Paper, hold_id: UUID) -> None:
    """Let go of what is held."""
    _written(paper, lambda batch: release_held(batch, hold_id))


def reverse(paper: Paper, hold_id: UUID) -> None:
    """Take a capture back."""
    _written(paper, lambda batch: reverse_captured(batch, hold_id))


def _written(paper: Paper, verb: Callable[[Batch], Redeemed]) -> Redeemed:
    def decide(batch: Batch, _: None) -> Redeemed:
        return verb(batch)

    [outcome] = paper.write(decide, [None])
    if isinstance(outcome, LoyaltyError):
        raise outcome
    return outcome
