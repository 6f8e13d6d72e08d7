"""Deciding purchases, refunds and cancellations: `(batch, what came in) -> what is answered`. Pure but for new ids.

Every check comes before the first change, so a refused item leaves no trace in the batch.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from loyalty.errors import Invalid, OtherFacts
from loyalty.points.dates import lot_dates
from loyalty.points.facts import Cause, OpenAccount, RecordedAward
from loyalty.points.holds import give_back_captured
from loyalty.points.rules import active, claw_back, issue
from loyalty.programs.policies import Inactivity, basis_of
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.facts import NewPurchase, NewRefund, RefundFacts
from loyalty.purchases.rules import (
    kept,
    purchase_fingerprint,
    refund_fingerprint,
    restored,
    target,
    within_guest_window,
)

_TOLD = (
    "placed_at", "delivered_at", "source_updated_at", "goods_minor", "tax_minor", "shipping_minor",
    "reward_discount_minor", "lines", "redemption_ids", "test",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one item came to. The first award is the item's own; the rest came with it in the same commit."""

    awards: list[RecordedAward]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Parked:
    """A refund or cancellation that came before its purchase; it takes effect when that comes."""

    refund: RefundFacts
    replayed: bool


def record_purchase(batch: Batch, new: NewPurchase) -> Recorded:
    """Record a purchase and decide its points; parked refunds of it take effect in the same commit."""
    fingerprint = purchase_fingerprint(new)
    order = batch.orders.get(new.order_id)
    if order is not None and order.state == "recorded":
        return _same_again(batch, order, fingerprint)
    check(batch, new)
    account = None if new.external_id is None else batch.account_of(new.external_id, new.profile)
    order = _fill(batch, order, new, account, fingerprint)
    parked, order.refunds = order.refunds, []
    awards = [decide(batch, order, account, "purchase", order.placed_at or batch.now)]
    batch.tell("purchase.recorded", f"purchase/{order.purchase_id}", awards[0])
    for refund in parked:
        order.refunds.append(refund)
        awards.append(_take_back(batch, order, account, refund))
    return Recorded(awards, replayed=False)


def check(batch: Batch, new: NewPurchase) -> None:
    """Refuse what cannot be recorded."""
    if new.currency != batch.source.program.currency:
        own = batch.source.program.currency
        msg = f"The programme counts in {own}; purchases in {new.currency} cannot be recorded yet."
        raise Invalid(msg, pointer="/currency")
    batch.not_ahead(new.placed_at, "placed_at")


def _same_again(batch: Batch, order: OpenOrder, fingerprint: bytes) -> Recorded:
    own = [award for award in (*batch.pinned, *batch.awards) if award.purchase_id == order.purchase_id]
    recorded_at = next(award.recorded_at for award in own if award.cause == "purchase")
    first = [award for award in own if award.recorded_at == recorded_at]
    first.sort(key=lambda award: award.cause != "purchase")
    if order.fingerprint != fingerprint:
        msg = f"Order {order.order_id!r} is recorded with other facts. What was taken back is told as a refund."
        raise OtherFacts(msg, first=Recorded(first, replayed=True))
    return Recorded(first, replayed=True)


def _fill(
    batch: Batch, awaited: OpenOrder | None, new: NewPurchase, account: OpenAccount | None, fingerprint: bytes
) -> OpenOrder:
    """Make the order of what the shop told, or fill the one that a parked refund has opened."""
    order = awaited or OpenOrder(uuid7(), new.order_id, None, 0, "recorded", batch.now)
    order.state = "recorded"
    order.customer_id = account.customer_id if account else None
    order.fingerprint = fingerprint
    tell(batch, order, new)
    batch.orders[new.order_id] = batch.purchases[order.purchase_id] = order
    return order


def tell(batch: Batch, order: OpenOrder, new: NewPurchase) -> None:
    """Let an order be what the shop told of it last."""
    order.recorded_at = batch.now
    order.version += 1
    for name in _TOLD:
        setattr(order, name, getattr(new, name))
    order.member = batch.is_member(order.customer_id, new.placed_at)
    order.told = new


def record_refund(batch: Batch, new: NewRefund) -> Recorded | Parked:
    """Take goods back, and the points that they had earned; parked while the purchase has not come."""
    fingerprint = refund_fingerprint(new)
    order = batch.orders.get(new.order_id)
    known = order and next((r for r in order.refunds if (r.kind, r.refund_id) == (new.kind, new.refund_id)), None)
    if order and known:
        return _same_refund_again(batch, order, known, fingerprint)
    refunded_at = new.refunded_at or batch.now
    batch.not_ahead(refunded_at, "refunded_at" if new.refund_id else "cancelled_at")
    if order is None:
        order = OpenOrder(uuid7(), new.order_id, None, 0, "awaited", batch.now)
        batch.orders[new.order_id] = batch.purchases[order.purchase_id] = order
    order.version += 1
    order.changed = True
    refund = RefundFacts(
        purchase_id=order.purchase_id,
        kind=new.kind,
        refund_id=new.refund_id,
        refunded_at=refunded_at,
        goods_minor=new.goods_minor,
        award_id=None,
        fingerprint=fingerprint,
        request_id=batch.source.request_id,
        recorded_at=batch.now,
    )
    if order.state == "awaited":
        return _park(batch, order, refund, new)
    account = batch.account(order.customer_id) if order.customer_id else None
    if account:
        batch.touch(account)
    order.refunds.append(refund)
    award = _take_back(batch, order, account, refund)
    order.refunds[-1] = replace(refund, award_id=award.award_id)
    batch.new_refunds.append((order.refunds[-1], new.lines))
    return Recorded([award], replayed=False)


