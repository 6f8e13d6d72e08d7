"""Deciding purchases, refunds and cancellations: `(batch, what came in) -> what is answered`. Pure but for new ids.

Every check comes before the first change, so a refused item leaves no trace in the batch.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from loyalty.errors import Invalid, OtherFacts
from loyalty.points.facts import Cause, OpenAccount, RecordedAward
from loyalty.points.rules import move, seal
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.facts import NewPurchase, NewRefund, RefundFacts
from loyalty.purchases.rules import kept, purchase_fingerprint, refund_fingerprint, target


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
    if new.currency != batch.source.program.currency:
        own = batch.source.program.currency
        msg = f"The programme counts in {own}; purchases in {new.currency} cannot be recorded yet."
        raise Invalid(msg, pointer="/currency")
    batch.not_ahead(new.placed_at, "placed_at")
    account = None if new.external_id is None else batch.account_of(new.external_id, new.profile)
    order = _fill(batch, order, new, account, fingerprint)
    parked, order.refunds = order.refunds, []
    awards = [decide(batch, order, account, "purchase", order.placed_at or batch.now)]
    batch.tell("purchase.recorded", f"purchase/{order.purchase_id}", awards[0])
    for refund in parked:
        order.refunds.append(refund)
        awards.append(_take_back(batch, order, account, refund))
    return Recorded(awards, replayed=False)


def _same_again(batch: Batch, order: OpenOrder, fingerprint: bytes) -> Recorded:
    first = [
        award
        for award in (*batch.pinned, *batch.awards)
        if award.purchase_id == order.purchase_id and award.recorded_at == order.recorded_at
    ]
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
    order.recorded_at = batch.now
    order.version += 1
    order.customer_id = account.customer_id if account else None
    order.placed_at = new.placed_at
    order.goods_minor = new.goods_minor
    order.reward_discount_minor = new.reward_discount_minor
    order.lines = new.lines
    order.test = new.test
    order.member = batch.is_member(order.customer_id, new.placed_at)
    order.fingerprint = fingerprint
    order.told = new
    batch.orders[new.order_id] = batch.purchases[order.purchase_id] = order
    return order


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
    account = batch.accounts[order.customer_id] if order.customer_id else None
    if account:
        account.version += 1
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
) -> RecordedAward:
    """Decide anew what a purchase is worth as it stands, and post the difference to what was due so far."""
    version = batch.rules(order)
    order.rules_version = version.version
    kept_minor = kept(order.goods_minor, order.taken_back)
    whole, points = target(order.goods_minor, kept_minor, order.reward_discount_minor, order.lines, version)
    reason = _no_points_because(order, account)
    aim = 0 if reason else points.total
    due = aim - order.due
    order.due = aim
    posted = Cause(
        award_id=uuid7(),
        actor=batch.source.actor,
        request_id=batch.source.request_id,
        effective_at=min(effective_at, batch.now),
        recorded_at=batch.now,
    )
    placed_at = order.placed_at or batch.now
    given = move(account, due, order.purchase_id, min(placed_at, batch.now), posted) if account else 0
    award = RecordedAward(
        award_id=posted.award_id,
        cause=cause,
        customer_id=account.customer_id if account else None,
        account_version=account.version if account else None,
        purchase_id=order.purchase_id,
        refund_id=refund_id,
        membership_id=membership_id,
        rules_version=version.version,
        basis=str(whole),
        breakdown=points.breakdown,
        facts={"goods": order.goods_minor, "kept": kept_minor, "member": order.member, "reason": reason},
        target=aim,
        due=due,
        given=given,
        available_after=account.available if account else None,
        pending_after=account.pending if account else None,
        held_after=account.held if account else None,
        debt_after=account.debt if account else None,
        actor=posted.actor,
        request_id=posted.request_id,
        recorded_at=batch.now,
    )
    if account and due:
        seal(batch.source.program.program_id, account, award)
    batch.awards.append(award)
    return award


def _no_points_because(order: OpenOrder, account: OpenAccount | None) -> str | None:
    """Tell why a purchase earns nothing whatever the rules say; None when they decide."""
    if order.test:
        return "test"
    if account is None:
        return "anonymous"
    return None if order.member else "not_member"
