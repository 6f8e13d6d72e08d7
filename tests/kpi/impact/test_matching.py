"""The sums of the comparison, against the tables of docs/impact.md worked by hand."""

from math import sqrt

import numpy as np
import pytest

from kpi.impact.matching import Group, Tally

A, B, C = 0, 7, 50


def group(rows: list[tuple[int, bool, int, float]]) -> Group:
    """Put customers together: number, member, stratum, Δ. What they did after is Δ + 100; the trait is the number."""
    who, treated, stratum, delta = (np.array(column) for column in zip(*rows, strict=True))
    deltas = delta[None, :].astype(np.float64)
    return Group(who, treated, stratum, deltas, deltas + 100, who[None, :].astype(np.float64))


FIRST_DAY = [(0, True, A, 30), (1, True, A, 10), (2, False, A, 5), (3, False, A, -5)]
FIRST_DAY += [(4, True, B, 8), (5, False, B, 2), (6, False, B, 6), (7, True, C, 50)]
LATER_DAY = [(8, True, A, 12), (2, False, A, 4), (9, False, A, 0)]


def test_the_table_of_the_page() -> None:
    tally = Tally(10, 1, cautiously=1)
    tally.add(group(FIRST_DAY))
    effect = tally.effect(0)
    assert effect is not None
    assert effect.value == pytest.approx(44 / 3)
    assert effect.ci95 == pytest.approx((4.2955, 25.0378), abs=1e-4)
    assert effect.cautious == pytest.approx((-1.5717, 30.9051), abs=1e-4)
    assert (tally.eligible, tally.matched, tally.others) == (4, 3, 4)


def test_who_is_compared_twice_counts_once_with_both_terms() -> None:
    tally = Tally(10, 1, cautiously=1)
    tally.add(group(FIRST_DAY))
    tally.add(group(LATER_DAY))
    effect = tally.effect(0)
    assert effect is not None
    assert effect.value == pytest.approx(13.5)
    assert effect.ci95 == pytest.approx((5.5386, 21.4614), abs=1e-4)
    assert effect.cautious == pytest.approx((1.1965, 25.8035), abs=1e-4)
    assert (tally.eligible, tally.matched, tally.others) == (5, 4, 5)
    assert not effect.holds_zero


def test_the_lift_is_over_what_it_would_have_been() -> None:
    tally = Tally(10, 1, cautiously=1)
    tally.add(group(FIRST_DAY))
    tally.add(group(LATER_DAY))
    effect = tally.effect(0)
    assert effect is not None
    # After: 130, 110, 108, 112, so 115 on average, of which 13.5 is the effect.
    assert effect.without == pytest.approx(101.5)
    assert effect.lift == pytest.approx(13.5 / 101.5)
    assert effect.lift_ci95 == pytest.approx((5.5386 / 101.5, 21.4614 / 101.5), abs=1e-6)


def test_nobody_alike_makes_no_effect() -> None:
    tally = Tally(10, 1, cautiously=1)
    tally.add(group([(0, True, A, 1), (1, False, B, 2)]))
    assert tally.effect(0) is None
    assert tally.differences() == []
    assert (tally.eligible, tally.matched) == (1, 0)


def test_the_order_of_days_and_of_customers_does_not_matter() -> None:
    one, other = Tally(10, 1), Tally(10, 1)
    for rows in (FIRST_DAY, LATER_DAY):
        one.add(group(rows))
    for rows in (LATER_DAY[::-1], FIRST_DAY[::-1]):
        other.add(group(rows))
    first, second = one.effect(0), other.effect(0)
    assert first is not None
    assert second is not None
    assert first.ci95 == pytest.approx(second.ci95)


def test_the_others_weigh_as_the_members_they_are_held_against() -> None:
    tally = Tally(10, 1, cautiously=1)
    tally.add(group(FIRST_DAY))
    # Members: 0, 1, 4. Others: 2 and 3 weigh 1 each, 5 and 6 a half each.
    mean, other = 5 / 3, (2 + 3 + 2.5 + 3) / 3
    variance, other_variance = 17 / 3 - mean**2, (4 + 9 + 12.5 + 18) / 3 - other**2
    assert tally.differences() == pytest.approx([(mean - other) / sqrt((variance + other_variance) / 2)])


def test_differences_of_amounts_whose_squares_fit_no_whole_number() -> None:
    # Four billion minor units are 40 million euros, or what a flat costs in rupiah.
    large, made = Tally(4, 1), group([(0, True, A, 1), (1, False, A, 2), (2, True, A, 1), (3, False, A, 2)])
    spend = np.array([4_000_000_000, 3_000_000_000, 6_000_000_000, 5_000_000_000])
    large.add(Group(made.who, made.treated, made.stratum, made.deltas, made.afters, [spend]))
    assert large.differences() == pytest.approx([1.0])


def test_a_difference_of_what_does_not_vary_is_0_or_infinite() -> None:
    same = Tally(4, 1)
    made = group([(0, True, A, 1), (1, False, A, 2)])
    same.add(
        Group(
            made.who, made.treated, made.stratum, made.deltas, made.afters, [np.array([3.0, 3.0]), np.array([3.0, 4.0])]
        )
    )
    assert same.differences() == [0.0, -np.inf]
