"""Deciding purchases, refunds and cancellations: `(batch, what came in) -> what is answered`. Pure but for new ids.

Every check comes before the first change, so a refused item leaves no trace in the batch.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from loyalty.errors import Invalid, OtherFacts
from loyalty.ids import new_id
from loyalty.points.facts import OpenAccount, RecordedAward
from loyalty.purchases.awarding import decide
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.facts import NewPurchase, NewRefund, RefundFacts
from loyalty.purchases.rules import (
    purchase_fingerprint,
    refund_fingerprint,
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
    order = awaited or OpenOrder(new_id(), new.order_id, None, 0, "recorded", batch.now)
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
        order = OpenOrder(new_id(), new.order_id, None, 0, "awaited", batch.now)
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
