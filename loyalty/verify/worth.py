"""What a purchase should have earned, computed a second time from the stored rows and the stored rules alone."""

from calendar import monthrange
from datetime import MAXYEAR, UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.verify.facts import MembershipRow, StoredRules
from loyalty.verify.histories import PurchaseHistory

# The kinds whose arithmetic stands below. A purchase with rules of another kind is told as not checkable.
KNOWN = frozenset({"points_per_amount"})
# For so many months before joining a purchase earns; None: it does not.
GUEST_MONTHS = {"none": None, "month": 1, "three_months": 3, "all": 12 * MAXYEAR}


def was_member(memberships: list[MembershipRow], at: datetime | None) -> bool:
    """Tell whether an interval that stands covers an instant; its end is no more inside."""
    if at is not None:
        for m in memberships:
            if m.superseded_at is None and m.joined_at <= at and (m.left_at is None or m.left_at > at):
                return True
    return False


def earns(history: PurchaseHistory) -> bool:
    """Tell whether a purchase earns under its status now: a member's, or a guest's who joined soon enough."""
    purchase = history.purchase
    if purchase.test or purchase.customer_id is None or purchase.placed_at is None:
        return False
    return was_member(history.memberships, purchase.placed_at) or joined_soon_enough(history, purchase.placed_at)


def joined_soon_enough(history: PurchaseHistory, placed_at: datetime) -> bool:
    """Tell whether a membership began after the purchase, within the window of its latest decision."""
    decided = history.decided
    if not decided or '"guest_window"' not in decided[-1].facts:
        return False
    window = decided[-1].told_facts.get("policy", {}).get("guest_window", "none")
    months = GUEST_MONTHS[window]
    return months is not None and any(
        m.superseded_at is None
        and placed_at < m.joined_at <= months_later(placed_at, months, history.programme.timezone)
        for m in history.memberships
    )


def months_later(at: datetime, months: int, zone: str) -> datetime:
    """Give the same local time so many months later, on the last day where the month has not so many."""
    local = at.astimezone(ZoneInfo(zone))
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if year > MAXYEAR:
        return datetime.max.replace(tzinfo=UTC)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def worth(history: PurchaseHistory, rules: StoredRules) -> int:
    """Give the points that a purchase is worth as it stands now, by rules of known kinds."""
    if not earns(history):
        return 0
    basis = earning_basis(history)
    # Exact parts are summed, and the sum is floored once.
    return sum(_part(rule, basis) for rule in rules.rules) // 1


def earning_basis(history: PurchaseHistory) -> Fraction | int:
    """Give what counts of what is kept; minor units, exact. What counts is for ever as the first decision has it."""
    purchase, goods = history.purchase, history.purchase.goods_minor or 0
    kept = kept_goods(history)
    if kept <= 0:
        return 0
    decided = history.decided
    first = decided[0] if decided else None
    policy = first.told_facts.get("policy", {}) if first and '"policy"' in first.facts else {}
    beside = (purchase.tax_minor or 0) if policy.get("basis_includes_tax") else 0
    beside += (purchase.shipping_minor or 0) if policy.get("basis_includes_shipping") else 0
    beside -= (purchase.reward_discount_minor or 0) if policy.get("reward_lowers_basis", True) else 0
    return kept + Fraction(kept * beside, goods) if beside else kept


def kept_goods(history: PurchaseHistory) -> int:
    """Give what is left of the goods."""
    if not history.refunds:
        return max(0, history.purchase.goods_minor or 0)
    if any(refund.kind == "cancellation" for refund in history.refunds):
        return 0
    return max(0, (history.purchase.goods_minor or 0) - sum(refund.goods_minor or 0 for refund in history.refunds))


def unknown_kind(rules: StoredRules | None) -> str | None:
    """Name the first kind of rule that cannot be computed here."""
    for rule in rules.rules if rules else ():
        if rule["kind"] not in KNOWN:
            return str(rule["kind"])
    return None


def _part(rule: dict[str, Any], basis: Fraction | int) -> Fraction | int:
    step, points_per_step = int(rule["step_minor"]), int(rule["points_per_step"])
    if rule.get("whole_steps", True):
        return basis // step * points_per_step
    return Fraction(basis) / step * points_per_step


def rules_in_force(rules: dict[int, StoredRules], placed_at: datetime, known_at: datetime) -> int:
    """Give the version that was in force at `placed_at` among those published by `known_at`."""
    found = 1
    for version in sorted(rules):
        starts = rules[version].in_force_from
        if starts is not None and starts <= placed_at and rules[version].published_at <= known_at:
            found = version
    return found
