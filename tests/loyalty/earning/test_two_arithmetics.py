"""The rules of the service and those of `loyalty verify` are written twice, and agree on every basket."""

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.earning.kind import Line, Occasion, Standing
from loyalty.earning.rules import points_for
from loyalty.verify.listed import Told, listed_worth
from tests.loyalty.earning.page import PARIS
from tests.paper import version

FRIDAY = datetime(2026, 11, 27, 17, 30, tzinfo=PARIS)
ROOM = 120
about = {
    "weekdays": st.sampled_from([[5], [1, 2]]),
    "from_time": st.sampled_from(["17:00:00", "17:30:00", "18:00:00"]),
    "until_time": st.sampled_from(["18:30:00", "19:00:00"]),
    "starts_on": st.sampled_from(["2026-11-26", "2026-11-27", "2026-11-28"]),
    "ends_on": st.sampled_from(["2026-11-29", "2026-11-28"]),
    "tiers": st.sampled_from([["gold"], ["silver", "gold"], ["silver"]]),
    "segments": st.sampled_from([["vip"], ["other"]]),
}
lines_of = {
    "skus": st.sampled_from([["red"], ["bread", "red"], ["none"]]),
    "categories": st.sampled_from([["wine"], ["food"]]),
    "except_skus": st.just(["red"]),
    "except_categories": st.sampled_from([["wine"], ["food"]]),
    "minimum_minor": st.sampled_from([1, 2500, 90_000]),
}
speech = {"priority": st.integers(-1, 1), "exclusive": st.booleans()}


def kind(name: str, optional: dict[str, Any], **fields: Any) -> st.SearchStrategy[dict[str, Any]]:  # noqa: ANN401
    few = st.lists(st.sampled_from(sorted(optional)), max_size=2, unique=True)
    return few.flatmap(
        lambda names: st.fixed_dictionaries(
            {"kind": st.just(name), **fields, **{name: optional[name] for name in names}}
        )
    )


points = st.integers(1, 300)
rules = st.lists(
    st.one_of(
        kind(
            "points_per_amount", about | lines_of | speech,
            points_per_step=st.integers(1, 9), step_minor=st.sampled_from([7, 100, 300]), whole_steps=st.booleans(),
        ),
        kind("multiplier", about | lines_of, factor=st.sampled_from(["1", "1.5", "2.3333"])),
        kind("fixed_bonus", about | lines_of | speech, points=points),
        kind("first_purchase", about | lines_of | speech, points=points),
        kind("custom_action", about | speech, points=points, action=st.sampled_from(["review", "visit"])),
        kind("joining", about | speech, points=points),
        kind("cap", about, points=points, per=st.sampled_from(["purchase", "month"])),
        kind("cap", about, points=points, per=st.just("week"), rules=st.just(["rule-1"])),
    ),
    min_size=1,
    max_size=7,
)  # fmt: skip
amounts = st.lists(st.integers(0, 9000), min_size=3, max_size=3)


@settings(max_examples=400, deadline=None)
@given(rules=rules, amounts=amounts, told=st.booleans(), first=st.booleans(), gold=st.sampled_from(["", "1", "1.25"]))
def test_both_say_the_same_of_every_basket(
    rules: list[dict[str, Any]], amounts: list[int], gold: str, *, told: bool, first: bool
) -> None:
    sold = zip((("red", "wine"), ("white", "wine"), ("bread", "food")), amounts, strict=True)
    lines = [(sku, category, amount) for (sku, category), amount in sold] if told else []
    tier = Standing("gold", gold) if gold else None
    published = version(1, *rules)
    rooms = {rule.id: ROOM for rule in published.counting()}
    occasion = Occasion(
        sum(amounts), [Line(sku, amount, None, sku, category) for sku, category, amount in lines], FRIDAY, tier,
        frozenset({"vip"}), first, None, rooms,
    )  # fmt: skip
    seen: dict[str, Any] = {"segments": ["vip"], "first": first, "caps": {name: {"room": ROOM} for name in rooms}}
    seen["tier"] = {"key": "gold", "factor": gold} if gold else None
    found, again = points_for(occasion, published), listed_worth(rules, Told(sum(amounts), lines, FRIDAY, seen))
    assert (found.total, found.uses) == (again.points, again.uses)


@settings(max_examples=200, deadline=None)
@given(rules=rules, action=st.sampled_from(["review", "joining", "other"]))
def test_both_say_the_same_of_every_action(rules: list[dict[str, Any]], action: str) -> None:
    published = version(1, *rules)
    rooms = {rule.id: ROOM for rule in published.counting(action)}
    occasion = Occasion(0, [], FRIDAY, None, frozenset({"vip"}), action=action, room=rooms)
    seen = {"segments": ["vip"], "caps": {name: {"room": ROOM} for name in rooms}}
    found, again = points_for(occasion, published), listed_worth(rules, Told(0, [], FRIDAY, seen, action))
    assert (found.total, found.uses) == (again.points, again.uses)
