"""What every measure promises, asked of each one that the registry finds."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, isfinite
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi.facts import Anonymous, PeriodFacts
from kpi.measure import MEASURES, Additivity, Measure, Ratio, Split, Unit, UnknownMeasure, measure_named
from kpi.parts.gaps import DAY
from tests.kpi.facts_told import buyer, facts, mirrored
from tests.kpi.parts_told import MONTHS

RANGES = {
    "ratio": (0.0, 1.0),
    "money": (0.0, inf),
    "orders": (1.0, inf),
    "orders_per_month": (1 / MONTHS, inf),
    "customers": (0.0, inf),
    "purchases": (0.0, inf),
    "points": (0.0, inf),
    "days": (0.0, inf),
    "nps": (-100.0, 100.0),
}
# What is no share though it is told as a rate, and money that can be lost, or come back later than it went.
WIDER = {
    **dict.fromkeys(("points_redemption_rate", "prr_flow"), (0.0, inf)),
    **dict.fromkeys(("cac_net", "profit_per_customer", "reward_cost_ratio"), (-inf, inf)),
}
# Their value is a median: `num` and `den` say of how many, and how many they were.
MEDIANS = {"time_to_first_redemption"}
INPUTS = {"purchases", "refunds", "members", "points", "tiers", "spend", "leads", "costs", "point_costs", "referrals"}
INPUTS |= {"surveys"}
# How much of what is summed makes one of the unit; 1 where nothing is said.
UNIT = {"days": DAY, "orders_per_month": MONTHS}
# Adjusted intervals lie around another score, that of three answers more: so few answers may lie outside.
ADJUSTED = {"nps"}
# Measures whose den is the buyers: who bought on both sides is in each, and once in all.
BY_BUYER = {"orders_per_active", "purchase_frequency", "spend_per_active", "profit_per_customer"}
of_every_measure = sorted(MEASURES.all())
of_every_split = [key for key in of_every_measure if MEASURES.all()[key].split != "none"]
every_measure = pytest.mark.parametrize("key", of_every_measure)
every_split = pytest.mark.parametrize("key", of_every_split)


customers = st.fixed_dictionaries(
    {
        "member": st.booleans(),
        "known": st.just(value=True),
        "before": st.booleans(),
        "joined": st.booleans(),
        "buys": st.lists(st.tuples(st.integers(0, 500_000), st.booleans()), max_size=4),
    }
)
periods = st.builds(facts, st.lists(customers, max_size=25), st.lists(st.integers(0, 500_000), max_size=5))


def names_of(measure: Measure) -> list[str]:
    """Tell which segments a measure answers."""
    return ["all"] if measure.split == "none" else ["all", "member", "non_member"]


def is_counted(measure: Measure) -> bool:
    """Tell whether a measure counts or adds up, and divides by nothing."""
    return measure.unit in {"customers", "purchases", "points"} or measure.additivity != "none"


def num_of(measure: Measure, ratio: Ratio) -> int:
    """Give what is divided: a score is told of 100."""
    return 100 * ratio.num if measure.unit == "nps" else ratio.num


def promoters(period: PeriodFacts, segment: str) -> int:
    """Count a segment's promoters."""
    told = period.parts["opinions"]
    return int({"all": told.everybody, "member": told.member, "non_member": told.other}[segment].answers.promoters)


def with_any_period(keys: list[str]) -> Callable[[Callable[[str, PeriodFacts], None]], Callable[[], None]]:
    """Ask a promise of these measures, all with the same periods: telling a period takes longer than to answer."""

    def decorate(promise: Callable[[str, PeriodFacts], None]) -> Callable[[], None]:
        def asked(period: PeriodFacts) -> None:
            for key in keys:
                promise(key, period)

        asked.__name__ = asked.__qualname__ = promise.__name__
        return given(period=periods)(asked)

    return decorate


@every_measure
def test_a_measure_tells_what_it_is_in_both_languages(key: str) -> None:
    measure = MEASURES.all()[key]
    for text in (measure.title, measure.definition, measure.formula):
        assert text.en.strip()
        assert text.fr.strip()
        assert text.en != text.fr
        assert not {" ;", " :"} & {text.fr[n : n + 2] for n in range(len(text.fr))}, "French spaces are unbreakable"
    assert measure.unit in get_args(Unit)
    assert measure.additivity in get_args(Additivity)
    assert measure.split in get_args(Split)
    assert set(measure.inputs) <= INPUTS
    assert measure.inputs


@every_measure
def test_without_anybody_a_ratio_is_null_and_never_0_and_a_count_is_0(key: str) -> None:
    measure = measure_named(key)
    outcome = measure.outcome(facts([]))
    assert list(outcome.segments) == names_of(measure)
    nothing = {Ratio(0, None, 0.0, None)} if is_counted(measure) else {Ratio(0, 0, None, None)}
    assert set(outcome.segments.values()) == nothing
    gap = 0.0 if is_counted(measure) and measure.split != "none" else None
    assert (outcome.difference.value, outcome.difference.ci95) == (gap, None)


@every_split
def test_a_side_without_anybody_makes_the_difference_null(key: str) -> None:
    measure = measure_named(key)
    # Of new customers it is asked whether they came by a friend.
    new = {"known": False} if key == "referred_share" else {}
    outcome = measure.outcome(facts([buyer(500) | new, buyer(900) | new]))
    segments, difference = outcome.segments, outcome.difference
    assert segments["non_member"].value is not None
    if is_counted(measure):
        assert (segments["member"].value, difference.value) == (0.0, -segments["non_member"].value)
        return
    assert segments["member"].value is None
    assert (difference.value, difference.ci95) == (None, None)


