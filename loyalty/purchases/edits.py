"""Deciding edits (`PUT`): what a shop tells anew about a purchase that it told before. Pure but for new ids."""

from dataclasses import dataclass

from msgspec.structs import replace

from loyalty.errors import Invalid, OtherCustomer
from loyalty.points.dates import lot_dates
from loyalty.points.facts import Cause, OpenAccount, RecordedAward
from loyalty.points.rules import end_of, expect, expire_over, note_dates, repay
from loyalty.points.settling import mature
from loyalty.programs.policies import OnDelivery
from loyalty.purchases.awarding import decide
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.decisions import Recorded, check, record_purchase, tell
from loyalty.purchases.facts import NewPurchase
from loyalty.purchases.rules import purchase_fingerprint


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit came to: its award, or, when it was `stale` or the same again, the newest one of the purchase."""

    award: RecordedAward
    stale: bool
    replayed: bool


def edit_purchase(batch: Batch, new: NewPurchase) -> Edited | Recorded:
    """Replace what is known of a purchase, and post the difference; one that is not known is recorded."""
    stamp = new.source_updated_at
    if stamp is None:
        msg = "source_updated_at is needed for an edit: when the shop changed the order last."
        raise Invalid(msg, pointer="/source_updated_at")
    order = batch.orders.get(new.order_id)
    if order is None or order.state == "awaited":
        return record_purchase(batch, new)
    if order.source_updated_at is not None and stamp < order.source_updated_at:
        return Edited(_newest(batch, order), stale=True, replayed=False)
    fingerprint = purchase_fingerprint(new)
    if stamp == order.source_updated_at and fingerprint == (order.edit_fingerprint or order.fingerprint):
        return Edited(_told_by(batch, order), stale=False, replayed=True)
    check(batch, new)
    _same_customer(batch, order, new)
    return Edited(_edit(batch, order, new, fingerprint), stale=False, replayed=False)


def _newest(batch: Batch, order: OpenOrder) -> RecordedAward:
    own = (award for award in (*batch.pinned, *batch.awards) if award.purchase_id == order.purchase_id)
    return max(own, key=lambda award: (award.recorded_at, award.award_id))


def _told_by(batch: Batch, order: OpenOrder) -> RecordedAward:
    """Find the decision that recorded the facts as they stand: what the same edit was answered with first."""
    own = [award for award in (*batch.pinned, *batch.awards) if award.purchase_id == order.purchase_id]
    return max((a for a in own if a.cause in {"purchase", "edit", "claim"}), key=lambda a: (a.recorded_at, a.award_id))


def _same_customer(batch: Batch, order: OpenOrder, new: NewPurchase) -> None:
    """Refuse to move a purchase: points go with it, and whoever had them may have spent them."""
    if order.customer_id is None:
        return
    told = None if new.external_id is None else batch.aliases.get(new.external_id)
    if told is None or batch.account(told).customer_id != batch.account(order.customer_id).customer_id:
        msg = f"Order {order.order_id!r} belongs to another customer. An edit cannot move it; cancel it instead."
        raise OtherCustomer(msg)


def _edit(batch: Batch, order: OpenOrder, new: NewPurchase, fingerprint: bytes) -> RecordedAward:
    claimed = order.customer_id is None and new.external_id is not None
    account = None if new.external_id is None else batch.account_of(new.external_id, new.profile)
    if claimed and account:
        order.customer_id = account.customer_id
    delivered = order.delivered_at is None and new.delivered_at is not None
    # What this very batch told first is stored as told last.
    order.edited, order.edit_fingerprint = order.told is None or order.edited, fingerprint
    tell(batch, order, new)
    posted = batch.cause(new.source_updated_at)
    if account and new.delivered_at is not None:
        _start_maturing(batch, order, account, posted)
    cause = "claim" if claimed else "edit"
    award = decide(batch, order, account, cause, batch.now, posted=posted)
    batch.tell("purchase.claimed" if claimed else "purchase.edited", f"purchase/{order.purchase_id}", award)
    if delivered:
        batch.tell("purchase.delivered", f"purchase/{order.purchase_id}", award)
    return award


def _start_maturing(batch: Batch, order: OpenOrder, account: OpenAccount, posted: Cause) -> None:
    """Date the points that waited for the delivery; what is over already matures and ends at once."""
    policies = batch.source.program.policies
    if not isinstance(policies.maturity, OnDelivery):
        policies = replace(policies, maturity=OnDelivery())
    for lot in account.lots:
        if lot.purchase_id != order.purchase_id or lot.matures_at is not None or not lot.remaining:
            continue
        _, lot.matures_at, lot.expires_at, lot.slides_days = lot_dates(
            policies, account.zone, lot.earned_at, order.delivered_at
        )
        lot.redated = True
        note_dates(lot, posted)
        if lot.matures_at is None or lot.matures_at > batch.now:
            expect(account, lot.matures_at)
            continue
        mature(account, lot, posted, lot.matures_at)
        expect(account, end_of(account, lot))
        expire_over(account, [lot], posted)
    repay(account, posted)
