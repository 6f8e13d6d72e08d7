"""First answers and their replays: pure functions of what was decided, so a retry gets the same bytes."""

from typing import Any

import msgspec

from loyalty.errors import LoyaltyError, OtherFacts
from loyalty.points.facts import RecordedAward
from loyalty.points.wire import balance_after
from loyalty.purchases.decisions import Parked, Recorded
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.purchases.wire import PointsOut, PurchaseEdited, PurchaseRecorded, RefundRecorded, RuleShareOut


def purchase_answer(new: NewPurchase, recorded: Recorded) -> PurchaseRecorded:
    """Answer a purchase: its own award, and the balance after all that came with it (refunds that had been parked)."""
    award, last = recorded.awards[0], recorded.awards[-1]
    return PurchaseRecorded(
        order_id=new.order_id,
        customer_id=new.external_id,
        state="recorded",
        member=bool(award.facts["member"]),
        points=points_of(award),
        refunded_points=-sum(after.given for after in recorded.awards[1:]),
        balance=balance_after(last),
        recorded_at=award.recorded_at,
        request_id=award.request_id,
    )


def refund_answer(new: NewRefund, recorded: Recorded | Parked) -> RefundRecorded:
    """Answer a refund or a cancellation."""
    if isinstance(recorded, Parked):
        refund = recorded.refund
        return RefundRecorded(
            new.order_id, new.refund_id or None, "parked", None, 0, 0, None, refund.recorded_at, refund.request_id
        )
    award = recorded.awards[0]
    return RefundRecorded(
        order_id=new.order_id,
        refund_id=new.refund_id or None,
        state="recorded",
        points=points_of(award),
        restored_points=award.facts.get("restored", 0),
        expired_points=award.facts.get("expired", 0),
        balance=balance_after(award),
        recorded_at=award.recorded_at,
        request_id=award.request_id,
    )


def edit_answer(new: NewPurchase, edited: Edited) -> PurchaseEdited:
    """Answer an edit: by its award, or by the newest one where nothing was changed."""
    award = edited.award
    return PurchaseEdited(
        order_id=new.order_id,
        customer_id=new.external_id,
        state="recorded",
        stale=edited.stale,
        member=bool(award.facts["member"]),
        points=points_of(award),
        restored_points=award.facts.get("restored", 0),
        balance=balance_after(award),
        recorded_at=award.recorded_at,
        request_id=award.request_id,
    )


def points_of(award: RecordedAward) -> PointsOut:
    """Tell what an award decided."""
    return PointsOut(
        target=award.target,
        due=award.due,
        given=award.given,
        basis=award.basis or "0",
        rules_version=award.rules_version or 0,
        reason=award.facts["reason"],
        # Typed, so that its fields come in one order whether it was just decided or read from JSONB.
        breakdown=msgspec.convert(award.breakdown, list[RuleShareOut]),
    )


def with_first(error: LoyaltyError, new: object) -> Any:  # noqa: ANN401
    """Show what stands in the words of the first answer, without the ids that the other facts might have changed."""
    if isinstance(error, OtherFacts) and isinstance(error.first, Recorded | Parked):
        if isinstance(new, NewRefund):
            error.first = refund_answer(new, error.first)
        elif isinstance(new, NewPurchase) and isinstance(error.first, Recorded):
            error.first = msgspec.structs.replace(purchase_answer(new, error.first), customer_id=None)
    return error