@with_any_period(of_every_measure)
def test_a_figure_is_num_over_den_and_lies_in_its_interval_and_range(key: str, period: PeriodFacts) -> None:
    measure = measure_named(key)
    low, high = WIDER.get(key, RANGES[measure.unit])
    segments = measure.outcome(period).segments
    assert list(segments) == names_of(measure)
    for ratio in segments.values():
        assert type(ratio.num) is int
        if is_counted(measure):
            assert ratio == Ratio(ratio.num, None, float(ratio.num), None)
            continue
        assert type(ratio.den) is int
        if ratio.den == 0:
            assert (ratio.num, ratio.value, ratio.ci95) == (0, None, None)
            continue
        assert measure.is_median == (key in MEDIANS)
        if key not in MEDIANS:
            assert ratio.value == num_of(measure, ratio) / ratio.den / UNIT.get(measure.unit, 1)
        if ratio.ci95 is not None:
            assert all(map(isfinite, ratio.ci95))
            assert low <= ratio.ci95[0] <= ratio.ci95[1] <= high
            assert ratio.ci95[0] <= ratio.value <= ratio.ci95[1] or (key in ADJUSTED and ratio.den == 1)


@with_any_period(of_every_split)
def test_the_segments_make_up_the_whole(key: str, period: PeriodFacts) -> None:
    measure = measure_named(key)
    outcome = measure.outcome(period)
    whole, member, other = (outcome.segments[name] for name in names_of(measure))
    if measure.split == "at_order" and outcome.people:
        asked, ones, others = (outcome.people[name].asked for name in names_of(measure))
        assert asked == ones | others
        return
    assert whole.num == member.num + other.num
    if not is_counted(measure):
        twice = period.overlap if key in BY_BUYER else 0
        assert whole.base == member.base + other.base - twice


@with_any_period(of_every_measure)
def test_who_is_behind_a_figure_is_as_many_as_it_says(key: str, period: PeriodFacts) -> None:
    outcome = measure_named(key).outcome(period)
    for name, people in outcome.people.items():
        ratio = outcome.segments[name]
        # A score counts detractors against promoters; these are who did it.
        assert len(people.did) == (promoters(period, name) if key == "nps" else ratio.num)
        assert len(people.asked) == (ratio.num if ratio.den is None else ratio.den)
        assert people.did <= people.asked
        assert people.did <= outcome.people["all"].did


@with_any_period(of_every_split)
def test_when_both_sides_change_places_the_difference_changes_its_sign(key: str, period: PeriodFacts) -> None:
    period = replace(period, anonymous=Anonymous())
    measure = measure_named(key)
    one = measure.outcome(period).difference
    two = measure.outcome(mirrored(period)).difference
    if one.value is None or two.value is None:
        assert (one.value, two.value) == (None, None)
        return
    assert one.value == -two.value
    if one.ci95 is None or two.ci95 is None:
        assert (one.ci95, two.ci95) == (None, None)
    else:
        assert one.ci95 == pytest.approx((-two.ci95[1], -two.ci95[0]), rel=1e-9, abs=1e-9)


@with_any_period(of_every_split)
def test_a_difference_lies_in_its_interval(key: str, period: PeriodFacts) -> None:
    outcome = measure_named(key).outcome(period)
    segments, difference = outcome.segments, outcome.difference
    member, other = segments["member"].value, segments["non_member"].value
    assert (difference.value is None) == (member is None or other is None)
    if difference.value is not None and difference.ci95 is not None:
        assert difference.value == (member or 0) - (other or 0)
        if key in ADJUSTED:
            assert -200 <= difference.ci95[0] < difference.ci95[1] <= 200
            return
        assert difference.ci95[0] - 1e-9 <= difference.value <= difference.ci95[1] + 1e-9


@with_any_period(of_every_measure)
def test_a_picture_begins_with_the_figure_and_goes_one_way(key: str, period: PeriodFacts) -> None:
    measure = measure_named(key)
    picture, outcome = measure.picture(period), measure.outcome(period)
    if picture is None:
        assert not measure.draws
        return
    assert all(list(told) in ([], names_of(measure)) for told in (picture.steps, picture.curves))
    for name, steps in picture.steps.items():
        assert [steps[1], steps[0]] == [outcome.segments[name].num, outcome.segments[name].den]
        assert list(steps) == sorted(steps, reverse=True)
    for curve in picture.curves.values():
        shares = [point.share for point in curve.by_day]
        assert shares == sorted(shares)
        assert [point.waiting for point in curve.by_day] == sorted((p.waiting for p in curve.by_day), reverse=True)
        for point in curve.by_day:
            assert 0 <= point.share <= 1
            assert point.ci95 is None or 0 <= point.ci95[0] <= point.share <= point.ci95[1] <= 1


def test_an_unknown_measure_names_the_known_ones() -> None:
    with pytest.raises(UnknownMeasure) as refused:
        measure_named("churn_of_the_moon")
    assert refused.value.known == sorted(MEASURES.all())
    assert "retention_rate" in refused.value.detail


def test_the_four_names_are_there_for_ever() -> None:
    assert {"aov", "loyal_conversion", "orders_per_active", "retention_rate"} <= set(MEASURES.all())
    assert all(issubclass(kind, Measure) for kind in MEASURES)