def _park(batch: Batch, order: OpenOrder, refund: RefundFacts, new: NewRefund) -> Parked:
    order.refunds.append(refund)
    batch.new_refunds.append((refund, new.lines))
    batch.tell(f"{refund.kind}.parked", f"purchase/{order.purchase_id}")
    return Parked(refund, replayed=False)


def _same_refund_again(batch: Batch, order: OpenOrder, known: RefundFacts, fingerprint: bytes) -> Recorded | Parked:
    awards = [award for award in (*batch.pinned, *batch.awards) if award.award_id == known.award_id]
    first = Recorded(awards, replayed=True) if awards else Parked(known, replayed=True)
    if known.fingerprint != fingerprint:
        msg = f"{known.kind.capitalize()} {known.refund_id!r} of order {order.order_id!r} is recorded with other facts."
        raise OtherFacts(msg, first=first)
    return first


def _take_back(batch: Batch, order: OpenOrder, account: OpenAccount | None, refund: RefundFacts) -> RecordedAward:
    award = decide(batch, order, account, refund.kind, refund.refunded_at, refund_id=refund.refund_id or None)
    batch.tell(
        "purchase.refunded" if refund.refund_id else "purchase.cancelled", f"purchase/{order.purchase_id}", award
    )
    return award


def decide(
    batch: Batch,
    order: OpenOrder,
    account: OpenAccount | None,
    cause: str,
    effective_at: datetime,
    *,
    refund_id: str | None = None,
    membership_id: UUID | None = None,
    posted: Cause | None = None,
) -> RecordedAward:
    """Decide anew what a purchase is worth as it stands, and post the difference to what was due so far."""
    policies = batch.source.program.policies
    version = batch.rules(order)
    order.rules_version = version.version
    order.basis = order.basis or basis_of(policies)
    kept_minor = kept(order.goods_minor, order.taken_back)
    whole, points = target(order, kept_minor, version)
    order.guest = not order.member and is_guest(batch, order, account)
    reason = _no_points_because(order, account)
    aim = 0 if reason else points.total
    due, order.due = aim - order.due, aim
    posted = posted or batch.cause(effective_at)
    given = _move(batch, order, account, due, posted) if account else 0
    if account and order.redemption_ids:
        _restore(batch, order, account, kept_minor, posted)
    facts: dict[str, Any] = {
        "goods": order.goods_minor, "kept": kept_minor, "member": order.member, "reason": reason,
    }  # fmt: skip
    if order.guest:
        facts["guest"] = True
    if policies.told:
        facts["policy"] = policies.told
    return batch.decided(
        account,
        cause,
        posted,
        facts,
        purchase_id=order.purchase_id,
        refund_id=refund_id,
        membership_id=membership_id,
        rules_version=version.version,
        basis=str(whole),
        breakdown=points.breakdown,
        target=aim,
        due=due,
        given=given,
    )


def _move(batch: Batch, order: OpenOrder, account: OpenAccount, due: int, posted: Cause) -> int:
    """Give (`due` > 0) or take (< 0) points of a purchase; tells what it did, with its sign."""
    policies = batch.source.program.policies
    if due < 0:
        return -claw_back(account, -due, order.purchase_id, posted, clamp=policies.debt == "clamp")
    if due > 0:
        placed_at = batch.now if batch.source.dated_now else min(order.placed_at or batch.now, batch.now)
        active(account, placed_at, posted, counts=isinstance(policies.expiry, Inactivity))
        dates = lot_dates(policies, account.zone, placed_at, order.delivered_at)
        issue(account, due, order.purchase_id, dates, posted)
    return due


def _restore(batch: Batch, order: OpenOrder, account: OpenAccount, kept_minor: int, posted: Cause) -> None:
    """Give back the points that were spent on what was taken back, as far as they are still out."""
    policies = batch.source.program.policies
    # A shop may name holds of somebody else: nothing comes back from those.
    own = {str(held.hold_id): held for held in account.holds if held.captured}
    holds = [own[key] for key in dict.fromkeys(order.redemption_ids or ()) if key in own]
    total = restored(order.goods_minor, kept_minor, sum(held.captured for held in holds), policies.spent_points)
    due = total - order.restored
    came: dict[str, int] = {}
    for held in holds:
        part = min(due, held.captured - held.returned)
        if part > 0:
            give_back_captured(account, held, part, posted, policies.restore_grace_days)
            came[str(held.hold_id)] = part
            due -= part
    if came:
        order.restored += sum(came.values())
        posted.notes |= {"restored": sum(came.values()), "restored_of": came}


def is_guest(batch: Batch, order: OpenOrder, account: OpenAccount | None) -> bool:
    """Tell whether a purchase of somebody who was no member then earns with a later joining."""
    window, placed_at = batch.source.program.policies.guest_window, order.placed_at
    if window == "none" or account is None or placed_at is None:
        return False
    standing = (m for m in batch.memberships.get(account.customer_id, ()) if m.superseded_at is None)
    return any(within_guest_window(placed_at, m.joined_at, window, account.zone) for m in standing)


def _no_points_because(order: OpenOrder, account: OpenAccount | None) -> str | None:
    """Tell why a purchase earns nothing whatever the rules say; None when they decide."""
    if order.test:
        return "test"
    if account is None:
        return "anonymous"
    return None if order.member or order.guest else "not_member"
