"""What holds whatever is bought: of one rule, of a split basket, of refunds, of caps in any order of arrival."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.earning.kind import Occasion, Standing
from loyalty.earning.rules import points_for
from loyalty.members.decisions import NewMembership
from tests.paper import PER_EURO, Paper, version
from tests.stories import cancellation, day, joining, purchase, refund

amounts = st.integers(0, 50_000)
base_rules = st.fixed_dictionaries(
    {
        "kind": st.just("points_per_amount"),
        "points_per_step": st.integers(1, 50),
        "step_minor": st.sampled_from([1, 7, 99, 100, 1000, 3333]),
        "whole_steps": st.booleans(),
        "minimum_minor": st.sampled_from([0, 1, 5000]),
    }
)
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def worth(rules: list[dict[str, Any]], basis: int, **known: Any) -> int:  # noqa: ANN401
    return points_for(Occasion(basis, [], NOON, **known), version(1, *rules)).total


@given(rule=base_rules, amount=amounts, more=amounts)
def test_spending_more_never_earns_less_under_one_rule(rule: dict[str, Any], amount: int, more: int) -> None:
    assert worth([rule], amount) <= worth([rule], amount + more)


@given(rule=base_rules, parts=st.lists(amounts, min_size=1, max_size=6))
def test_a_split_basket_never_earns_more_of_whole_steps(rule: dict[str, Any], parts: list[int]) -> None:
    rule |= {"whole_steps": True}
    assert sum(worth([rule], part) for part in parts) <= worth([rule], sum(parts))


MANY = st.lists(
    st.one_of(
        base_rules,
        st.fixed_dictionaries({"kind": st.just("multiplier"), "factor": st.sampled_from(["1", "1.1", "2.5", "100"])}),
        st.fixed_dictionaries(
            {
                "kind": st.just("fixed_bonus"),
                "points": st.integers(1, 500),
                "minimum_minor": st.sampled_from([0, 9000]),
                "exclusive": st.booleans(),
            }
        ),
        st.just({"kind": "first_purchase", "points": 60}),
        st.fixed_dictionaries(
            {
                "kind": st.just("cap"),
                "points": st.integers(1, 800),
                "per": st.sampled_from(["purchase", "day", "month", "ever"]),
            }
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(rules=MANY, goods=st.lists(amounts, min_size=1, max_size=4), cut=st.integers(1, 9), gold=st.booleans())
def test_a_refund_of_everything_takes_exactly_what_was_given(
    rules: list[dict[str, Any]], goods: list[int], cut: int, *, gold: bool
) -> None:
    paper = Paper(version(1, *rules))
    paper.join(joining("ann"))
    if gold:
        paper.hold_tier("ann", "gold", "1.5")
    paper.buy(*(purchase(f"o{n}", amount, "ann", on=n) for n, amount in enumerate(goods)))
    for n, amount in enumerate(goods):
        paper.take_back(refund(f"o{n}", "part", amount * cut // 10), refund(f"o{n}", "rest", amount))
    assert paper.balance("ann") == (0, 0)
    assert not any(points for (_, rule, _), points in paper.cap_uses.items() if not rule.startswith("@"))


@given(rules=MANY, amount=amounts, factor=st.sampled_from(["1", "1.5", "3"]))
def test_no_occasion_is_ever_worth_less_than_nothing(rules: list[dict[str, Any]], amount: int, factor: str) -> None:
    points = points_for(Occasion(amount, [], NOON, Standing("gold", factor), first=True), version(1, *rules))
    assert points.total >= 0
    assert all(use >= 0 for use in points.uses.values())


told = st.one_of(
    st.tuples(st.just("buy"), st.integers(0, 9), amounts, st.sampled_from([0, 1, 9, 29, 31, 33])),
    st.tuples(st.just("batch"), st.integers(0, 9), amounts, st.sampled_from([0, 29, 31])),
    st.tuples(st.just("refund"), st.integers(0, 9), amounts, st.just(0)),
    st.tuples(st.just("edit"), st.integers(0, 9), amounts, st.sampled_from([0, 30, 31])),
    st.tuples(st.just("cancel"), st.integers(0, 9), amounts, st.just(0)),
    st.tuples(st.just("leave"), st.just(0), amounts, st.sampled_from([5, 30, 32])),
    st.tuples(st.just("join"), st.just(0), amounts, st.sampled_from([6, 30, 31])),
)
CAPPED = [
    PER_EURO | {"id": "base", "whole_steps": False},
    {"kind": "fixed_bonus", "id": "loud", "points": 2, "exclusive": True, "minimum_minor": 30_000},
    {"kind": "fixed_bonus", "id": "gift", "points": 90, "minimum_minor": 9000},
    {"kind": "cap", "id": "month", "points": 300, "per": "month"},
    {"kind": "cap", "id": "gifts", "points": 100, "per": "ever", "rules": ["gift"]},
]


@settings(max_examples=150, deadline=None)
@given(history=st.lists(told, max_size=25))
def test_caps_hold_in_any_order_of_arrival(history: list[tuple[str, int, int, int]]) -> None:
    """Also where a refund makes a purchase worth more, since the rule that silenced others does not speak any more."""
    paper = Paper(version(1, *CAPPED))
    paper.join(joining("ann"))
    for step, (word, number, amount, on) in enumerate(history):
        _tell(paper, step, word, number, amount, on)
        given_in: Counter[str] = Counter()
        for order in paper.purchases.values():
            if order.placed_at is not None:
                given_in[order.placed_at.astimezone(paper.source.program.zone).strftime("%Y-%m")] += order.due
        assert max(given_in.values(), default=0) <= 300
        assert sum(points for (_, rule, _), points in paper.cap_uses.items() if rule == "gifts") <= 100
        held = {period: points for (_, rule, period), points in paper.cap_uses.items() if rule == "month" and points}
        assert held == {period: points for period, points in given_in.items() if points}


def _tell(paper: Paper, step: int, word: str, number: int, amount: int, on: int) -> None:
    sold = purchase(f"o{number}", amount, "ann", on=on)
    if word == "buy":
        paper.buy(sold)
    elif word == "batch":
        paper.buy(*(purchase(f"b{step}-{n}", amount, "ann", on=on) for n in range(3)))
    elif word == "refund":
        paper.take_back(refund(f"o{number}", f"r{step}", amount // 2))
    elif word == "cancel":
        paper.take_back(cancellation(f"o{number}"))
    elif word == "edit":
        paper.edit(replace(sold, source_updated_at=paper.now + timedelta(seconds=1)))
    elif word == "leave":
        standing = [m for m in paper.memberships.values() if m.superseded_at is None and m.left_at is None]
        paper.join(
            *(NewMembership("ann", m.joined_at, max(m.joined_at + timedelta(hours=1), day(on))) for m in standing)
        )
    else:
        paper.join(joining("ann", on=on))
