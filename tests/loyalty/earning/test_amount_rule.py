"""Points per amount spent: (rule, basis) -> exact points, floored once over all rules."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest

from loyalty.earning.kind import KINDS, Line, Occasion
from loyalty.earning.kinds.amount import PointsPerAmount
from loyalty.earning.rule import load
from loyalty.earning.rules import points_for
from loyalty.errors import Invalid
from tests.paper import PER_EURO, version

FIVE_PER_TEN = {"kind": "points_per_amount", "points_per_step": 5, "step_minor": 1000}
FIVE_PER_TEN_EXACT = FIVE_PER_TEN | {"whole_steps": False}


@pytest.mark.parametrize(
    ("rules", "basis", "points"),
    [
        ([FIVE_PER_TEN], "1999", 5),
        ([FIVE_PER_TEN], "2000", 10),
        ([FIVE_PER_TEN], "999", 0),
        ([FIVE_PER_TEN], "0", 0),
        ([FIVE_PER_TEN_EXACT], "1999", 9),
        ([FIVE_PER_TEN_EXACT], "2000", 10),
        ([FIVE_PER_TEN_EXACT], "200", 1),
        ([FIVE_PER_TEN_EXACT], "199", 0),
        ([PER_EURO], "5999/3", 19),
        ([PER_EURO], "6000/3", 20),
        ([PER_EURO, FIVE_PER_TEN], "1999", 24),
        # Two halves of a point are one: exact parts are summed, and floored once.
        ([FIVE_PER_TEN_EXACT, FIVE_PER_TEN_EXACT], "100", 1),
        ([], "1999", 0),
    ],
)
def test_points_are_exact_until_the_end(rules: list[dict[str, Any]], basis: str, points: int) -> None:
    assert points_for(Occasion(Fraction(basis), []), version(1, *rules)).total == points


def test_the_breakdown_tells_each_rules_exact_part() -> None:
    found = points_for(Occasion(Fraction(1999), []), version(1, FIVE_PER_TEN, FIVE_PER_TEN_EXACT))
    assert found.breakdown == [
        {"rule": "rule-1", "kind": "points_per_amount", "steps": "1", "points": "5"},
        {"rule": "rule-2", "kind": "points_per_amount", "steps": "1999/1000", "points": "1999/200"},
    ]
    assert found.total == 14


def test_lines_get_their_share_of_the_points_or_the_reason_why_not() -> None:
    lines = [
        Line("shirt", Fraction(1500), None),
        Line("socks", Fraction(499), None),
        Line("card", Fraction(0), "gift_card"),
    ]
    [part] = points_for(Occasion(Fraction(1999), lines), version(1, FIVE_PER_TEN)).breakdown
    assert part["lines"] == [
        {"line_id": "shirt", "basis": "1500", "points": "7500/1999"},
        {"line_id": "socks", "basis": "499", "points": "2495/1999"},
        {"line_id": "card", "basis": "0", "points": "0", "reason": "gift_card"},
    ]
    assert sum(Fraction(line["points"]) for line in part["lines"]) == 5


def test_lines_of_an_order_of_which_nothing_is_kept_share_nothing() -> None:
    basket = Occasion(Fraction(0), [Line("shirt", Fraction(0), None)])
    [part] = points_for(basket, version(1, FIVE_PER_TEN)).breakdown
    assert part["lines"] == [{"line_id": "shirt", "basis": "0", "points": "0"}]


def test_settings_make_the_rule_they_describe() -> None:
    assert load(FIVE_PER_TEN).settings == PointsPerAmount(5, 1000, whole_steps=True)
    assert load(FIVE_PER_TEN_EXACT).settings == PointsPerAmount(5, 1000, whole_steps=False)


@pytest.mark.parametrize(
    ("settings", "message", "pointer"),
    [
        ({"kind": "points_per_smile"}, "'points_per_smile'; the kinds are: points_per_amount", "/rules/0/kind"),
        ({}, "kind None", "/rules/0/kind"),
        ({"kind": "points_per_amount", "step_minor": 100}, "points_per_step", "/rules/0/points_per_step"),
        (FIVE_PER_TEN | {"points_per_step": 0}, ">= 1", "/rules/0/points_per_step"),
        (FIVE_PER_TEN | {"step_minor": -100}, ">= 1", "/rules/0/step"),
        (FIVE_PER_TEN | {"step_minor": 10**10}, "<= 1000000000", "/rules/0/step"),
        (FIVE_PER_TEN | {"points_per_step": 1.5}, "float", "/rules/0/points_per_step"),
        (FIVE_PER_TEN | {"whole_step": True}, "whole_step", "/rules/0/whole_step"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any], message: str, pointer: str) -> None:
    with pytest.raises(Invalid, match=message) as refused:
        load(settings)
    assert refused.value.pointer == pointer


def test_every_kind_is_a_frozen_struct_that_refuses_unknown_settings() -> None:
    assert set(KINDS.all()) >= {"points_per_amount", "multiplier", "fixed_bonus", "first_purchase", "joining", "cap"}
    for kind in KINDS:
        config = kind.__struct_config__  # type: ignore[attr-defined]
        assert config.frozen
        assert config.forbid_unknown_fields
        assert issubclass(kind, msgspec.Struct)
