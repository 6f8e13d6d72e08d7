"""What a purchase should have earned, computed a second time from the stored rows and the stored rules alone."""

from calendar import monthrange
from datetime import MAXYEAR, UTC, datetime
from fractions import Fraction
from json import loads
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.verify.facts import MembershipRow, StoredRules
from loyalty.verify.histories import PurchaseHistory
from loyalty.verify.listed import STEP, Told, Worth, listed_worth, per_amount

# What goods are, of lines; the others have no basis.
_GOODS = frozenset({"goods", "service"})
# One rule that says no more than this needs no list.
_PLAIN = frozenset({"kind", "id", "name", "priority", "points_per_step", "step_minor", "whole_steps"})
_NOTHING = Worth(0, {})
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


def worth(history: PurchaseHistory, rules: StoredRules) -> Worth:
    """Give what a purchase is worth as it stands now, by rules of known kinds."""
    if not earns(history):
        return _NOTHING
    basis, seen = earning_basis(history), seen_of(history)
    if not seen and len(rules.rules) == 1 and rules.rules[0].keys() <= _PLAIN:
        return Worth(per_amount(rules.rules[0], basis) // 1, {})
    return listed_worth(rules.rules, _told(history, basis, seen or {}))


def seen_of(history: PurchaseHistory) -> dict[str, Any] | None:
    """Give what the newest decision says it has seen."""
    for award in reversed(history.decided):
        if '"seen"' in award.facts:
            found: dict[str, Any] | None = award.told_facts.get("seen")
            return found
    return None


def _told(history: PurchaseHistory, basis: Fraction | int, seen: dict[str, Any]) -> Told:
    purchase = history.purchase
    lines: list[tuple[str | None, str | None, Fraction | int]] = []
    goods = purchase.goods_minor or 0
    for line in loads(purchase.lines) if purchase.lines else ():
        counts = goods and line["kind"] in _GOODS
        part = Fraction(basis) * line["amount_minor"] / goods if counts else 0
        lines.append((line.get("sku"), line.get("category"), part))
    placed_at = purchase.placed_at or datetime.max.replace(tzinfo=UTC)
    return Told(basis, lines, placed_at.astimezone(ZoneInfo(history.programme.timezone)), seen)


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
        if rule["kind"] not in STEP:
            return str(rule["kind"])
    return None


def rules_in_force(rules: dict[int, StoredRules], placed_at: datetime, known_at: datetime) -> int:
    """Give the version that was in force at `placed_at` among those published by `known_at`."""
    found = 1
    for version in sorted(rules):
        starts = rules[version].in_force_from
        if starts is not None and starts <= placed_at and rules[version].published_at <= known_at:
            found = version
    return found
