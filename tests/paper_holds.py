"""Holds in the ledger on paper: set aside, captured, released, given back, as a redemption does."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from loyalty.errors import LoyaltyError
from loyalty.points import holds
from loyalty.points.facts import Cause, HoldFacts, OpenAccount, OpenHold
from loyalty.purchases.batch import Batch
from tests.paper import Paper

R = TypeVar("R")


def hold(paper: Paper, customer: str, points: int, minutes: float = 30) -> UUID:
    """Set points aside for so many minutes."""
    hold_id = uuid7()
    expires_in = timedelta(minutes=minutes)
    _write(paper, customer, "held", lambda batch, account, cause: holds.hold(
        account, hold_id, points, batch.now + expires_in, cause))  # fmt: skip
    return hold_id


def capture(paper: Paper, hold_id: UUID, points: int | None = None) -> None:
    """Spend what is held, or a part of it."""

    def act(_: Batch, account: OpenAccount, cause: Cause) -> None:
        held = _known(account, hold_id)
        holds.capture(account, held, held.points if points is None else points, cause, _grace(paper))

    _write(paper, paper.holds[hold_id].customer_id, "captured", act)


def release(paper: Paper, hold_id: UUID) -> None:
    """Let go of what is held."""

    def act(_: Batch, account: OpenAccount, cause: Cause) -> None:
        holds.release(account, _known(account, hold_id), "released", cause, _grace(paper))

    _write(paper, paper.holds[hold_id].customer_id, "released", act)


def reverse(paper: Paper, hold_id: UUID, points: int) -> None:
    """Take a capture back, or a part of it."""

    def act(_: Batch, account: OpenAccount, cause: Cause) -> None:
        holds.give_back_captured(account, _known(account, hold_id), points, cause, _grace(paper))

    _write(paper, paper.holds[hold_id].customer_id, "reversed", act)


def spent(paper: Paper, customer: str, points: int) -> UUID:
    """Set points aside and spend them."""
    hold_id = hold(paper, customer, points)
    capture(paper, hold_id)
    return hold_id


def held_as(paper: Paper, hold_id: UUID) -> HoldFacts:
    """Give a hold as it is kept."""
    return paper.holds[hold_id]


def _known(account: OpenAccount, hold_id: UUID) -> OpenHold:
    return next(held for held in account.holds if held.hold_id == hold_id)


def _grace(paper: Paper) -> int:
    return paper.source.program.policies.restore_grace_days


def _write(paper: Paper, customer: str | UUID, cause: str, act: Callable[[Batch, OpenAccount, Cause], object]) -> None:
    """Read, decide, append; a refusal fails the test, or is what it waits for."""

    def decide(batch: Batch, _: None) -> None:
        account = batch.account(paper.aliases[customer] if isinstance(customer, str) else customer)
        posted = batch.cause()
        act(batch, account, posted)
        batch.touch(account)
        award = batch.decided(account, cause, posted, {})
        batch.tell(f"points.{cause}", f"customer/{account.customer_id}", award)

    [outcome] = paper.write(decide, [None])
    if isinstance(outcome, LoyaltyError):
        raise outcome
