"""Simulated shops: is what was planted found, how often, and what of what nobody planted?

`--log-cli-level=INFO` shows the shares.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pytest

from kpi.impact.comparison import compare
from kpi.impact.halves import self_test
from kpi.impact.matching import Effect
from tests.kpi.impact.simulated import CUTS, Selection, simulate

log = logging.getLogger(__name__)


@dataclass
class Tried:
    """Of some shops: which share of the intervals held what was planted, left 0 out, and passed the placebo."""

    covered: float
    significant: float
    placebo: float
    naive_lift: float
    lift: float


def _tried(seeds: int, effect: float, selection: Selection, customers: int = 1500) -> Tried:
    rows = []
    for seed in range(seeds):
        simulated = simulate(seed, effect, selection, customers)
        told, planted = compare(simulated.shop, CUTS).outcomes["orders"], simulated.planted()
        found, naive = told.effect, told.naive
        assert found is not None
        assert naive is not None
        held = isinstance(told.placebo, Effect) and told.placebo.holds_zero
        covered = found.ci95[0] <= planted <= found.ci95[1]
        rows.append((covered, not found.holds_zero, held, naive.lift or 0.0, found.lift or 0.0))
    tried = Tried(*(float(mean) for mean in np.mean(rows, axis=0)))
    log.info("%s, planted %s, %s shops: %s", selection, effect, seeds, tried)
    return tried


@pytest.mark.parametrize("effect", [0.0, 0.2])
@pytest.mark.parametrize("selection", ["past", "waves"])
def test_what_was_planted_is_found_where_customers_select_themselves_by_their_past(
    selection: Selection, effect: float
) -> None:
    tried = _tried(8, effect, selection)
    # Of 8 intervals at 95 %, three or more miss once in 170 times; the seeds are fixed.
    assert tried.covered >= 6 / 8
    # Nobody need look far for a large gap: it is there with nothing planted.
    assert tried.naive_lift > effect + 0.15
    assert abs(tried.lift - effect) < 0.1


def test_where_one_was_on_the_rise_the_placebo_says_so() -> None:
    assert _tried(4, 0.0, "rising", 3000).placebo <= 1 / 4


@pytest.mark.long
@pytest.mark.parametrize("selection", ["past", "waves"])
@pytest.mark.parametrize("effect", [0.0, 0.05, 0.2])
def test_of_200_shops_intervals_hold_what_was_planted_in_95_of_100(effect: float, selection: Selection) -> None:
    tried = _tried(200, effect, selection, 3000)
    assert 0.92 <= tried.covered <= 0.98
    if not effect:
        assert tried.significant <= 0.07


@pytest.mark.long
@pytest.mark.parametrize(("selection", "caught"), [("unseen", 0.0), ("rising", 0.9)])
def test_selection_on_what_cannot_be_seen_is_caught_only_if_it_began_before(
    selection: Selection, caught: float
) -> None:
    tried = _tried(60, 0.0, selection, 3000)
    assert tried.significant >= 0.9
    assert 1 - tried.placebo >= caught


@pytest.mark.long
def test_estimates_of_nothing_find_nothing() -> None:
    shops = [self_test(simulate(seed, 0.0, "past").shop, CUTS) for seed in range(20)]
    assert 0.92 <= np.mean([one.held["orders"] / one.splits for one in shops]) <= 0.98


def test_the_self_test_makes_its_splits_and_the_same_again() -> None:
    shop = simulate(1, 0.2, "past", 800).shop
    first = self_test(shop, CUTS, 40)
    assert first.splits == 40
    assert first == self_test(shop, CUTS, 40)
    assert (first.share("orders") or 0) >= 0.8
