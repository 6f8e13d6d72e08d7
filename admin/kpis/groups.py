"""What the measures are about, so that a reader finds one among many. A measure that is in no group stands last."""

from collections.abc import Iterable
from dataclasses import dataclass

from loyalty.i18n import mark


@dataclass(frozen=True)
class Group:
    """A heading, what it asks, and the measures below it, by their lasting names, in this order."""

    key: str
    title: str
    question: str
    measures: tuple[str, ...]


GROUPS = (
    Group(
        "loyalty",
        mark("Loyalty"),
        mark("Do they come back?"),
        (
            "retention_rate",
            "churn_rate",
            "crr_stock",
            "lapse_rate",
            "loyal_conversion",
            "first_30d_conversion",
            "returning_customer_rate",
            "repeat_purchase_rate",
            "days_between_purchases",
        ),
    ),
    Group(
        "customers",
        mark("Customers"),
        mark("Who comes, who joins, who leaves?"),
        (
            "active_customers",
            "new_customers",
            "base_flow",
            "enrolment_rate",
            "member_leave_rate",
            "tier_migration",
            "identified_order_share",
        ),
    ),
    Group(
        "baskets",
        mark("Baskets and purchases"),
        mark("How often do they buy, and for how much?"),
        (
            "aov",
            "orders_per_active",
            "purchase_frequency",
            "spend_per_active",
            "spend_per_member",
            "orders",
            "revenue",
            "member_order_share",
            "member_revenue_share",
            "product_return_rate",
            "prr_flow",
        ),
    ),
    Group(
        "points",
        mark("Points and rewards"),
        mark("Are points used?"),
        (
            "points_issued",
            "points_redeemed",
            "points_expired",
            "points_outstanding",
            "points_liability",
            "points_redemption_rate",
            "redeemer_share",
            "reward_cost_ratio",
            "time_to_first_redemption",
        ),
    ),
    Group(
        "costs",
        mark("Costs and profit"),
        mark("What does a customer cost, and bring?"),
        ("cac", "cac_net", "cost_per_new_member", "lead_conversion", "profit_per_customer"),
    ),
    Group(
        "voices",
        mark("Referrals and opinions"),
        mark("Do they recommend the shop?"),
        (
            "referral_participation",
            "referral_conversion",
            "referred_share",
            "referred_revenue",
            "referred_second_purchase",
            "referral_refused_share",
            "nps",
        ),
    ),
)
OTHERS = Group("others", mark("Further measures"), "", ())


def grouped(keys: Iterable[str]) -> list[tuple[Group, list[str]]]:
    """Put measures into their groups; those that no group names come last, and empty groups are left out."""
    left = list(keys)
    placed = [(group, [key for key in group.measures if key in left]) for group in GROUPS]
    known = {key for _, members in placed for key in members}
    placed.append((OTHERS, [key for key in left if key not in known]))
    return [(group, members) for group, members in placed if members]
