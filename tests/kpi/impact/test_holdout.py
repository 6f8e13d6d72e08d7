"""The measurement and its plan, against docs/impact.md and against other people's code."""

import logging
from math import sqrt
from uuid import UUID

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from kpi.impact.holdout import Arm, adjusted, lot_of, means, rates
from kpi.impact.horizon import Past, findable, outlook, smallest_effect
from loyalty.holdouts.rules import Self, arm_of, arm_of_person, drawn

log = logging.getLogger(__name__)


@pytest.mark.parametrize(
    ("last", "number", "of_tenth", "of_half"),
    [("01", 8106, "offered", "offered"), ("04", 4292, "offered", "held_out"), ("13", 978, "held_out", "held_out")],
)
def test_the_lot_of_the_page(last: str, number: int, of_tenth: str, of_half: str) -> None:
    customer = UUID(f"00000000-0000-7000-8000-0000000000{last}")
    assert drawn("spring", customer) == number
    assert arm_of("spring", customer, 1000) == of_tenth
    assert arm_of("spring", customer, 5000) == of_half
    assert drawn("autumn", customer) != number


def test_the_lot_gives_the_share_and_salts_know_nothing_of_each_other() -> None:
    customers = [UUID(int=n) for n in range(20_000)]
    spring = np.array([arm_of("spring", c, 1000) == "held_out" for c in customers])
    autumn = np.array([arm_of("autumn", c, 1000) == "held_out" for c in customers])
    assert abs(spring.mean() - 0.1) < 4 * np.sqrt(0.09 / len(customers))
    assert abs((spring & autumn).mean() - 0.01) < 4 * np.sqrt(0.0099 / len(customers))


def test_the_rates_of_the_page() -> None:
    told = rates(450, 900, 45, 100)
    assert told is not None
    assert told.value == pytest.approx(0.05)
    assert told.ci95 == pytest.approx((-0.0529, 0.1494), abs=5e-5)
    assert told.ci95 == pytest.approx(confint_proportions_2indep(450, 900, 45, 100, method="newcomb"), abs=5e-7)
    assert rates(0, 0, 1, 2) is None


def test_the_sums_of_the_page() -> None:
    offered, held_out = np.array([10.0, 12, 14, 16]), np.array([8.0, 10, 12])
    plain = means(offered, held_out)
    assert plain is not None
    assert plain.value == pytest.approx(3)
    assert plain.ci95 == pytest.approx((-1.4634, 7.4634), abs=5e-5)
    told = adjusted(Arm(offered, np.array([4.0, 6, 6, 8])), Arm(held_out, np.array([4.0, 5, 6])))
    assert told is not None
    assert (told.theta, told.effect.value) == pytest.approx((1.6, 1.4))
    assert told.effect.ci95 == pytest.approx((0.1334, 2.6666), abs=5e-5)
    assert told.left == pytest.approx(1 - 256 / 280)


@pytest.mark.parametrize("seed", range(5))
def test_welch_as_statsmodels_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    offered, held_out = rng.gamma(1, 50, 300), rng.gamma(1, 40, 41)
    told = means(offered, held_out)
    oracle = CompareMeans(DescrStatsW(offered), DescrStatsW(held_out)).tconfint_diff(usevar="unequal")
    assert told is not None
    assert told.ci95 == pytest.approx(oracle)


def test_too_little_for_an_interval() -> None:
    alone = means(np.array([3.0]), np.array([1.0, 2.0]))
    assert alone is not None
    assert (alone.value, alone.ci95, alone.holds_zero) == (1.5, None, True)
    assert means(np.array([]), np.array([1.0])) is None
    same = means(np.array([2.0, 2.0]), np.array([1.0, 1.0]))
    assert same is not None
    # Two and two who did alike say nothing of others.
    assert (same.value, same.ci95, same.holds_zero) == (1.0, None, True)
    unvarying = Arm(np.array([1.0, 2.0]), np.array([5.0, 5.0]))
    assert adjusted(unvarying, unvarying) is None
    assert adjusted(unvarying, Arm(np.array([]), np.array([]))) is None


def test_a_lot_that_something_else_decided_raises_the_alarm() -> None:
    fine, broken = lot_of(930, 70, 1000), lot_of(940, 60, 1000)
    assert (fine.chi2, fine.p) == pytest.approx((10.0, 0.0015654), abs=1e-6)
    assert (broken.chi2, broken.p) == pytest.approx((17.7778, 2.4827e-05), abs=5e-5)
    assert (fine.alarm, broken.alarm) == (False, True)
    assert not lot_of(0, 0, 1000).alarm
    assert [lot_of(270, held_out, 1000).few for held_out in (29, 30)] == [True, False]


