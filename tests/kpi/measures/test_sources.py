"""The examples of the sources, and what they leave open, worked out for periods told by hand."""

import pytest

from kpi.measure import measure_named
from tests.kpi.facts_told import buyer, facts


@pytest.mark.parametrize(
    ("start", "kept", "new", "percent"),
    [(750, 325, 625, 43.33), (80, 65, 25, 81.25)],
    ids=["750 at the start, 950 at the end, 625 of them new", "80 less 15 lost, plus 25 won, are 90"],
)
def test_retention_counts_the_same_customers(start: int, kept: int, new: int, percent: float) -> None:
    rows = [buyer(100) for _ in range(kept)]
    rows += [{"before": True, "known": True} for _ in range(start - kept)]
    rows += [{"buys": [(100, False)]} for _ in range(new)]
    segments = measure_named("retention_rate").outcome(facts(rows)).segments
    assert (segments["all"].num, segments["all"].den) == (kept, start)
    assert 100 * (segments["all"].value or 0) == pytest.approx(percent, abs=0.005)


def test_50_buyers_among_200_loyal_customers_convert_at_a_quarter() -> None:
    rows = [{"member": True, "buys": [(100, True)]} for _ in range(50)] + [{"member": True} for _ in range(150)]
    segments = measure_named("loyal_conversion").outcome(facts(rows)).segments
    assert (segments["member"].num, segments["member"].den, segments["member"].value) == (50, 200, 0.25)


def test_150_orders_of_12_000_euros_are_80_euros_a_basket_and_3_orders_a_buyer() -> None:
    rows = [{"member": True, "buys": [(8000, True)] * 3} for _ in range(50)] + [{"member": True} for _ in range(150)]
    basket = measure_named("aov").outcome(facts(rows)).segments
    frequency = measure_named("orders_per_active").outcome(facts(rows)).segments
    assert (basket["member"].num, basket["member"].den, basket["member"].value) == (1_200_000, 150, 8000)
    assert (frequency["member"].num, frequency["member"].den, frequency["member"].value) == (150, 50, 3)


def test_anonymous_purchases_count_in_the_basket_of_non_members_and_as_nobodys_order() -> None:
    period = facts([buyer(1000), buyer(3000), buyer(5000, member=True)], anonymous=[2000, 6000])
    basket = measure_named("aov").outcome(period).segments
    assert (basket["non_member"].num, basket["non_member"].den) == (12_000, 4)
    assert (basket["all"].num, basket["all"].den) == (17_000, 5)
    frequency = measure_named("orders_per_active").outcome(period).segments
    assert (frequency["all"].num, frequency["all"].den) == (3, 3)


def test_each_anonymous_purchase_is_a_cluster_of_its_own() -> None:
    nobody = measure_named("aov").outcome(facts([], anonymous=[1000, 3000, 8000])).segments
    somebody = measure_named("aov").outcome(facts([buyer(1000), buyer(3000), buyer(8000)])).segments
    assert nobody["non_member"].ci95 == pytest.approx(somebody["non_member"].ci95)


def test_a_buyer_never_has_less_than_one_order_not_even_in_the_interval() -> None:
    rows = [buyer(1)] * 9 + [{"buys": [(1, False)] * 9}]
    segments = measure_named("orders_per_active").outcome(facts(rows)).segments
    assert segments["all"].value == 1.8
    assert segments["all"].ci95 is not None
    assert segments["all"].ci95[0] == 1.0
