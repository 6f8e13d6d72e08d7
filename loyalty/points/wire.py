"""Balances as the API tells them."""

from msgspec import Struct

from loyalty.points.facts import RecordedAward


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
