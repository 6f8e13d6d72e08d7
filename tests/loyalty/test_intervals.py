"""The intervals, held against statsmodels and against the sums written out."""

from math import sqrt
from statistics import NormalDist, mean, stdev

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from loyalty.intervals import (
    Z95,
    Answers,
    Clusters,
    clipped,
    newcombe,
    nps_difference,
    nps_interval,
    ratio_difference_interval,
    ratio_interval,
    wilson,
)

sizes = st.integers(1, 200_000)
rates = st.tuples(sizes, st.floats(0, 1)).map(lambda pair: (round(pair[0] * pair[1]), pair[0]))
clusters = st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 50)), min_size=2, max_size=40)
singles = st.lists(st.integers(0, 10**6), max_size=20)


def side(pairs: list[tuple[int, int]], alone: list[int] | None = None) -> Clusters:
    """Make clusters of (y, x) pairs, and of purchases of nobody."""
    alone = alone or []
    y, x = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
    return Clusters(y, x, len(alone), sum(alone), sum(value * value for value in alone))


def test_z_is_the_two_sided_95_percent_quantile() -> None:
    assert pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-14) == Z95


@given(rates)
@example((0, 1))
@example((1, 1))
@example((0, 200_000))
@example((200_000, 200_000))
def test_wilson_is_that_of_statsmodels(rate: tuple[int, int]) -> None:
    assert wilson(*rate) == pytest.approx(proportion_confint(*rate, alpha=0.05, method="wilson"), abs=1e-6)


@given(sizes)
def test_wilson_ends_exactly_at_0_and_at_1(n: int) -> None:
    none, everybody = wilson(0, n), wilson(n, n)
    assert none is not None
    assert everybody is not None
    assert (none[0], everybody[1]) == (0.0, 1.0)


@given(rates, rates)
@example((0, 5), (0, 7))
@example((5, 5), (0, 7))
@example((5, 5), (7, 7))
def test_newcombe_is_that_of_statsmodels(one: tuple[int, int], two: tuple[int, int]) -> None:
    expected = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff", alpha=0.05)
    assert newcombe(*one, *two) == pytest.approx(expected, abs=1e-6)


def test_without_anybody_there_is_no_interval() -> None:
    nobody = side([])
    assert wilson(0, 0) is None
    assert newcombe(1, 2, 0, 0) is None
    assert newcombe(0, 0, 1, 2) is None
    assert nobody.ratio is None
    assert ratio_interval(nobody) is None
    assert nps_interval(Answers(0, 0, 0)) is None
    assert nps_difference(Answers(1, 0, 0), Answers(0, 0, 0)) is None
    assert nps_difference(Answers(0, 0, 0), Answers(1, 0, 0)) is None


def test_one_cluster_has_a_ratio_and_no_interval() -> None:
    one = side([(900, 3)])
    assert one.ratio == 300
    assert ratio_interval(one) is None
    assert ratio_difference_interval(one, side([(1, 1), (2, 1)])) is None
    assert ratio_difference_interval(side([(1, 1), (2, 1)]), one) is None


@given(clusters, singles)
def test_the_ratio_interval_is_the_sum_written_out(pairs: list[tuple[int, int]], alone: list[int]) -> None:
    everyone = [*pairs, *((value, 1) for value in alone)]
    n, den = len(everyone), sum(x for _, x in everyone)
    ratio = sum(y for y, _ in everyone) / den
    error = sqrt(sum((y - ratio * x) ** 2 for y, x in everyone) * n / (n - 1)) / den
    expected = (ratio - Z95 * error, ratio + Z95 * error)
    assert ratio_interval(side(pairs, alone)) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(st.lists(st.integers(1, 400), min_size=2, max_size=60))
def test_with_one_unit_each_it_is_the_interval_of_a_mean(values: list[int]) -> None:
    margin = Z95 * stdev(values) / sqrt(len(values))
    expected = (mean(values) - margin, mean(values) + margin)
    assert ratio_interval(side([(value, 1) for value in values])) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(clusters, clusters, singles)
def test_sides_without_a_common_customer_differ_as_independent_samples(
    ones: list[tuple[int, int]], twos: list[tuple[int, int]], alone: list[int]
) -> None:
    one = side(ones + [(0, 0)] * len(twos))
    two = side([(0, 0)] * len(ones) + twos, alone)
    gap, first, second = ratio_difference_interval(one, two), ratio_interval(one), ratio_interval(two)
    assert gap is not None
    assert first is not None
    assert second is not None
    expected = sqrt((first[1] - first[0]) ** 2 + (second[1] - second[0]) ** 2)
    assert gap[1] - gap[0] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(*[st.integers(0, 10**6), st.integers(0, 9)] * 2), min_size=2, max_size=30))
