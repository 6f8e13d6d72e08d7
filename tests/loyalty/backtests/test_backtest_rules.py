"""What a back-test takes from the past as it was, and how far around its days it looks."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from loyalty.backtests.facts import Cost, Sum
from loyalty.backtests.rules import Bench, Decision, Merger, span
from loyalty.backtests.sums import Sums
from tests.paper import PER_EURO, SOURCE, version
from tests.stories import day

PARIS = ZoneInfo("Europe/Paris")
ADA, BOB = uuid4(), uuid4()
BONUS = {"kind": "fixed_bonus", "id": "b", "points": 30, "segments": ["vip"]}
FIRST = {"kind": "first_purchase", "id": "f", "points": 200}
MONTHLY = {"kind": "cap", "id": "m", "points": 100, "per": "month"}


def decision(goods: int, customer: UUID | None = ADA, **more: Any) -> Decision:  # noqa: ANN401
    told = {
        "award_id": uuid4(), "cause": "purchase", "customer_id": customer, "purchase_id": uuid4(), "rules_version": 1,
        "due": 0, "kept_minor": goods, "reason": None, "policy": None, "noted": None, "again": False,
        "placed_at": day(0), "goods_minor": goods, "tax_minor": 0, "shipping_minor": 0, "reward_discount_minor": 0,
        "lines": None,
    }  # fmt: skip
    return Decision(**(told | more))


def bench(*rules: dict[str, Any], asked: frozenset[str] = frozenset()) -> Bench:
    return Bench(SOURCE, version(0, *rules), {1: asked})


@pytest.mark.parametrize("reason", ["not_member", "anonymous", "test"])
def test_what_could_not_earn_then_earns_nothing_now(reason: str) -> None:
    assert bench(PER_EURO, MONTHLY).decide(decision(5000, reason=reason)) == 0


def test_the_tier_seen_then_multiplies_now() -> None:
    gold = {"tier": {"key": "gold", "factor": "1.5"}}
    under = bench(PER_EURO)
    assert [under.decide(decision(1000, noted=gold)), under.decide(decision(1000))] == [15, 10]


def test_a_segment_that_rules_asked_for_then_counts_as_it_was_then() -> None:
    under = bench(PER_EURO, BONUS, asked=frozenset({"vip"}))
    now = frozenset({"vip"})
    seen = [decision(1000, noted={"segments": keys}, segments=now) for keys in ([], ["vip"])]
    assert [under.decide(told) for told in seen] == [10, 40]


def test_a_segment_that_no_rule_asked_for_then_counts_as_it_is_now() -> None:
    under = bench(PER_EURO, BONUS)
    assert under.decide(decision(1000, noted={"segments": []}, segments=frozenset({"vip"}))) == 40
    assert under.decide(decision(1000, segments=frozenset({"vip"}))) == 40
    assert under.decide(decision(1000)) == 10


def test_a_refund_changes_what_is_due_by_the_difference_and_keeps_what_was_first() -> None:
    under, order = bench(PER_EURO, FIRST), uuid4()
    bought = decision(5000, purchase_id=order, again=True)
    back = decision(5000, purchase_id=order, cause="refund", kept_minor=2000)
    assert [under.decide(bought), under.decide(decision(1000)), under.decide(back)] == [250, 10, -30]


def test_the_basis_counts_what_the_first_decision_counted() -> None:
    under, order = bench(PER_EURO), uuid4()
    first = decision(1000, purchase_id=order, tax_minor=500, policy={"basis_includes_tax": True}, again=True)
    again = decision(1000, purchase_id=order, tax_minor=500, policy={"basis_includes_tax": False}, cause="edit")
    assert [under.decide(first), under.decide(again)] == [15, 0]


def test_a_cap_is_filled_in_the_order_of_decisions_and_by_month() -> None:
    under = bench(PER_EURO, MONTHLY)
    told = [decision(7000), decision(7000), decision(7000, BOB), decision(7000, placed_at=day(40))]
    assert [under.decide(one) for one in told] == [70, 30, 70, 70]


def test_who_was_merged_brings_what_he_held_and_that_he_bought() -> None:
    under = bench(PER_EURO, FIRST, MONTHLY)
    assert under.decide(decision(9000, ADA)) == 100
    under.merge(Merger(uuid4(), gone=ADA, kept=BOB))
    assert under.decide(decision(9000, BOB)) == 0


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], ("2026-11-18", "2026-11-20")),
        ([MONTHLY | {"per": "purchase"}], ("2026-11-18", "2026-11-20")),
        ([MONTHLY | {"per": "day"}], ("2026-11-18", "2026-11-20")),
        ([MONTHLY | {"per": "week"}], ("2026-11-16", "2026-11-23")),
        ([MONTHLY], ("2026-11-01", "2026-12-01")),
        ([MONTHLY, MONTHLY | {"id": "w", "per": "week"}], ("2026-11-01", "2026-12-01")),
        ([MONTHLY | {"per": "quarter"}], ("2026-10-01", "2027-01-01")),
        ([MONTHLY | {"per": "year"}], ("2026-01-01", "2027-01-01")),
        ([MONTHLY | {"per": "ever"}], (None, None)),
        ([FIRST], (None, None)),
    ],
)
def test_caps_are_filled_by_their_whole_periods(
    rules: list[dict[str, Any]], expected: tuple[str | None, str | None]
) -> None:
    found = span(version(0, PER_EURO, *rules), date(2026, 11, 18), date(2026, 11, 19), PARIS)
    assert found == tuple(at and datetime.fromisoformat(at).replace(tzinfo=PARIS) for at in expected)


def test_only_the_days_asked_for_are_summed_by_the_local_day() -> None:
    sums = Sums(date(2026, 3, 29), date(2026, 3, 31), PARIS)
    at = datetime(2026, 3, 29, tzinfo=PARIS)
    for placed_at in (at - timedelta(seconds=1), at, at + timedelta(days=2), datetime(2026, 4, 1, tzinfo=PARIS)):
        sums.add(decision(100, placed_at=placed_at, due=1), 3)
    assert sums.result(None, 4, 1.0).total == Sum(2, 6, 2)


def test_costs_are_rounded_half_up_each_by_itself() -> None:
    sums = Sums(date(2000, 1, 1), date(2100, 1, 1), PARIS)
    sums.add(decision(100, due=36), 1)
    result = sums.result(Decimal("0.5"), 1, 1.0)
    assert (result.total.difference, result.cost) == (-35, Cost(1, 18, -18))


def test_who_was_merged_counts_as_one_customer_for_whom_it_makes_no_difference() -> None:
    sums = Sums(date(2000, 1, 1), date(2100, 1, 1), PARIS)
    sums.add(decision(100, ADA, due=5), 8)
    sums.add(decision(100, BOB, due=8), 5)
    sums.merge(Merger(uuid4(), gone=ADA, kept=BOB))
    result = sums.result(None, 2, 1.0)
    assert (result.customers, result.gain, result.lose, result.same) == (1, 0, 0, 1)


def test_the_ten_for_whom_it_makes_most_of_a_difference_come_first() -> None:
    sums = Sums(date(2000, 1, 1), date(2100, 1, 1), PARIS)
    for change in (*range(-15, 0), *range(1, 13)):
        sums.add(decision(100, uuid4()), change)
    result = sums.result(None, 27, 1.0)
    assert [mover.sum.difference for mover in result.gained_most] == [*range(12, 2, -1)]
    assert [mover.sum.difference for mover in result.lost_most] == [*range(-15, -5)]
    assert (result.gain, result.lose) == (12, 15)
