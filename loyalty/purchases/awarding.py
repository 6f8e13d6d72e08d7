"""What a purchase earns, decided anew whenever something about it changes. Pure but for new ids."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from loyalty.earning.rule import Rule
from loyalty.earning.rules import Points, RulesVersion
from loyalty.points.dates import lot_dates
from loyalty.points.facts import Cause, OpenAccount, RecordedAward
from loyalty.points.holds import give_back_captured
from loyalty.points.rules import active, claw_back, issue
from loyalty.programs.policies import Immediately, Inactivity, OnDelivery, Policies, basis_of
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.rules import kept, restored, within_guest_window
from loyalty.purchases.seen import worth_as_seen


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
    order.guest = not order.member and is_guest(batch, order, account)
    reason = _no_points_because(order, account)
    dated = (order.noted or {}).get("dated", {})
    whole, points, seen = worth_as_seen(batch, order, account, kept_minor, version, cause, earns=reason is None)
    if account and reason is None:
        batch.earned.add(account.customer_id)
        order.earned = True
    aim = 0 if reason else points.total
    due, order.due = aim - order.due, aim
    posted = posted or batch.cause(effective_at)
    given = _move(batch, order, account, due, posted, _own_lots(version, points, dated, due)) if account else 0
    # With what is told of the purchase itself: who joins or leaves has taken nothing back.
    if account and order.redemption_ids and cause != "membership":
        _restore(batch, order, account, kept_minor, posted)
    facts: dict[str, Any] = {
        "goods": order.goods_minor, "kept": kept_minor, "member": order.member, "reason": reason,
    }  # fmt: skip
    if order.guest:
        facts["guest"] = True
    if policies.told:
        facts["policy"] = policies.told
    if seen is not None:
        facts["seen"] = seen
    award = batch.decided(
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
    _climb(batch, order, account, award)
    return award


def _climb(batch: Batch, order: OpenOrder, account: OpenAccount | None, award: RecordedAward) -> None:
    """Let what the purchase counts now take the place of what it counted, and decide the tier anew."""
    if batch.climbs.scheme is None or account is None:
        return
    before, order.counted = order.counted, batch.counts(order)
    if before is not None:
        batch.climbs.count(account.customer_id, before.day, -before.points, -before.spent_minor)
    if order.counted is not None:
        batch.climbs.count(*order.counted)
    batch.reassess(account, award, order.placed_at if award.cause == "purchase" else None)


def _move(
    batch: Batch, order: OpenOrder, account: OpenAccount, due: int, posted: Cause, own: list[tuple[Rule, int]]
) -> int:
    """Give (`due` > 0) or take (< 0) points of a purchase; tells what it did, with its sign.

    `own`: how many of them come as lots with the dates of their rule.
    """
    policies = batch.source.program.policies
    if due < 0:
        return -claw_back(account, -due, order.purchase_id, posted, clamp=policies.debt == "clamp")
    if due > 0:
        placed_at = batch.now if batch.source.dated_now else min(order.placed_at or batch.now, batch.now)
        active(account, placed_at, posted, counts=isinstance(policies.expiry, Inactivity))
        rest = due - sum(points for _, points in own)
        if rest:
            dates = lot_dates(policies, account.zone, placed_at, order.delivered_at)
            issue(account, rest, order.purchase_id, dates, posted)
        for rule, points in own:
            dates = lot_dates(_dated_by(policies, rule), account.zone, placed_at, None)
            issue(account, points, order.purchase_id, dates, posted)
    return due


def _own_lots(version: RulesVersion, points: Points, before: dict[str, int], due: int) -> list[tuple[Rule, int]]:
    """Tell which of the points that are due rose in bonuses with dates of their own."""
    own, left = [], due
    for rule in version.rules if points.dated else ():
        rose = min(left, points.dated.get(rule.id, 0) - before.get(rule.id, 0))
        if rose > 0:
            own.append((rule, rose))
            left -= rose
    return own


def _dated_by(policies: Policies, rule: Rule) -> Policies:
    """Give the policies with the dates of a bonus. It never waits for a delivery."""
    maturity, expiry = getattr(rule.settings, "maturity", None), getattr(rule.settings, "expiry", None)
    waits = isinstance(policies.maturity, OnDelivery)
    return replace(
        policies,
        maturity=maturity or (Immediately() if waits else policies.maturity),
        expiry=expiry or policies.expiry,
    )


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
