"""The periods of a measure's chart."""

from datetime import date

import pytest

from admin.format import Format
from admin.periods import CalendarPeriod, parse_period
from admin.window import GRAINS, grain_of, line_of, names_of
from kpi.periods import Days, Grain

LATER = date(2026, 11, 22)


def _period(written: str) -> CalendarPeriod:
    period = parse_period(written)
    assert period is not None
    return period


@pytest.mark.parametrize(
    ("period", "grain", "first", "end", "slots"),
    [
        ("2017-05", "day", date(2017, 5, 1), date(2017, 6, 1), 31),
        ("2017", "day", date(2017, 1, 1), date(2018, 1, 1), 365),
        ("2017-05", "week", date(2017, 3, 6), date(2017, 6, 5), 13),
        ("2017-Q2", "week", date(2017, 3, 27), date(2017, 7, 3), 14),
        ("2017-05", "month", date(2016, 12, 1), date(2018, 1, 1), 13),
        ("2017-Q2", "month", date(2016, 12, 1), date(2018, 1, 1), 13),
        ("2017-05", "quarter", date(2014, 10, 1), date(2018, 1, 1), 13),
        ("2017", "year", date(2005, 1, 1), date(2018, 1, 1), 13),
    ],
)
def test_a_chart_runs_over_its_period_or_around_it(
    period: str, grain: Grain, first: date, end: date, slots: int
) -> None:
    line = line_of(_period(period), grain, LATER)
    assert (line.slots[0].start, line.slots[-1].end, len(line.slots)) == (first, end, slots)
    assert all(one.end == other.start for one, other in zip(line.slots, line.slots[1:], strict=False))


def test_days_and_weeks_that_have_not_begun_are_left_out() -> None:
    today = date(2017, 5, 10)
    assert line_of(_period("2017-05"), "day", today).slots[-1] == Days(today, date(2017, 5, 11))
    assert line_of(_period("2017-05"), "week", today).slots[-1] == Days(date(2017, 5, 8), date(2017, 5, 15))


def test_the_first_weeks_of_the_calendar_are_no_error() -> None:
    assert line_of(_period("1900-01"), "week", LATER).slots[-1].end == date(1900, 2, 5)


def test_a_word_that_is_no_grain_means_the_periods_own() -> None:
    assert [grain_of(word, _period("2017-Q2")) for word in (None, "", "hour", *GRAINS)] == [
        "quarter",
        "quarter",
        "quarter",
        *GRAINS,
    ]


def test_what_lies_within_the_chosen_period_is_marked() -> None:
    def marked(period: str, grain: Grain) -> list[str]:
        names = names_of(line_of(_period(period), grain, LATER), _period(period), Format("en", "USD"))
        return [named.short for named in names.values() if named.chosen]

    assert marked("2017-05", "month") == ["May"]
    assert marked("2017-Q2", "month") == ["Apr", "May", "Jun"]
    assert marked("2017-05", "week") == ["1 May", "8 May", "15 May", "22 May"]
    assert marked("2017-05", "year") == []
    assert marked("2017-05", "day") == []  # all of them are


def test_periods_are_named_in_the_readers_language() -> None:
    def first(grain: Grain, language: str) -> str:
        line = line_of(_period("2017-05"), grain, LATER)
        return next(iter(names_of(line, _period("2017-05"), Format(language, "USD")).values())).name

    assert (first("day", "en"), first("week", "en")) == ("Mon 1 May 2017", "Week of 6 Mar 2017")
    assert (first("week", "fr"), first("month", "fr")) == ("Semaine du 6 mars 2017", "Décembre 2016")
