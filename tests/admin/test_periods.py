"""Which period an address means, and what the picker offers."""

from datetime import date

import pytest

from admin.format import Format
from admin.period_names import PeriodNames
from admin.periods import Against, Calendar, CalendarPeriod, Grain, containing, parse_period
from admin.picker import Picker, address, make_picker

YEAR = Calendar(
    first_day=date(2017, 1, 3),
    last_day=date(2017, 12, 31),
    today=date(2018, 1, 10),
    recent={date(2017, month, 1): 1000 for month in range(1, 13)},
)


def _period(written: str) -> CalendarPeriod:
    found = parse_period(written)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2017-05", date(2017, 5, 1), date(2017, 6, 1)),
        ("2017-12", date(2017, 12, 1), date(2018, 1, 1)),
        ("2017-Q1", date(2017, 1, 1), date(2017, 4, 1)),
        ("2017-Q4", date(2017, 10, 1), date(2018, 1, 1)),
        ("2016", date(2016, 1, 1), date(2017, 1, 1)),
    ],
)
def test_a_period_is_read_and_written_the_same(written: str, start: date, end: date) -> None:
    period = _period(written)
    assert (period.start, period.end) == (start, end)
    assert period.key == written


@pytest.mark.parametrize("written", ["", "2017-13", "2017-00", "2017-5", "2017-Q5", "17", "0000-01", "2017-05-01", "x"])
def test_nonsense_is_no_period(written: str) -> None:
    assert parse_period(written) is None


@pytest.mark.parametrize(
    ("written", "previous", "last_year"),
    [
        ("2017-05", "2017-04", "2016-05"),
        ("2017-01", "2016-12", "2016-01"),
        ("2017-Q1", "2016-Q4", "2016-Q1"),
        ("2017", "2016", "2016"),
    ],
)
def test_periods_are_held_against_the_one_before_or_a_year_before(written: str, previous: str, last_year: str) -> None:
    assert _period(written).compared(Against.PREVIOUS).key == previous
    assert _period(written).compared(Against.LAST_YEAR).key == last_year


@pytest.mark.parametrize(
    ("period", "grain", "understood"),
    [
        ("2017-05", None, "2017-05"),
        ("2017-05", "month", "2017-05"),
        ("2017-05", "quarter", "2017-Q2"),
        ("2017-05", "year", "2017"),
        ("2017-Q2", "month", "2017-06"),
        ("2017", "quarter", "2017-Q4"),
        ("2015-03", None, "2017-01"),
        ("2031-03", None, "2017-12"),
        ("9999-12", "year", "2017"),
        ("0001-01", "quarter", "2017-Q1"),
        ("nonsense", None, "2017-12"),
        (None, None, "2017-12"),
        (None, "quarter", "2017-Q4"),
        ("2017-05", "fortnight", "2017-05"),
    ],
)
def test_an_address_means_the_nearest_period_with_data(period: str | None, grain: str | None, understood: str) -> None:
    assert YEAR.choose(period, grain, None).key == understood


@pytest.mark.parametrize(
    ("default", "today", "recent", "opening", "why"),
    [
        ("2017-05", date(2018, 1, 10), {12: 1000}, "2017-05", "wished"),
        ("2017-Q2", date(2018, 1, 10), {12: 1000}, "2017-Q2", "wished"),
        ("2099-05", date(2018, 1, 10), {12: 1000}, "2017-12", "enough"),
        (None, date(2018, 1, 10), {12: 30, 11: 1000}, "2017-12", "enough"),
        (None, date(2018, 1, 10), {12: 29, 11: 30}, "2017-11", "enough"),
        (None, date(2017, 12, 12), {12: 500, 11: 30}, "2017-11", "enough"),
        (None, date(2018, 1, 1), {12: 500}, "2017-12", "enough"),
        (None, date(2018, 1, 10), {12: 3, 11: 4}, "2017-12", "last"),
    ],
)
def test_the_page_opens_on_the_last_complete_month_with_thirty_purchases(
    default: str | None, today: date, recent: dict[int, int], opening: str, why: str
) -> None:
    months = {date(2017, month, 1): count for month, count in recent.items()}
    found = Calendar(YEAR.first_day, YEAR.last_day, today, months).opening(default)
    assert (found.period.key, found.why) == (opening, why)