def test_a_person_is_in_one_arm() -> None:
    def self(number: int, *, own: bool = False, member: bool = False, drawn: bool = True) -> Self:
        return Self(UUID(f"00000000-0000-7000-8000-0000000000{number:02}"), own, member, drawn)

    def arm(*selves: Self) -> str | None:
        return arm_of_person("spring", 1000, selves)

    # 13 is held out, 1 and 4 are offered: the id that goes on decides, else whoever is held out.
    assert arm(self(13, own=True)) == arm(self(13, own=True), self(1)) == "held_out"
    assert arm(self(1, own=True), self(13)) == "offered"
    assert arm(self(1, own=True, drawn=False), self(4), self(13)) == "held_out"
    assert arm(self(1, own=True, drawn=False), self(4)) == "offered"
    assert arm(self(13, own=True), self(4, member=True, drawn=False)) is None
    assert arm(self(13, own=True, drawn=False)) is None


@pytest.mark.parametrize(("held_out", "plain", "cuped"), [(1000, 0.210, 0.105), (5000, 0.126, 0.063)])
def test_the_smallest_effects_of_the_sample(held_out: int, plain: float, cuped: float) -> None:
    told = findable(Past(26, 2393, 971.0, 1068.13, 0.866), held_out)
    assert told.plain == pytest.approx(plain, abs=5e-4)
    assert told.cuped == pytest.approx(cuped, abs=5e-4)


def test_the_shortest_length_that_would_find_it_is_the_answer() -> None:
    pasts = [
        Past(52, 2393, 1942.0, 2000.0, None),
        Past(13, 2393, 480.0, 900.0, 0.5),
        Past(26, 2393, 971.0, 1068.13, 0.866),
    ]
    assert outlook(pasts, 1000, 0.11).weeks == 26
    assert outlook(pasts, 1000, 0.5).weeks == 13
    never = outlook(pasts, 1000, 0.02)
    assert never.weeks is None
    assert [one.weeks for one in never.findable] == [13, 26, 52]
    assert never.findable[-1].best == never.findable[-1].plain


def test_a_shop_that_sold_nothing_would_find_nothing() -> None:
    assert findable(Past(4, 100, 0.0, 0.0, None), 1000).best is None
    assert findable(Past(4, 5, 10.0, 1.0, None), 1000).best is None


def test_a_measurement_finds_what_it_promised_in_four_of_five() -> None:
    # 400 measurements of exactly the smallest effect, and 400 of none.
    rng = np.random.default_rng(7)
    least = smallest_effect(10.0, 450, 50)
    found = {0.0: 0, least: 0}
    for effect in found:
        for _ in range(400):
            told = means(rng.normal(50 + effect, 10, 450), rng.normal(50, 10, 50))
            found[effect] += told is not None and not told.holds_zero
    assert 0.74 <= found[least] / 400 <= 0.86
    assert found[0.0] / 400 <= 0.08


def test_the_past_finds_what_could_not_be_found_without_it_and_finds_nothing_in_nothing() -> None:
    # 250 holdouts of a fifth of 400 customers who differ much, drawn by the lot; spend is skewed, as it is.
    rng, runs = np.random.default_rng(11), 250
    customers = [UUID(int=n) for n in range(400)]
    # Each has a mean of their own, 100 ± √6,000, and spends it times something with variance 1/5, before and during.
    variance = (100**2 + 6000) * 1.2 - 100**2
    told = findable(Past(26, len(customers), 100.0, sqrt(variance), 6000 / variance), 2000)
    assert told.plain is not None
    assert told.cuped is not None
    least = told.cuped * 100
    found = {0.0: np.zeros(2), least: np.zeros(2)}
    for effect in found:
        for run in range(runs):
            of_each = rng.gamma(5 / 3, 60.0, len(customers))
            before, during = (of_each * rng.gamma(5.0, 0.2, len(customers)) for _ in range(2))
            offered = np.array([arm_of(f"{effect} {run}", who, 2000) == "offered" for who in customers])
            during += effect * offered
            by_past = adjusted(*(Arm(during[side], before[side]) for side in (offered, ~offered)))
            plain = means(during[offered], during[~offered])
            assert by_past is not None
            assert plain is not None
            found[effect] += not plain.holds_zero, not by_past.effect.holds_zero
    (plain_size, size), (plain_power, power) = (tally / runs for tally in found.values())
    log.info("false alarms %s, with the past %s; power %s, with the past %s", plain_size, size, plain_power, power)
    assert max(plain_size, size) <= 0.09
    assert 0.72 <= power <= 0.88
    assert plain_power < power - 0.15
