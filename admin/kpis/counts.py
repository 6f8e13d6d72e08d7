"""The whole numbers that explain a figure, each with its name. One that the panel does not know is shown by its key."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.format import Format
from admin.impact.flow import STEPS
from kpi.answers import Figures
from kpi.measures.nps import CLASSES
from kpi.measures.tier_migration import TO
from loyalty.i18n import mark

_NAMES = {
    "joiners": mark("Joined in the period"),
    "overlap": mark("Bought on both sides of joining"),
    "debt": mark("Points owed after refunds"),
    "forfeited": mark("Forfeited on leaving"),
    "clawed_back": mark("Taken back after refunds"),
    "restored": mark("Given back after cancellations"),
    "points": mark("Points outstanding"),
    "newcomers": mark("Members who joined"),
    "redeemed": mark("Redeemed since"),
    "censored": mark("Not yet"),
    "new_customers": mark("New customers"),
    "net_minor": mark("Net amount"),
    "uncovered_minor": mark("of it without a known cost"),
    "spend_minor": mark("Amount spent"),
    "revenue_minor": mark("Members’ revenue"),
    "discounts_minor": mark("Reward discounts"),
    "handed_over_minor": mark("Gifts, free products and vouchers"),
    "taken_back_minor": mark("of these taken back"),
    "rewards_without_cost": mark("Rewards without a known cost"),
    "unqualified": mark("Leads that are not qualified"),
    "purchases_without_lines": mark("Purchases without lines"),
    "refunds_without_lines": mark("Refunds without lines"),
    "promoters": mark("Promoters (9 or 10)"),
    "passives": mark("Passives (7 or 8)"),
    "detractors": mark("Detractors (0 to 6)"),
    "surveys_sent": mark("Surveys sent"),
    "surveys_answered": mark("of these answered"),
    "member_surveys_sent": mark("Surveys sent to members"),
    "member_surveys_answered": mark("of these answered"),
    "non_member_surveys_sent": mark("Surveys sent to non-members"),
    "non_member_surveys_answered": mark("of these answered"),
    "answers_left_out": mark("Answers left out"),
}
# These explain a figure; without one they explain nothing.
_OF_FIGURES = {"joiners", "overlap"}
# Told by other parts of the page: the notes, the flow of customers, and (with `TO` in it) the moves between tiers. The
# classes of each side are drawn on the Impact page.
_TOLD = {"left_censored", "immature", *(f"{side}{step}" for side in ("", "member_", "non_member_") for step in STEPS)}
_TOLD |= {f"{side}{name}" for side in ("member_", "non_member_") for name in CLASSES}


@dataclass(frozen=True)
class Count:
    """One of them."""

    name: str
    n: str


def make_counts(figures: Figures, f: Format) -> Sequence[Count]:
    """Name the counts, those that every figure has first; where there is no figure, only what there is towards one."""
    left_out = _TOLD | _OF_FIGURES if figures.reason else _TOLD
    return [
        Count(_name(key, f), _written(key, n, f))
        for key, n in figures.counts.items()
        if key not in left_out and TO not in key
    ]


def _name(key: str, f: Format) -> str:
    known = _NAMES.get(key)
    return f.words.gettext(known) if known else key.replace("_", " ").capitalize()


def _written(key: str, n: int, f: Format) -> str:
    """Write money as money: its keys end in the unit."""
    return f.money(n) if key.endswith("_minor") else f.number(n)
