"""Balances, lots, entries and decisions as the API tells them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from loyalty.points.facts import OpenAccount, RecordedAward
from loyalty.points.rules import end_of, spending_order


class BalanceOut(Struct):
    """Points after this decision."""

    available: int
    pending: int
    held: int
    debt: int


def balance_after(award: RecordedAward) -> BalanceOut | None:
    """Tell the balance that an award left; None where nobody has one."""
    if (
        award.available_after is None
        or award.pending_after is None
        or award.held_after is None
        or award.debt_after is None
    ):
        return None
    return BalanceOut(award.available_after, award.pending_after, award.held_after, award.debt_after)


class LotOut(Struct):
    """Points of one earning that are left. `available_from` null: at the delivery; `expires_at` null: never, or later.

    `pending` ones cannot be spent yet.
    """

    lot: int
    points: int
    original: int
    pending: bool
    earned_at: datetime
    available_from: datetime | None
    expires_at: datetime | None


class EntryOut(Struct):
    """One movement of points: from one code to another, and the balance after it."""

    seq: int
    kind: str
    debit: str
    credit: str
    points: int
    effective_at: datetime
    recorded_at: datetime
    award_id: UUID
    balance: BalanceOut


class AwardOut(Struct):
    """One decision and why: what it was about, what it gave or took, and the breakdown that it stored."""

    award_id: UUID
    cause: str
    order_id: str | None
    refund_id: str | None
    target: int
    due: int
    given: int
    basis: str | None
    rules_version: int | None
    breakdown: list[dict[str, Any]]
    facts: dict[str, Any]
    balance: BalanceOut | None
    actor: str
    request_id: str
    recorded_at: datetime


def lots_out(account: OpenAccount) -> list[LotOut]:
    """Show the lots of an open account: those that can be spent in spending order, then the pending ones."""
    told = spending_order(account, (lot for lot in account.lots if lot.remaining))
    told.sort(key=lambda lot: lot.pending)
    return [
        LotOut(lot.seq, lot.remaining, lot.original, lot.pending, lot.earned_at, lot.matures_at, end_of(account, lot))
        for lot in told
    ]


def balance_of(account: OpenAccount) -> BalanceOut:
    """Show the balance of an open account: settled, so nothing that is over is in it."""
    return BalanceOut(account.available, account.pending, account.held, account.debt)
