"""Numbers, money and dates in both languages, as the design's table has them."""

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from admin.format import Format
from admin.units import UNITS, unit_named
from kpi.measure import Unit

EN, FR = Format("en", "USD"), Format("fr", "USD")
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "digits", "english", "french"),
    [
        (1177, 0, "1,177", f"1{NBSP}177"),
        (1234567, 0, "1,234,567", f"1{NBSP}234{NBSP}567"),
        (7.7733, 2, "7.77", "7,77"),
        (-4.2, 1, "−4.2", "−4,2"),
        (0, 0, "0", "0"),
        (None, 0, "–", "–"),
    ],
)
def test_numbers(value: float | None, digits: int, english: str, french: str) -> None:
    assert EN.number(value, digits) == english
    assert FR.number(value, digits) == french


@pytest.mark.parametrize(
    ("rate", "digits", "english", "french"),
    [
        (0.975434, 1, "97.5%", f"97,5{NBSP}%"),
        (1.0, 1, "100.0%", f"100,0{NBSP}%"),
        (0.88, 0, "88%", f"88{NBSP}%"),
        (0.0, 1, "0.0%", f"0,0{NBSP}%"),
        (None, 1, "–", "–"),
    ],
)
def test_rates(rate: float | None, digits: int, english: str, french: str) -> None:
    assert EN.percent(rate, digits) == english
    assert FR.percent(rate, digits) == french


@pytest.mark.parametrize(
    ("currency", "minor", "digits", "english", "french"),
    [
        ("USD", 3006.35, None, "$30.06", f"30,06{NBSP}$US"),
        ("USD", -24, None, "−$0.24", f"−0,24{NBSP}$US"),
        ("USD", 42600, 0, "$426", f"426{NBSP}$US"),
        ("EUR", 123456, None, "€1,234.56", f"1{NBSP}234,56{NBSP}€"),
        ("JPY", 1234, None, "¥1,234", f"1{NBSP}234{NBSP}JPY"),
        ("KWD", 30065, None, f"KWD{NBSP}30.065", f"30,065{NBSP}KWD"),
        ("USD", None, None, "–", "–"),
    ],
)
def test_money(currency: str, minor: float | None, digits: int | None, english: str, french: str) -> None:
    assert Format("en", currency).money(minor, digits) == english
    assert Format("fr", currency).money(minor, digits) == french


@pytest.mark.parametrize(
    ("unit", "value", "english", "french"),
    [
        ("ratio", 0.0797, f"+8.0{NBSP}pp", f"+8,0{NBSP}pp"),
        ("ratio", -0.0004, f"−0.0{NBSP}pp", f"−0,0{NBSP}pp"),
        ("ratio", 0.0, f"0.0{NBSP}pp", f"0,0{NBSP}pp"),
        ("money", 188.826, "+$1.89", f"+1,89{NBSP}$US"),
        ("money", -23.7, "−$0.24", f"−0,24{NBSP}$US"),
        ("orders", 4.2259, "+4.23", "+4,23"),
        ("orders", None, "–", "–"),
    ],
)
def test_differences_carry_their_sign(unit: str, value: float | None, english: str, french: str) -> None:
    assert _plain(UNITS[unit].difference(EN, value)) == english
    assert _plain(UNITS[unit].difference(FR, value)) == french


def test_percentage_points_are_spelled_out_for_those_who_ask() -> None:
    assert 'title="percentage points"' in UNITS["ratio"].difference(EN, 0.08)
    assert 'title="points de pourcentage"' in UNITS["ratio"].difference(FR, 0.08)


@pytest.mark.parametrize(
    ("unit", "interval", "english", "french"),
    [
        ("ratio", (0.0586, 0.0996), "+5.9 to +10.0", "+5,9 à +10,0"),
        ("money", (-23.7, 401.4), "−$0.24 to +$4.01", f"−0,24 à +4,01{NBSP}$US"),
        ("orders", (3.746, 4.7054), "+3.75 to +4.71", "+3,75 à +4,71"),
        ("ratio", None, "", ""),
    ],
)
def test_intervals_of_differences(unit: str, interval: tuple[float, float] | None, english: str, french: str) -> None:
    assert UNITS[unit].interval(EN, interval) == english
    assert UNITS[unit].interval(FR, interval) == french


@pytest.mark.parametrize(
    ("unit", "interval", "english", "french"),
    [
        ("ratio", (0.9611, 0.9848), "96.1% to 98.5%", f"96,1 à 98,5{NBSP}%"),
        ("money", (2864.7, 3147.9), "$28.65 to $31.48", f"28,65 à 31,48{NBSP}$US"),
        ("orders", (7.34, 8.21), "7.34 to 8.21", "7,34 à 8,21"),
        ("ratio", None, "–", "–"),
    ],
)
def test_intervals_of_values(unit: str, interval: tuple[float, float] | None, english: str, french: str) -> None:
    assert UNITS[unit].spread(EN, interval) == english
    assert UNITS[unit].spread(FR, interval) == french


