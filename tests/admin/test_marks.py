"""What is said of a figure besides its value."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from admin.format import Format
from admin.kpis.counts import make_counts
from admin.kpis.marks import chips, is_waited_for, notes
from kpi.answers import Answer, Figures, Period, Restated
from kpi.measure import NO_DIFFERENCE, Ratio

EN, FR = Format("en", "USD"), Format("fr", "USD")
AT = datetime(2017, 6, 20, 2, tzinfo=UTC)  # still the 19th in New York
NOW = {"all": Ratio(1852, 2006, 1852 / 2006, None)}


def _figures(counts: dict[str, int] | None = None) -> Figures:
    period = Period(date(2017, 5, 1), date(2017, 6, 1), "America/New_York")
    return Figures(period, partial=False, counts=counts or {}, segments=NOW, difference=NO_DIFFERENCE)


def _answer(figures: Figures) -> Answer:
    return Answer("retention_rate", "ratio", AT, as_of_lowered=False, data_as_of=AT, figures=figures, compare=None)


def test_a_restated_figure_says_when_and_what_it_was() -> None:
    figures = replace(_figures(), restated=Restated(AT, {"all": Ratio(1850, 2006, 0.92223, None)}))
    assert chips(_answer(figures), "", EN) == ["Restated on 19 Jun 2017: was 92.2%"]
    assert chips(_answer(figures), "", FR)[0].startswith("Corrigé le 19 juin 2017")
    assert chips(_answer(_figures()), "", EN) == []


def test_what_comes_before_quoting_comes_in_order() -> None:
    waiting = replace(_figures(), ci_pending=True)
    partial = "Partial: 12 of 31 days"
    assert chips(_answer(waiting), partial, EN) == [partial, "Interval being computed"]
    assert is_waited_for([_figures(), waiting])
    assert not is_waited_for([_figures()])


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"left_censored": 1}, "Purchases are known from less than a year before"),
        ({"immature": 1}, "1 is left out so far"),
        ({"immature": 12}, "12 are left out so far"),
    ],
)
def test_what_makes_a_figure_look_other_than_it_is_is_noted(counts: dict[str, int], said: str) -> None:
    [note] = notes(_figures(counts), EN)
    assert note.startswith(said)
    assert list(make_counts(_figures(counts), EN)) == []


def test_counts_have_names_and_money_is_money() -> None:
    counts = {"joiners": 534, "spend_minor": 120_000, "brand_new_count": 7, "member_start": 3}
    assert [(count.name, count.n) for count in make_counts(_figures(counts), EN)] == [
        ("Joined in the period", "534"),
        ("Amount spent", "$1,200.00"),
        ("Brand new count", "7"),
    ]
    assert notes(_figures({"left_censored": 0, "immature": 0}), EN) == []
