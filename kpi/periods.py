"""Local days, the periods they make up, and the instants at which those begin. Pure.

A period is `[start, end)` in local days of the programme's zone, both midnights turned into instants; so a day of 23 or
25 hours needs no care. Its units: whole months (a quarter or a year is some), an ISO week, or a number of days.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, cast, get_args
from zoneinfo import ZoneInfo

from loyalty.errors import Invalid

Grain = Literal["day", "week", "month", "quarter", "year"]
Comparison = Literal["previous", "last_year"]

FIRST_DAY = date(1900, 1, 1)
LONGEST_YEARS = 10
MOST_PERIODS = 400
_MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
_WEEK_DAYS = 7
_WEEKS_IN_A_YEAR = 52
# On average: 365.25 / 12.
_DAYS_IN_A_MONTH = 30.4375


class BadPeriod(Invalid):
    """The days asked for are no period that can be answered; the message names what would be."""

    code = "bad_period"


class Days(NamedTuple):
    """Local days, `start` inclusive, `end` exclusive."""

    start: date
    end: date


def instant(day: date, zone: ZoneInfo) -> datetime:
    """Give the instant at which a local day begins, in UTC.

    Where midnight is skipped, this is the first instant after it; where it comes twice, the first of both (PEP 495).
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def grain_named(word: str) -> Grain:
    """Read a grain, or raise `BadPeriod` with those there are."""
    if word not in get_args(Grain):
        msg = f"grain is one of {', '.join(get_args(Grain))}, not {word!r}."
        raise BadPeriod(msg, pointer="/grain")
    return cast("Grain", word)


def comparison_named(word: str) -> Comparison:
    """Read what to compare with, or raise `BadPeriod`."""
    if word not in get_args(Comparison):
        msg = f"compare is one of {', '.join(get_args(Comparison))}, not {word!r}."
        raise BadPeriod(msg, pointer="/compare")
    return cast("Comparison", word)


def period(start: date, end: date) -> Days:
    """Check the days of one period: in order, from 1900 on, at most ten years."""
    _check_order(start, end)
    if (end.year - LONGEST_YEARS, end.month, end.day) > (start.year, start.month, start.day):
        msg = f"A period lasts at most {LONGEST_YEARS} years; {start} to {end} is longer."
        raise BadPeriod(msg, pointer="/end")
    return Days(start, end)


def cut(start: date, end: date, grain: Grain) -> list[Days]:
    """Cut `[start, end)` into periods of a grain; both must be boundaries of it, and the periods at most 400."""
    _check_order(start, end)
    for name, day in (("start", start), ("end", end)):
        if _floor(day, grain) != day:
            below, above = _floor(day, grain), _after(_floor(day, grain), grain)
            right = " or ".join(str(d) for d in (below, above) if d is not None and d >= FIRST_DAY)
            msg = f"{name} must be the first day of a {grain}; {day} is none. The nearest are {right}."
            raise BadPeriod(msg, pointer=f"/{name}")
    periods: list[Days] = []
    for piece in _pieces(start, end, grain):
        if len(periods) == MOST_PERIODS:
            msg = (
                f"A series has at most {MOST_PERIODS} periods; {start} to {end} has more {grain}s. Take a coarser one."
            )
            raise BadPeriod(msg, pointer="/end")
        periods.append(piece)
    return periods


def previous(days: Days) -> Days:
    """Give the period before: as many whole months, or else as many local days (so the ISO week before a week)."""
    months = _whole_months(days)
    return Days(_months_on(days.start, -months) if months else days.start - (days.end - days.start), days.start)


def last_year(days: Days) -> Days:
    """Give the period a year before: the same months; ISO weeks, 52 weeks back; else as many days from that date."""
    if _whole_months(days):
        return Days(_months_on(days.start, -12), _months_on(days.end, -12))
    if days.start.weekday() == 0 and (days.end - days.start).days % _WEEK_DAYS == 0:
        back = timedelta(weeks=_WEEKS_IN_A_YEAR)
        return Days(days.start - back, days.end - back)
    # 29 February has no counterpart: the period then begins on the 28th, and stays as long as it was.
    day = 28 if (days.start.month, days.start.day) == (2, 29) else days.start.day
    start = days.start.replace(year=days.start.year - 1, day=day)
    return Days(start, start + (days.end - days.start))


def compared(days: Days, comparison: Comparison) -> Days:
    """Give the period to hold against this one."""
    return previous(days) if comparison == "previous" else last_year(days)


def months(days: Days) -> float:
    """Give the length of a period in months: calendar ones if it consists of whole ones, else days / 30.4375."""
    return _whole_months(days) or (days.end - days.start).days / _DAYS_IN_A_MONTH


def around(days: Days, grain: Grain, slots: int, today: date) -> list[Days]:
    """Choose the periods of a sparkline: `slots` of them, with the one in which `days` ends among them.

    Months, quarters and years run to the end of that calendar year, days and weeks go half as far ahead as back; none
    begins after today, unless the chosen period does.
    """
    chosen = _floor(days.end - timedelta(days=1), grain)
    ahead = slots // 2
    if grain in _MONTHS:
        ahead = min(slots - 1, (12 - chosen.month) // _MONTHS[grain])
    last = max(chosen, min(_steps(chosen, grain, ahead), _floor(today, grain)))
    starts = [last]
    while len(starts) < slots and starts[0] > FIRST_DAY:
        starts.insert(0, _floor(starts[0] - timedelta(days=1), grain))
    ends = [*starts[1:], _after(last, grain) or date.max]
    return [Days(start, end) for start, end in zip(starts, ends, strict=True)]


def _check_order(start: date, end: date) -> None:
    for name, day in (("start", start), ("end", end)):
        if day < FIRST_DAY:
            msg = f"{name} must be a day from {FIRST_DAY} on; {day} is before."
            raise BadPeriod(msg, pointer=f"/{name}")
    if start >= end:
        msg = f"end is exclusive and must be after start; {end} is not after {start}."
        raise BadPeriod(msg, pointer="/end")


def _pieces(start: date, end: date, grain: Grain) -> Iterator[Days]:
    while start < end:
        following = _after(start, grain) or end
        yield Days(start, following)
        start = following


def _floor(day: date, grain: Grain) -> date:
    """Give the first day of the grain's period that holds `day`."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain in _MONTHS:
        step = _MONTHS[grain]
        return date(day.year, (day.month - 1) // step * step + 1, 1)
    return day


def _after(start: date, grain: Grain) -> date | None:
    """Give the first day of the next period; None past the end of the calendar."""
    try:
        if grain in _MONTHS:
            return _months_on(start, _MONTHS[grain])
        return start + timedelta(days=_WEEK_DAYS if grain == "week" else 1)
    except (OverflowError, ValueError):
        return None


def _steps(start: date, grain: Grain, ahead: int) -> date:
    for _ in range(ahead):
        start = _after(start, grain) or start
    return start


def _whole_months(days: Days) -> int:
    """Count the calendar months of a period; 0 when it does not consist of whole ones."""
    if days.start.day != 1 or days.end.day != 1:
        return 0
    return (days.end.year - days.start.year) * 12 + days.end.month - days.start.month


def _months_on(first: date, months: int) -> date:
    """Move the first day of a month by whole months."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