@pytest.mark.parametrize(
    ("unit", "value", "step", "english"),
    [
        ("ratio", 0.88, 0.04, "88%"),
        ("ratio", 0.875, 0.025, "87.5%"),
        ("ratio", 0.996, 0.002, "99.6%"),
        ("money", 2800, 200, "$28"),
        ("money", 2750, 250, "$27.50"),
        ("orders", 4.0, 1.0, "4"),
        ("orders", 7.12, 0.04, "7.12"),
    ],
)
def test_ticks_have_the_digits_that_keep_them_apart(unit: str, value: float, step: float, english: str) -> None:
    assert UNITS[unit].tick(EN, value, step) == english


@pytest.mark.parametrize(
    ("unit", "value", "english", "french"),
    [
        ("points", 270850.0, "270,850", f"270{NBSP}850"),
        ("customers", 46.0, "46", "46"),
        ("orders_per_month", 6.574, "6.57", "6,57"),
        ("days", 3.71, "3.7 days", f"3,7{NBSP}jours"),
        ("days", 1.4, "1.4 days", f"1,4{NBSP}jour"),
        ("days", None, "–", "–"),
        ("a unit of tomorrow", 1.5, "1.50", "1,50"),
    ],
)
def test_every_unit_has_its_way_of_writing(unit: str, value: float | None, english: str, french: str) -> None:
    assert unit_named(unit).value(EN, value) == english
    assert unit_named(unit).value(FR, value) == french


def test_what_was_summed_is_written_in_its_own_unit() -> None:
    amounts = {"money": 27529150, "days": 86400 * 3, "points": 1200, "ratio": 675}
    assert [unit_named(unit).amount(EN, n) for unit, n in amounts.items()] == [
        "$275,291.50",
        "3.0 days",
        "1,200",
        "675",
    ]


@pytest.mark.parametrize("unit", get_args(Unit))
def test_no_unit_of_a_measure_is_unknown_to_the_panel(unit: str) -> None:
    assert unit in UNITS


@pytest.mark.parametrize(
    ("unit", "value", "number", "name"),
    [("ratio", 0.975434, 97.5434, "%"), ("money", 3006.3503, 30.063503, "USD"), ("orders", 7.5, 7.5, "purchases")],
)
def test_files_hold_numbers_in_the_units_of_the_page(unit: str, value: float, number: float, name: str) -> None:
    assert UNITS[unit].exact(EN, value) == pytest.approx(number)
    assert UNITS[unit].name(EN) == name


@pytest.mark.parametrize(
    ("day", "english", "french"),
    [
        (date(2017, 12, 31), "31 Dec 2017", "31 déc. 2017"),
        (date(2017, 5, 1), "1 May 2017", "1er mai 2017"),
        (date(2017, 5, 11), "11 May 2017", "11 mai 2017"),
    ],
)
def test_dates(day: date, english: str, french: str) -> None:
    assert EN.date(day) == english
    assert FR.date(day) == french


def test_a_range_of_one_day_is_that_day() -> None:
    first, last = date(2026, 11, 2), date(2026, 11, 30)
    assert (EN.dates(first, last), FR.dates(first, last)) == (
        "2 Nov 2026 to 30 Nov 2026", "du 2 nov. 2026 au 30 nov. 2026"
    )  # fmt: skip
    assert (EN.dates(first, first), FR.dates(first, first)) == ("2 Nov 2026", "2 nov. 2026")


def test_instants_are_told_in_the_programmes_own_time() -> None:
    at = datetime(2018, 1, 1, 4, 1, tzinfo=UTC)
    assert EN.instant(at, "America/New_York") == "31 Dec 2017, 23:01"
    assert FR.instant(at, "America/New_York") == "31 déc. 2017, 23:01"
    assert EN.moment(at, "America/New_York") == "31 Dec 2017, 23:01"
    assert FR.moment(at, "America/New_York") == "31 déc. 2017 à 23:01"


@pytest.mark.parametrize(
    ("timezone", "english", "french"),
    [
        ("America/New_York", "New York", "New York"),
        ("Europe/London", "London", "Londres"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires"),
        ("UTC", "UTC", "UTC"),
        ("Etc/GMT", "GMT", "GMT"),
    ],
)
def test_time_zones_are_named_by_their_city(timezone: str, english: str, french: str) -> None:
    assert EN.place(timezone) == english
    assert FR.place(timezone) == french


def _plain(written: str) -> str:
    """Take the markup out of `pp`."""
    before, _, rest = str(written).partition("<")
    return before + rest.partition(">")[2].partition("<")[0]
