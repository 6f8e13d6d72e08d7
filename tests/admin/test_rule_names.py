"""Why several rules gave what they gave, in words, from the very breakdown that an award stores."""

from typing import Any

import msgspec

from admin.format import Format
from admin.members.rule_names import speaker_of_why
from admin.members.why import WhyBox, make_why
from loyalty.earning.kind import Line, Occasion, Standing
from loyalty.earning.rules import points_for
from loyalty.members.why import RuleShare, Why
from tests.admin.fake_people import ago, award
from tests.paper import PER_EURO, PROGRAM, version

RULES: list[dict[str, Any]] = [
    PER_EURO | {"id": "base"},
    {"kind": "multiplier", "id": "wine", "name": "Double wine", "factor": "2", "categories": ["wine"]},
    {"kind": "fixed_bonus", "id": "large", "points": 50, "minimum_minor": 90000},
    {"kind": "fixed_bonus", "id": "thanks", "name": "Thanks", "points": 5},
    {"kind": "cap", "id": "month", "points": 30, "per": "month"},
]
SEEN = {"tier": {"key": "gold", "factor": "1.5"}, "segments": ["vip"], "first": True}
LINES = [Line("1", 1000, None, "red", "wine"), Line("2", 500, None, "bread", "food"), Line("3", 0, "gift_card")]


def told(f: Format, *rules: dict[str, Any], lines: list[Line] = LINES, room: int = 30) -> WhyBox:
    """Put into words what a basket earned of a gold member."""
    occasion = Occasion(1500, lines, tier=Standing("gold", "1.5"), room={"month": room})
    points = points_for(occasion, version(1, *rules))
    seen = SEEN | {"caps": {"month": {"period": "2026-11", "room": room, "use": points.total}}}
    facts = {"goods": 1500, "kept": 1500, "member": True, "reason": None, "seen": seen}
    why = Why(
        award(1), "purchase", 2, "1500", msgspec.convert(points.breakdown, list[RuleShare]), facts, points.total,
        points.total, points.total, ago(1), "req", "o1", "shop", [{"line_id": "1", "sku": "Red"}, {"line_id": "2"}],
        [*rules], [], {"vip": "Very important"},
    )  # fmt: skip
    return make_why(why, speaker_of_why(why, {"gold": "Golden"}, PROGRAM, f))


def test_each_rule_that_gave_has_a_column_and_each_that_did_not_its_reason() -> None:
    box = told(Format("en", "EUR"), *RULES)
    assert box.rules == [
        ("1 point per €1", "full steps only"),
        ("Double wine", "×2 on wine"),
        ("Thanks", "+5 points for the purchase"),
        ("At most 30 points per month", ""),
        ("×1.5", "tier Golden"),
    ]
    assert [cell.text for cell in box.whole.cells] == ["15", "10", "5", "−12.50", "12.50"]
    assert [[cell.text for cell in line.cells] for line in box.lines] == [
        ["10", "10", "", "−10", "10"],
        ["5", "another product", "", "−2.50", "2.50"],
        ["gift card", "gift card", "", "gift card", "gift card"],
    ]
    large = "+50 points for the purchase, for at least €900"
    assert (large, "below its minimum") in box.steps
    known = "tier Golden, segment Very important, the first purchase, "
    known += "30 points left under “At most 30 points per month”"
    assert ("Known then", known) in box.steps
    assert ("In all", "30 points") in box.steps


def test_it_is_said_in_french_too() -> None:
    box = told(Format("fr", "EUR"), *RULES)
    assert ("Au plus 30 points par mois", "") in box.rules
    assert ("Double wine", "×2 sur wine") in box.rules
    assert any(reason == "sous son minimum" for _, reason in box.steps)


def test_a_purchase_told_without_lines_has_one_row() -> None:
    box = told(Format("en", "EUR"), *RULES, lines=[])
    assert box.lines == []
    assert ("Double wine", "the shop told no lines") in box.steps
