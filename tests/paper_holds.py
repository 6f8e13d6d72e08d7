"""Redemptions in the ledger on paper: points of a rich member, held, captured, released and reversed by real rules."""

from collections.abc import Callable
from uuid import UUID

from msgspec.structs import replace

from loyalty.errors import LoyaltyError
from loyalty.programs.policies import AfterDays, Never, Policies
from loyalty.purchases.batch import Batch
from loyalty.rewards.decisions import NewRedemption, Redeemed, capture_held, redeem, release_held, reverse_captured
from loyalty.rewards.kind import RewardFacts
from tests.paper import Paper, local
from tests.stories import joining, purchase

REWARD = UUID(int=77)
# What is earned by then ends at the midnight after 11 February, 21 February, and never.
SOON, LATER, NEVER = AfterDays(10), AfterDays(20), Never()
FIRST_END, SECOND_END = local("2026-02-12 00:00"), local("2026-02-22 00:00")


def rich(*expiries: AfterDays | Never, grace: int = 0) -> Paper:
    """Give the ledger of Ann, who on 1 February earned 100 points under each of these policies."""
    paper = Paper()
    paper.join(joining("ann"))
    paper.at(local("2026-02-01 12:00"))
    for number, expiry in enumerate(expiries):
        paper.follow(Policies(expiry=expiry))
        paper.buy(replace(purchase(f"o{number}", 10000, "ann"), placed_at=paper.now))
    paper.follow(Policies(restore_grace_days=grace))
    return paper


def balances(paper: Paper) -> tuple[int, int, int, int]:
    """Give what is available, pending, held, owed."""
    account = paper.account("ann")
    return account.available, account.pending, account.held, account.debt


def state(paper: Paper, hold_id: UUID) -> tuple[str, int, int, list[tuple[int, int]]]:
    """Give what became of a hold: captured, returned, and what is still out of which lot."""
    held = paper.holds[hold_id]
    return held.state, held.captured, held.returned, [(taken.lot, taken.points) for taken in held.taken]


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