def test_the_picker_steps_within_the_data() -> None:
    picker = _picker("2017-05", Against.PREVIOUS)
    assert (picker.before, picker.after) == ("/x?period=2017-04", "/x?period=2017-06")
    assert [option.value for option in picker.periods] == [f"2017-{month:02}" for month in range(12, 0, -1)]
    assert [option.value for option in picker.periods if option.chosen] == ["2017-05"]


def test_the_picker_stops_at_the_ends_of_the_data() -> None:
    assert _picker("2017-01", Against.PREVIOUS).before == ""
    assert _picker("2017-12", Against.PREVIOUS).after == ""


def test_steps_keep_what_it_is_held_against() -> None:
    assert _picker("2017-05", Against.LAST_YEAR).after == "/x?period=2017-06&against=last_year"


def test_last_year_is_disabled_where_there_is_none() -> None:
    [previous, last_year] = _picker("2017-05", Against.PREVIOUS).againsts
    assert not previous.disabled
    assert (last_year.disabled, last_year.text) == (True, "same month last year (no data)")


def test_for_a_year_last_year_is_the_previous_one() -> None:
    assert [option.value for option in _picker("2017", Against.PREVIOUS).againsts] == ["previous"]


def test_an_address_does_not_say_what_goes_without_saying() -> None:
    assert address("/x", _period("2017-Q2"), Against.PREVIOUS) == "/x?period=2017-Q2"


@pytest.mark.parametrize(
    ("language", "written", "full", "within", "before", "days"),
    [
        ("en", "2017-05", "May 2017", "in May", "in April", "1 to 31 May"),
        ("en", "2017-01", "January 2017", "in January", "in December 2016", "1 to 31 January"),
        ("en", "2017-Q2", "Q2 2017", "in the 2nd quarter", "in the 1st quarter", "1 Apr to 30 Jun"),
        ("en", "2017", "2017", "in 2017", "in 2016", "1 Jan to 31 Dec"),
        ("fr", "2017-05", "mai 2017", "en mai", "en avril", "du 1er au 31 mai"),
        ("fr", "2017-01", "janvier 2017", "en janvier", "en décembre 2016", "du 1er au 31 janvier"),
        ("fr", "2017-Q2", "T2 2017", "au 2e trimestre", "au 1er trimestre", "du 1er avr. au 30 juin"),
        ("fr", "2017", "2017", "en 2017", "en 2016", "du 1er janv. au 31 déc."),
    ],
)
def test_periods_are_named_as_one_says_them(
    language: str, written: str, full: str, within: str, before: str, days: str
) -> None:
    period = _period(written)
    names = PeriodNames(Format(language, "USD"), period)
    assert (names.full(period), names.within(period)) == (full, within)
    assert (names.within(period.shift(-1)), names.days(period)) == (before, days)


@pytest.mark.parametrize(
    ("written", "against", "english", "french"),
    [
        ("2017-05", "2017-04", "April", "Avril"),
        ("2017-10", "2017-09", "Sep", "Sept."),
        ("2017-01", "2016-12", "Dec 2016", "Déc. 2016"),
        ("2017-Q2", "2017-Q1", "Q1", "T1"),
        ("2017", "2016", "2016", "2016"),
    ],
)
def test_the_other_period_is_named_in_little_room(written: str, against: str, english: str, french: str) -> None:
    assert PeriodNames(Format("en", "USD"), _period(written)).column(_period(against)) == english
    assert PeriodNames(Format("fr", "USD"), _period(written)).column(_period(against)) == french


@pytest.mark.parametrize("grain", list(Grain))
def test_every_day_lies_in_the_period_that_holds_it(grain: Grain) -> None:
    for month in range(1, 13):
        period = containing(date(2017, month, 15), grain)
        assert period.start <= date(2017, month, 15) <= period.last_day


def _picker(written: str, against: Against) -> Picker:
    return make_picker("/x", YEAR, PeriodNames(Format("en", "USD"), _period(written)), against)