def test_the_difference_sums_both_terms_of_who_is_on_both_sides(rows: list[tuple[int, int, int, int]]) -> None:
    ones = [(y if x else 0, x) for y, x, _, _ in rows]
    twos = [(y if x else 0, x) for _, _, y, x in rows]
    counts = [sum(x > 0 for _, x in pairs) for pairs in (ones, twos)]
    assume(min(counts) >= 2)
    ratios = [sum(y for y, _ in pairs) / sum(x for _, x in pairs) for pairs in (ones, twos)]

    def term(pairs: list[tuple[int, int]], which: int, customer: int) -> float:
        y, x = pairs[customer]
        if not x:
            return 0.0
        scale = sqrt(counts[which] / (counts[which] - 1)) / sum(units for _, units in pairs)
        return scale * (y - ratios[which] * x)

    squares = sum((term(ones, 0, customer) - term(twos, 1, customer)) ** 2 for customer in range(len(rows)))
    gap = ratios[0] - ratios[1]
    expected = (gap - Z95 * sqrt(squares), gap + Z95 * sqrt(squares))
    assert ratio_difference_interval(side(ones), side(twos)) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_a_customer_who_does_the_same_on_both_sides_makes_the_difference_certain() -> None:
    both = side([(100, 1), (900, 3), (500, 2)])
    assert ratio_difference_interval(both, both) == pytest.approx((0, 0), abs=1e-12)


def test_an_interval_is_cut_at_its_range_only() -> None:
    assert clipped((-3.0, 7.0), 0.0, 5.0) == (0.0, 5.0)
    assert clipped((1.0, 2.0), 0.0, 5.0) == (1.0, 2.0)
    assert clipped(None, 0.0, 5.0) is None


@pytest.mark.parametrize(
    ("answers", "score", "low", "high"),
    [
        (Answers(60, 25, 15), 45, 29.3, 58.0),
        (Answers(10, 0, 0), 100, 47.5, 100),
        (Answers(0, 1, 0), 0, -60.0, 60.0),
        (Answers(2, 0, 1), 33.33, -51.3, 84.7),
    ],
)
def test_the_published_scores_have_their_intervals(answers: Answers, score: float, low: float, high: float) -> None:
    assert answers.score == pytest.approx(score, abs=0.005)
    assert nps_interval(answers) == pytest.approx((low, high), abs=0.05)


def test_32_promoters_13_passives_and_6_detractors_score_51() -> None:
    score = Answers(32, 13, 6).score
    assert score == pytest.approx(50.98, abs=0.005)
    assert f"{score:.0f}" == "51"


def test_nobody_answering_has_no_score() -> None:
    assert Answers(0, 0, 0).score is None


def test_25_points_between_100_members_and_50_others_are_not_proven() -> None:
    gap = nps_difference(Answers(60, 25, 15), Answers(22, 16, 12))
    assert gap is not None
    assert gap.value == pytest.approx(25)
    assert gap.z == pytest.approx(1.89, abs=0.005)
    assert gap.p == pytest.approx(0.059, abs=0.0005)
    assert gap.ci95 == pytest.approx((-1, 51), abs=0.5)


@given(*[st.builds(Answers, *[st.integers(0, 500)] * 3)] * 2)
def test_a_difference_of_scores_is_the_adjusted_wald_sum_written_out(one: Answers, two: Answers) -> None:
    assume(one.n)
    assume(two.n)
    middles, variances = [], []
    for answers in (one, two):
        opinions = [1] * answers.promoters + [0] * answers.passives + [-1] * answers.detractors
        weights = [1.0] * len(opinions) + [0.75, 1.5, 0.75]
        opinions += [1, 0, -1]
        middle = np.average(opinions, weights=weights)
        middles.append(middle)
        variances.append(np.average((np.array(opinions) - middle) ** 2, weights=weights) / sum(weights))
    gap = nps_difference(one, two)
    assert gap is not None
    error = sqrt(sum(variances))
    assert gap.z == pytest.approx((middles[0] - middles[1]) / error, abs=1e-9)
    assert gap.p == pytest.approx(2 * NormalDist().cdf(-abs(gap.z)), abs=1e-9)
    low, high = (100 * (middles[0] - middles[1] + sign * Z95 * error) for sign in (-1, 1))
    assert gap.ci95 == pytest.approx((max(low, -200), min(high, 200)), abs=1e-6)
