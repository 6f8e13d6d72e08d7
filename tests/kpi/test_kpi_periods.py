"""Where days, months and their predecessors begin."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kpi import periods
from kpi.periods import (
    MOST_PERIODS,
    BadPeriod,
    Days,
    Grain,
    around,
    compared,
    cut,
    grain_named,
    instant,
    last_year,
    period,
    previous,
)

D = date.fromisoformat
grains = st.sampled_from(get_args(Grain))


def days(text: str) -> Days:
    start, end = text.split("..")
    return Days(D(start), D(end))


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/New_York", "2017-03-12", "2017-03-12T05:00"),
        ("America/New_York", "2017-03-13", "2017-03-13T04:00"),
        ("Europe/Paris", "2026-10-25", "2026-10-24T22:00"),
        ("Europe/Paris", "2026-10-26", "2026-10-25T23:00"),
        # Midnight is skipped: the day begins at 01:00 local time.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),
        # Midnight comes twice: the day begins with the first.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00"),
        ("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15"),
    ],
)
def test_a_local_day_begins_at_its_first_instant(zone: str, day: str, expected: str) -> None:
    assert instant(D(day), ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_has_the_hours_that_its_zone_gives_it(day: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Paris")
    assert instant(D(day) + timedelta(days=1), zone) - instant(D(day), zone) == timedelta(hours=hours)


def test_a_day_that_the_zone_never_had_is_empty() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert instant(D("2011-12-30"), apia) == instant(D("2011-12-31"), apia)


@pytest.mark.parametrize(
    ("chosen", "before"),
    [
        ("2017-05-01..2017-06-01", "2017-04-01..2017-05-01"),
        ("2024-03-01..2024-04-01", "2024-02-01..2024-03-01"),
        ("2017-01-01..2017-04-01", "2016-10-01..2017-01-01"),
        ("2017-01-01..2018-01-01", "2016-01-01..2017-01-01"),
        ("2017-02-01..2017-07-01", "2016-09-01..2017-02-01"),
        ("2026-01-05..2026-01-12", "2025-12-29..2026-01-05"),
        ("2026-03-10..2026-03-11", "2026-03-09..2026-03-10"),
        ("2026-03-15..2026-04-15", "2026-02-12..2026-03-15"),
        ("2026-02-01..2026-02-15", "2026-01-18..2026-02-01"),
    ],
    ids=["month", "month after February", "quarter", "year", "five months", "week", "day", "31 days", "two weeks"],
)
def test_the_previous_period_is_the_unit_before_or_as_many_days(chosen: str, before: str) -> None:
    assert previous(days(chosen)) == days(before)
    assert compared(days(chosen), "previous") == days(before)


@pytest.mark.parametrize(
    ("chosen", "before"),
    [
        ("2024-02-01..2024-03-01", "2023-02-01..2023-03-01"),
        ("2026-01-01..2027-01-01", "2025-01-01..2026-01-01"),
        ("2026-01-05..2026-01-12", "2025-01-06..2025-01-13"),
        ("2026-03-11..2026-03-18", "2025-03-11..2025-03-18"),
        ("2026-03-10..2026-03-20", "2025-03-10..2025-03-20"),
        ("2024-02-29..2024-03-01", "2023-02-28..2023-03-01"),
        ("2024-02-20..2024-03-10", "2023-02-20..2023-03-11"),
    ],
    ids=["month", "year", "ISO week", "seven days from a Wednesday", "ten days", "leap day", "19 days over a leap day"],
)
def test_last_year_is_the_same_period_and_as_long(chosen: str, before: str) -> None:
    assert last_year(days(chosen)) == days(before)
    assert compared(days(chosen), "last_year") == days(before)


@given(st.dates(date(1901, 1, 1), date(2100, 1, 1)), st.integers(1, 3000))
@example(date(2024, 2, 29), 1)
def test_a_period_before_is_never_empty_and_ends_where_this_one_begins(start: date, length: int) -> None:
    chosen = Days(start, start + timedelta(days=length))
    assert previous(chosen).start < previous(chosen).end == start
    assert last_year(chosen).start < last_year(chosen).end


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), grains, st.integers(1, 30))
def test_the_slots_of_a_series_touch_and_each_follows_its_previous(day: date, grain: Grain, slots: int) -> None:
    line = around(Days(day, day + timedelta(days=1)), grain, slots, date(2100, 1, 1))
    assert len(line) == slots
    assert cut(line[0].start, line[-1].end, grain) == line
    assert [previous(piece) for piece in line[1:]] == line[:-1]
    assert sum(piece.start <= day < piece.end for piece in line) == 1


def test_a_year_is_cut_into_its_months_quarters_and_weeks() -> None:
    year = (D("2018-01-01"), D("2019-01-01"))
    assert len(cut(*year, "month")) == 12
    assert cut(*year, "quarter")[1] == days("2018-04-01..2018-07-01")
    assert cut(*year, "year") == [Days(*year)]
    assert len(cut(*year, "day")) == 365
    weeks = cut(D("2018-01-01"), D("2018-12-31"), "week")
    assert len(weeks) == 52
    assert weeks[-1] == days("2018-12-24..2018-12-31")


@pytest.mark.parametrize(
    ("start", "end", "grain", "named"),
    [
        ("2017-01-02", "2018-01-01", "month", ("start", "2017-01-01 or 2017-02-01")),
        ("2017-01-01", "2017-06-01", "quarter", ("end", "2017-04-01 or 2017-07-01")),
        ("2017-01-01", "2018-01-01", "week", ("start", "2016-12-26 or 2017-01-02")),
        ("2017-01-01", "2018-02-01", "year", ("end", "2018-01-01 or 2019-01-01")),
        ("1900-01-02", "1901-01-01", "week", ("start", "are 1900-01-01 or 1900-01-08")),
        ("2017-01-01", "9999-12-31", "month", ("end", "are 9999-12-01.")),
    ],
)
def test_a_series_off_the_grain_names_the_nearest_right_days(
    start: str, end: str, grain: Grain, named: tuple[str, str]
) -> None:
    with pytest.raises(BadPeriod) as refused:
        cut(D(start), D(end), grain)
    assert refused.value.pointer == f"/{named[0]}"
    assert named[1] in refused.value.detail


def test_a_series_has_at_most_400_periods() -> None:
    start = D("2020-01-01")
    assert len(cut(start, start + timedelta(days=MOST_PERIODS), "day")) == 400
    with pytest.raises(BadPeriod, match="at most 400 periods") as refused:
        cut(start, start + timedelta(days=MOST_PERIODS + 1), "day")
    assert refused.value.pointer == "/end"


@pytest.mark.parametrize(
    ("start", "end", "pointer", "words"),
    [
        ("2017-05-01", "2017-05-01", "/end", "after start"),
        ("2017-05-02", "2017-05-01", "/end", "after start"),
        ("2007-01-01", "2017-01-02", "/end", "at most 10 years"),
        ("0001-01-01", "9999-12-31", "/start", "from 1900"),
        ("1899-12-31", "1900-02-01", "/start", "from 1900"),
        ("1900-01-01", "1899-02-01", "/end", "from 1900"),
    ],
)
def test_an_impossible_period_is_refused_in_words(start: str, end: str, pointer: str, words: str) -> None:
    with pytest.raises(BadPeriod, match=words) as refused:
        period(D(start), D(end))
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("text", ["2007-01-01..2017-01-01", "1900-01-01..1900-01-02", "9999-12-30..9999-12-31"])
def test_ten_years_and_the_ends_of_the_calendar_are_periods(text: str) -> None:
    assert period(*days(text)) == days(text)


def test_an_unknown_grain_names_the_known_ones() -> None:
    with pytest.raises(BadPeriod, match="day, week, month, quarter, year") as refused:
        grain_named("decade")
    assert refused.value.pointer == "/grain"


@pytest.mark.parametrize(
    ("chosen", "grain", "today", "first", "last"),
    [
        ("2017-05-01..2017-06-01", "month", "2026-11-21", "2016-12-01", "2017-12-01"),
        ("2017-12-01..2018-01-01", "month", "2026-11-21", "2016-12-01", "2017-12-01"),
        ("2017-01-01..2017-02-01", "month", "2026-11-21", "2016-12-01", "2017-12-01"),
        ("2026-05-01..2026-06-01", "month", "2026-07-10", "2025-07-01", "2026-07-01"),
        ("2026-09-01..2026-10-01", "month", "2026-07-10", "2025-09-01", "2026-09-01"),
        ("2017-04-01..2017-07-01", "quarter", "2026-11-21", "2014-10-01", "2017-10-01"),
        ("2017-01-01..2018-01-01", "year", "2026-11-21", "2005-01-01", "2017-01-01"),
        ("2017-05-01..2017-05-08", "week", "2026-11-21", "2017-03-20", "2017-06-12"),
        ("2017-05-01..2017-05-02", "day", "2017-05-03", "2017-04-21", "2017-05-03"),
    ],
    ids=["May", "December", "January", "this year", "ahead of today", "quarter", "year", "week", "day"],
)
def test_a_sparkline_runs_to_the_end_of_the_year_but_not_past_today(
    chosen: str, grain: Grain, today: str, first: str, last: str
) -> None:
    line = around(days(chosen), grain, 13, D(today))
    assert len(line) == 13
    assert (line[0].start, line[-1].start) == (D(first), D(last))
    assert days(chosen) in line


def test_a_sparkline_stops_at_the_ends_of_the_calendar() -> None:
    early = around(days("1900-01-01..1900-02-01"), "year", 13, D("2026-01-01"))
    assert early == [days("1900-01-01..1901-01-01")]
    late = around(days("9999-12-01..9999-12-31"), "month", 3, D("9999-12-31"))
    assert late[-2:] == [days("9999-11-01..9999-12-01"), days("9999-12-01..9999-12-31")]


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Europe/Paris", "2026-03-28T22:59:59.999999+00:00", date(2026, 3, 28)),
        ("Europe/Paris", "2026-03-28T23:00:00+00:00", date(2026, 3, 29)),
        # Midnight does not exist: clocks go from 23:59:59 to 1:00.
        ("America/Havana", "2025-03-09T04:59:59.999999+00:00", date(2025, 3, 8)),
        ("America/Havana", "2025-03-09T05:00:00+00:00", date(2025, 3, 9)),
        # 0:01 is followed by 23:01 of the day before; the new day has begun, and goes on.
        ("America/St_Johns", "2010-11-07T02:29:59.999999+00:00", date(2010, 11, 6)),
        ("America/St_Johns", "2010-11-07T02:30:00+00:00", date(2010, 11, 7)),
        ("America/St_Johns", "2010-11-07T03:00:00+00:00", date(2010, 11, 7)),
        # 30 December did not happen.
        ("Pacific/Apia", "2011-12-30T09:59:59.999999+00:00", date(2011, 12, 29)),
        ("Pacific/Apia", "2011-12-30T10:00:00+00:00", date(2011, 12, 31)),
        ("Europe/Paris", "9999-12-31T12:00:00+00:00", date.max),
    ],
)
def test_an_instant_is_in_the_day_that_has_begun(zone: str, at: str, day: date) -> None:
    assert periods.day_of(datetime.fromisoformat(at), ZoneInfo(zone)) == day


def test_a_day_is_in_its_month_even_at_the_end_of_the_calendar() -> None:
    assert periods.month_of(date(2024, 2, 29)) == Days(date(2024, 2, 1), date(2024, 3, 1))
    assert periods.holding(date(2024, 12, 31), "quarter") == Days(date(2024, 10, 1), date(2025, 1, 1))
    assert periods.month_of(date(9999, 12, 5)) == Days(date(9999, 12, 1), date.max)
