"""What a purchase should have earned, computed a second time from the stored rows and the stored rules alone."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from loyalty.verify.facts import MembershipRow, PurchaseHistory, StoredRules

# The kinds whose arithmetic stands below. A purchase with rules of another kind is told as not checkable.
KNOWN = frozenset({"points_per_amount"})


def was_member(memberships: list[MembershipRow], at: datetime | None) -> bool:
    """Tell whether an interval that stands covers an instant; its end is no more inside."""
    return at is not None and any(
        m.superseded_at is None and m.joined_at <= at and (m.left_at is None or m.left_at > at) for m in memberships
    )


def worth(history: PurchaseHistory, rules: StoredRules) -> int:
    """Give the points that a purchase is worth as it stands now, by rules of known kinds."""
    purchase = history.purchase
    if purchase.test or purchase.customer_id is None or not was_member(history.memberships, purchase.placed_at):
        return 0
    basis = earning_basis(history)
    # Exact parts are summed, and the sum is floored once.
    return sum((_part(rule, basis) for rule in rules.rules), start=Fraction()) // 1


def earning_basis(history: PurchaseHistory) -> Fraction:
    """Give what is kept of the goods, less its part of the reward that was paid with points; minor units, exact."""
    goods = history.purchase.goods_minor or 0
    if any(refund.kind == "cancellation" for refund in history.refunds):
        return Fraction()
    kept = goods - sum(refund.goods_minor or 0 for refund in history.refunds)
    if kept <= 0:
        return Fraction()
    reward = history.purchase.reward_discount_minor
    return kept - Fraction(kept * reward, goods) if reward else Fraction(kept)


def unknown_kind(rules: StoredRules | None) -> str | None:
    """Name the first kind of rule that cannot be computed here."""
    for rule in rules.rules if rules else ():
        if rule["kind"] not in KNOWN:
            return str(rule["kind"])
    return None


def _part(rule: dict[str, Any], basis: Fraction) -> Fraction:
    steps, points_per_step = basis / int(rule["step_minor"]), int(rule["points_per_step"])
    if rule.get("whole_steps", True):
        steps = Fraction(steps.numerator // steps.denominator)
    return steps * points_per_step


def rules_in_force(rules: dict[int, StoredRules], placed_at: datetime, known_at: datetime) -> int:
    """Give the version that was in force at `placed_at` among those published by `known_at`."""
    found = 1
    for version in sorted(rules):
        starts = rules[version].in_force_from
        if starts is not None and starts <= placed_at and rules[version].published_at <= known_at:
            found = version
    return found
