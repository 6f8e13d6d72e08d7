"""When points mature and end: (policy, when they were earned) -> instants. Days are those of the programme's zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.points.dates import LotDates, lot_dates, midnight_after, months_later, slid_end
from loyalty.programs.policies import (
    AfterDays,
    AfterMonths,
    EndOfMonth,
    EndOfYear,
    Immediately,
    Inactivity,
    Never,
    OnDelivery,
    Policies,
)
from tests.paper import local

PARIS = ZoneInfo("Europe/Paris")
# The clocks go forward on 2026-03-29 at 2:00 and back on 2026-10-25 at 3:00.
ENDS: list[tuple[Any, str, str | None]] = [
    (Never(), "2026-01-31 12:00", None),
    (AfterDays(1), "2026-01-31 00:00", "2026-02-01T23:00Z"),
    (AfterDays(1), "2026-01-31 23:59", "2026-02-01T23:00Z"),
    (AfterDays(1), "2026-03-27 12:00", "2026-03-28T23:00Z"),
    (AfterDays(1), "2026-03-28 12:00", "2026-03-29T22:00Z"),
    (AfterDays(1), "2026-03-29 12:00", "2026-03-30T22:00Z"),
    (AfterDays(1), "2026-10-23 12:00", "2026-10-24T22:00Z"),
    (AfterDays(1), "2026-10-24 12:00", "2026-10-25T23:00Z"),
    (AfterDays(1), "2026-10-25 12:00", "2026-10-26T23:00Z"),
    (AfterDays(30), "2026-02-27 23:59", "2026-03-29T22:00Z"),
    (AfterDays(30), "2026-02-28 00:00", "2026-03-30T22:00Z"),
    (AfterDays(365), "2027-03-01 12:00", "2028-02-29T23:00Z"),
    (AfterMonths(1), "2026-01-28 12:00", "2026-02-28T23:00Z"),
    (AfterMonths(1), "2026-01-31 12:00", "2026-02-28T23:00Z"),
    (AfterMonths(1), "2028-01-31 12:00", "2028-02-29T23:00Z"),
    (AfterMonths(1), "2100-01-31 12:00", "2100-02-28T23:00Z"),
    (AfterMonths(1), "2026-02-28 12:00", "2026-03-28T23:00Z"),
    (AfterMonths(1), "2026-03-31 12:00", "2026-04-30T22:00Z"),
    (AfterMonths(2), "2026-12-31 12:00", "2027-02-28T23:00Z"),
    (AfterMonths(12), "2026-12-15 12:00", "2027-12-15T23:00Z"),
    (AfterMonths(12), "2028-02-29 12:00", "2029-02-28T23:00Z"),
    (AfterMonths(48), "2028-02-29 12:00", "2032-02-29T23:00Z"),
    (EndOfMonth(), "2026-01-01 00:00", "2026-01-31T23:00Z"),
    (EndOfMonth(), "2026-01-31 23:59", "2026-01-31T23:00Z"),
    (EndOfMonth(), "2026-03-29 12:00", "2026-03-31T22:00Z"),
    (EndOfMonth(1), "2026-01-31 12:00", "2026-02-28T23:00Z"),
    (EndOfMonth(1), "2028-01-31 12:00", "2028-02-29T23:00Z"),
    (EndOfMonth(2), "2026-12-15 12:00", "2027-02-28T23:00Z"),
    (EndOfYear(), "2026-12-31 23:59", "2026-12-31T23:00Z"),
    (EndOfYear(), "2027-01-01 00:00", "2027-12-31T23:00Z"),
    (EndOfYear(2), "2026-07-01 12:00", "2028-12-31T23:00Z"),
]


def instant(text: str | None) -> datetime | None:
    """Read an instant in UTC."""
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize(("expiry", "earned", "end"), ENDS)
def test_points_end_at_the_midnight_after_their_last_day(expiry: Any, earned: str, end: str | None) -> None:  # noqa: ANN401
    dates = lot_dates(Policies(expiry=expiry), PARIS, local(earned), None)
    assert dates == LotDates(local(earned), local(earned), instant(end), None)


def test_the_day_is_that_of_the_programmes_zone() -> None:
    late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    ends = {
        zone: lot_dates(Policies(expiry=EndOfMonth()), ZoneInfo(zone), late, None).expires_at
        for zone in ("UTC", "Europe/Paris", "Asia/Tokyo", "America/New_York")
    }
    assert ends == {
        "UTC": instant("2026-02-01T00:00Z"),
        "Europe/Paris": instant("2026-02-28T23:00Z"),
        "Asia/Tokyo": instant("2026-02-28T15:00Z"),
        "America/New_York": instant("2026-02-01T05:00Z"),
    }


MATURINGS: list[tuple[Any, str | None, str | None]] = [
    (Immediately(), None, "2026-03-15T09:00Z"),
    (Immediately(), "2026-03-20 10:00", "2026-03-15T09:00Z"),
    (AfterDays(13), None, "2026-03-28T23:00Z"),
    (AfterDays(14), None, "2026-03-29T22:00Z"),
    (AfterDays(14), "2026-03-16 10:00", "2026-03-29T22:00Z"),
    (OnDelivery(), None, None),
    (OnDelivery(), "2026-03-20 10:00", "2026-03-20T09:00Z"),
    (OnDelivery(), "2026-03-29 10:00", "2026-03-29T08:00Z"),
    (OnDelivery(9), None, None),
    (OnDelivery(9), "2026-03-20 10:00", "2026-03-29T22:00Z"),
    # Handed over before it was paid: nothing matures before it is earned.
    (OnDelivery(), "2026-03-01 10:00", "2026-03-15T09:00Z"),
    (OnDelivery(1), "2026-03-01 10:00", "2026-03-16T23:00Z"),
]


@pytest.mark.parametrize(("maturity", "delivered", "matures"), MATURINGS)
def test_points_mature_by_the_policy(maturity: Any, delivered: str | None, matures: str | None) -> None:  # noqa: ANN401
    earned = local("2026-03-15 10:00")
    dates = lot_dates(Policies(maturity=maturity), PARIS, earned, None if delivered is None else local(delivered))
    assert dates == LotDates(earned, instant(matures), None, None)


@pytest.mark.parametrize(
    ("maturity", "expiry", "end"),
    [
        (Immediately(), AfterDays(30), "2026-04-14T22:00Z"),
        # They mature at the first instant of 30 March; that is the day from which they count.
        (AfterDays(14), AfterDays(30), "2026-04-29T22:00Z"),
        (AfterDays(16), AfterMonths(1), "2026-05-01T22:00Z"),
        (AfterDays(16), EndOfMonth(), "2026-04-30T22:00Z"),
        (OnDelivery(), AfterDays(30), None),
    ],
)
def test_points_end_so_long_after_they_matured(maturity: Any, expiry: Any, end: str | None) -> None:  # noqa: ANN401
    dates = lot_dates(Policies(maturity=maturity, expiry=expiry), PARIS, local("2026-03-15 10:00"), None)
    assert dates.expires_at == instant(end)


def test_points_that_end_with_inactivity_have_no_date_of_their_own() -> None:
    earned = local("2026-03-15 10:00")
    dates = lot_dates(Policies(expiry=Inactivity(90)), PARIS, earned, None)
    assert dates == LotDates(earned, earned, None, 90)


@pytest.mark.parametrize(
    ("active", "end"),
    [
        (None, "2026-01-11T23:00Z"),
        ("2025-12-01 12:00", "2026-01-11T23:00Z"),
        ("2026-01-01 23:59", "2026-01-11T23:00Z"),
        ("2026-01-02 00:00", "2026-01-12T23:00Z"),
        ("2026-03-19 12:00", "2026-03-29T22:00Z"),
    ],
)
def test_points_slide_with_the_last_activity(active: str | None, end: str) -> None:
    matured = local("2026-01-01 12:00")
    assert slid_end(matured, None if active is None else local(active), 10, PARIS) == instant(end)


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        # The clock jumps from midnight to 1:00: the day begins at 1:00.
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00Z"),
        ("Asia/Beirut", "2022-03-26", "2022-03-26T22:00Z"),
        ("Africa/Cairo", "2024-04-25", "2024-04-25T22:00Z"),
        ("America/Havana", "2026-03-07", "2026-03-08T05:00Z"),
        # It goes back from 1:00 to midnight: the day begins at the first of the two.
        ("America/Havana", "2026-10-31", "2026-11-01T04:00Z"),
        # There was no 30 December: after the 29th came the 31st.
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00Z"),
    ],
)
def test_a_day_ends_where_the_next_begins_also_where_its_midnight_is_missing(zone: str, day: str, end: str) -> None:
    assert midnight_after(date.fromisoformat(day), ZoneInfo(zone)) == instant(end)


zones = st.sampled_from(
    [
        "UTC", "Europe/Paris", "America/New_York", "America/Havana", "America/Sao_Paulo", "America/Santiago",
        "Africa/Cairo", "Asia/Beirut", "Asia/Tehran", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
    ]
).map(ZoneInfo)  # fmt: skip
dates = st.dates(date(2000, 1, 1), date(2037, 12, 30))


@given(dates, zones)
def test_a_day_ends_at_the_first_instant_that_is_no_more_in_it(day: date, zone: ZoneInfo) -> None:
    end = midnight_after(day, zone)
    assert end.astimezone(zone).date() > day
    assert (end - timedelta(microseconds=1)).astimezone(zone).date() <= day


@given(dates, st.integers(-400, 400))
def test_months_later_is_the_same_day_or_the_last_there_is(day: date, months: int) -> None:
    later = months_later(day, months)
    assert later.year * 12 + later.month == day.year * 12 + day.month + months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
