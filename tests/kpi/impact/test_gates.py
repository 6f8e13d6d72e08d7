"""What may be told of an estimate, and what the gates stand on."""

import numpy as np
import pytest

from kpi.impact.comparison import Compared, Comparison
from kpi.impact.gates import Gates, gates_of, is_enough, verdict
from kpi.impact.halves import SelfTest, mixed
from kpi.impact.matching import Effect

SURE, UNSURE = Effect(13.5, (1.2, 25.8), 100.0), Effect(14.7, (-1.6, 30.9), 100.0)
FINE = Comparison(
    days=1,
    joined=300,
    eligible=250,
    matched=200,
    others=900,
    differences={"spend": 0.0999, "orders": -0.0999, "recency": 0.0},
    outcomes={"orders": Compared(SURE, SURE, SURE, UNSURE)},
)
TESTED = SelfTest(200, {"orders": 180})


def comparison(**changed: object) -> Comparison:
    return Comparison(**({name: getattr(FINE, name) for name in FINE.__dataclass_fields__} | changed))  # type: ignore[arg-type]


def test_all_gates_can_be_passed() -> None:
    assert gates_of("orders", FINE, TESTED) == Gates(placebo=True, matched=True, balance=True, self_test=True)
    assert gates_of("orders", FINE, TESTED).failed == []


@pytest.mark.parametrize(
    ("changed", "tested", "failed"),
    [
        ({"outcomes": {"orders": Compared(SURE, SURE, SURE, SURE)}}, TESTED, ["g1"]),
        ({"outcomes": {"orders": Compared(SURE, SURE, SURE, None)}}, TESTED, ["g1"]),
        ({"matched": 199, "eligible": 199}, TESTED, ["g2"]),
        ({"matched": 799, "eligible": 1000}, TESTED, ["g2"]),
        ({"differences": {"spend": 0.0, "orders": 0.0, "recency": -0.1}}, TESTED, ["g3"]),
        ({"differences": {}}, TESTED, ["g3"]),
        ({}, SelfTest(200, {"orders": 179}), ["g4"]),
        ({}, SelfTest(0, {"orders": 0}), ["g4"]),
    ],
)
def test_each_gate_stops_what_it_is_there_for(changed: dict[str, object], tested: SelfTest, failed: list[str]) -> None:
    assert gates_of("orders", comparison(**changed), tested).failed == failed


def test_the_verdicts_of_the_page() -> None:
    passed = gates_of("orders", FINE, TESTED)
    of_a_few = gates_of("orders", comparison(matched=3, eligible=4), TESTED)
    assert verdict(Compared(SURE, SURE, SURE, UNSURE), passed) == "estimated"
    assert verdict(Compared(UNSURE, SURE, SURE, UNSURE), passed) == "inconclusive"
    assert verdict(Compared(SURE, SURE, SURE, UNSURE), of_a_few) == "inconclusive"
    assert verdict(Compared(None, None, None, None), of_a_few) == "too_little_data"


def test_the_gap_is_held_against_the_effect_only_where_that_has_a_meaning() -> None:
    wide, below = Effect(40.5, (30.0, 51.0), 100.0), Effect(-3.0, (-9.0, 3.0), 100.0)
    assert Compared(SURE, SURE, wide, None).times == pytest.approx(3.0)
    assert Compared(below, SURE, wide, None).times is None
    assert Compared(SURE, SURE, below, None).times is None
    assert Compared(None, None, wide, None).times is None


def test_there_is_no_lift_over_nothing() -> None:
    assert Effect(1.0, (0.5, 1.5), 0.0).lift is None
    assert Effect(1.0, (0.5, 1.5), -1.0).lift_ci95 is None


def test_enough_is_four_of_five_and_two_hundred() -> None:
    assert is_enough(200, 250)
    assert not is_enough(200, 251)
    assert not is_enough(199, 199)


def test_halves_are_halves_and_splits_know_nothing_of_each_other() -> None:
    keys = np.arange(50_000, dtype=np.uint64)
    first, second = (mixed(keys, split) & np.uint64(1) == 1 for split in (0, 1))
    assert abs(first.mean() - 0.5) < 0.01
    assert abs((first & second).mean() - 0.25) < 0.01
    # As published for the seed 0: the first number that SplitMix64 gives.
    assert int(mixed(np.zeros(1, dtype=np.uint64), 0)[0]) == 0xE220A8397B1DCDAF
