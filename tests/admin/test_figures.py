"""The server-drawn pictures: where things are, and that they say in words what they show."""

import re

import pytest

from admin.figures import Dot, Slot, dumbbell, fit_axis, sparkline

MEMBERS, OTHERS = Dot(0.9754, 0.9611, 0.9848), Dot(0.8957, 0.8781, 0.9112)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks", "expected"),
    [
        (0.877, 0.985, 1.0, 5, (0.875, 0.9, 0.925, 0.95, 0.975)),
        (0.877, 0.985, 1.0, 4, (0.88, 0.92, 0.96)),
        (0.81, 0.97, 1.0, 5, (0.84, 0.88, 0.92, 0.96)),
        (2651, 3148, None, 5, (2700, 2800, 2900, 3000, 3100)),
        (2651, 3148, None, 4, (2800, 3000, 3200)),
        (3.31, 8.2, None, 5, (4, 5, 6, 7, 8)),
        (0.0, 1.0, 1.0, 5, (0, 0.25, 0.5, 0.75, 1)),
        (1.0, 1.0, 1.0, 5, (0.9, 0.925, 0.95, 0.975, 1)),
        (0.0, 0.0, None, 3, (0, 0.4, 0.8)),
    ],
)
def test_an_axis_has_three_to_five_round_ticks(
    low: float, high: float, most: float | None, ticks: int, expected: tuple[float, ...]
) -> None:
    assert fit_axis(low, high, most=most, ticks=ticks).ticks == pytest.approx(expected)


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.001), (0.5, 0.51), (0.999, 1.0), (0.0, 1.0), (0.3, 0.3)])
@pytest.mark.parametrize("ticks", [3, 4, 5])
def test_an_axis_holds_its_data_and_never_leaves_the_range(low: float, high: float, ticks: int) -> None:
    axis = fit_axis(low, high, most=1.0, ticks=ticks)
    assert axis.low <= low <= high <= axis.high
    assert axis.low >= 0
    assert axis.high <= 1 + 1e-9
    assert 3 <= len(axis.ticks) <= ticks
    assert all(axis.low - 1e-9 <= tick <= axis.high + 1e-9 for tick in axis.ticks)


def test_a_dumbbell_places_members_above_and_the_gap_between_the_dots() -> None:
    drawn = _dumbbell(MEMBERS, OTHERS)
    member = _numbers(drawn, r'<g class="db-m">.*?<circle cx="([\d.]+)%" cy="13"')
    other = _numbers(drawn, r'<g class="db-n">.*?<circle cx="([\d.]+)%" cy="35"')
    gap = _numbers(drawn, r'<rect class="db-gap" x="([\d.]+)%" width="([\d.]+)%"')
    assert other < member
    assert gap == pytest.approx([other[0], member[0] - other[0]], abs=0.02)


def test_whiskers_reach_from_end_to_end_of_the_interval() -> None:
    drawn = _dumbbell(MEMBERS, OTHERS)
    axis = fit_axis(OTHERS.low, MEMBERS.high, most=1.0, ticks=4)
    ends = _numbers(drawn, r'<g class="db-m"><line class="w" x1="([\d.]+)%" x2="([\d.]+)%"')
    assert ends == pytest.approx([axis.percent(MEMBERS.low), axis.percent(MEMBERS.high)], abs=0.01)


def test_one_side_alone_has_no_gap() -> None:
    assert "db-gap" not in _dumbbell(MEMBERS, None)
    assert "db-m" not in _dumbbell(None, OTHERS)


@pytest.mark.parametrize(("digits", "ticks"), [(2, 5), (3, 3), (6, 3)])
def test_long_labels_mean_fewer_ticks(digits: int, ticks: int) -> None:
    drawn = dumbbell(Dot(0.5, 0.0, 1.0), None, most=1.0, label=lambda tick, _: f"{tick:.{digits}f}", name="")
    assert drawn.count("db-tick") == ticks


def test_pictures_are_named_and_their_names_are_escaped() -> None:
    drawn = dumbbell(MEMBERS, OTHERS, most=1.0, label=lambda *_: "<b>", name='"><script>')
    assert 'role="img"' in drawn
    assert 'aria-label="&#34;&gt;&lt;script&gt;"' in drawn
    assert "<b>" not in drawn


def test_pictures_have_no_inline_style() -> None:
    assert "style=" not in _dumbbell(MEMBERS, OTHERS) + _sparkline([(0.9, 0.8)] * 13, 4)


def test_a_sparkline_divides_its_lines_at_the_chosen_slot() -> None:
    drawn = _sparkline([(0.9, 0.8)] * 13, 4)
    assert re.search(r'<path class="sp-m" d="M0 [\d.]+h0(L\d+ [\d.]+){4}"/>', drawn)
    assert re.search(r'<path class="sp-m later" d="M4 [\d.]+h0(L\d+ [\d.]+){8}"/>', drawn)
    assert '<circle class="sp-dot-m" cx="33.33%"' in drawn


def test_missing_slots_are_gaps_in_the_line_and_dotted_at_the_ends() -> None:
    values: list[tuple[float | None, float | None]] = [(None, None)] * 2 + [(0.9, 0.8), (None, 0.7), (0.8, 0.6)]
    drawn = _sparkline(values, 4)
    assert re.search(r'class="sp-m" d="M2 [\d.]+h0M4 [\d.]+h0"', drawn)
    assert '<path class="sp-none" d="M0.0 19.0H1.7"/>' in drawn


def test_a_sparkline_of_nothing_is_a_dotted_rule() -> None:
    drawn = _sparkline([(None, None)] * 13, 12)
    assert 'class="sp-none"' in drawn
    assert "circle" not in drawn


@pytest.mark.parametrize(
    ("chosen", "captions"),
    [
        (0, ["long 12", "long 0"]),
        (2, ["long 12", "short 2"]),
        (6, ["long 0", "long 12", "short 6"]),
        (9, ["long 0", "short 9"]),
        (12, ["long 0", "long 12"]),
    ],
)
def test_captions_never_touch(chosen: int, captions: list[str]) -> None:
    assert re.findall(r"<text[^>]*>([^<]*)</text>", _sparkline([(0.9, 0.8)] * 13, chosen)) == captions


def _dumbbell(member: Dot | None, other: Dot | None) -> str:
    return dumbbell(member, other, most=1.0, label=lambda tick, _: f"{tick:.1%}", name="said")


def _sparkline(values: list[tuple[float | None, float | None]], chosen: int) -> str:
    slots = [Slot(f"short {index}", f"long {index}", *pair) for index, pair in enumerate(values)]
    return sparkline(slots, chosen, name="said")


def _numbers(drawn: str, pattern: str) -> list[float]:
    found = re.search(pattern, drawn)
    assert found, pattern
    return [float(group) for group in found.groups()]
