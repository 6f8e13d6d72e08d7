"""Months, quarters and years as the period picker offers them. All of it lives in the address: `?period=2017-Q2`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from kpi import periods as kpi

PURCHASES_TO_OPEN_ON = 30

_WRITTEN = re.compile(r"(?P<year>(?!0000)\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


class Grain(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Its length in months."""
        return {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[self]


class Against(StrEnum):
    """The period that the chosen one is held against; the values are those of the API's `compare`."""

    PREVIOUS = "previous"
    LAST_YEAR = "last_year"


@dataclass(frozen=True, order=True)
class CalendarPeriod:
    """A calendar month, quarter or year, by its first local day."""

    start: date
    grain: Grain

    @property
    def end(self) -> date:
        """The first day after it."""
        return _plus_months(self.start, self.grain.months)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.end - timedelta(days=1)

    @property
    def key(self) -> str:
        """How it is written in addresses: `2017-05`, `2017-Q2`, `2017`."""
        if self.grain is Grain.YEAR:
            return f"{self.start.year:04}"
        if self.grain is Grain.QUARTER:
            return f"{self.start.year:04}-Q{(self.start.month + 2) // 3}"
        return f"{self.start.year:04}-{self.start.month:02}"

    def shift(self, steps: int) -> "CalendarPeriod":
        """Give the period so many steps later, or earlier."""
        return CalendarPeriod(_plus_months(self.start, steps * self.grain.months), self.grain)

    def compared(self, against: Against) -> "CalendarPeriod":
        """Give the period that this one is held against."""
        if against is Against.PREVIOUS:
            return self.shift(-1)
        return CalendarPeriod(_plus_months(self.start, -12), self.grain)


def containing(day: date, grain: Grain) -> CalendarPeriod:
    """Give the month, quarter or year that a day lies in."""
    month = (day.month - 1) // grain.months * grain.months + 1
    return CalendarPeriod(date(day.year, month, 1), grain)


def parse_period(written: str | None) -> CalendarPeriod | None:
    """Read `2017-05`, `2017-Q2` or `2017`; None when it is none of them."""
    match = _WRITTEN.fullmatch(written or "")
    if match is None:
        return None
    year, quarter, month = match["year"], match["quarter"], match["month"]
    if quarter:
        return CalendarPeriod(date(int(year), int(quarter) * 3 - 2, 1), Grain.QUARTER)
    if month:
        return CalendarPeriod(date(int(year), int(month), 1), Grain.MONTH)
    return CalendarPeriod(date(int(year), 1, 1), Grain.YEAR)


@dataclass(frozen=True)
class Line:
    """The periods of a chart, oldest first: days, weeks, months, quarters or years."""

    grain: kpi.Grain
    slots: Sequence[kpi.Days]


@dataclass(frozen=True)
class Opening:
    """The period a page opens on, and why: the programme wished it, it has enough purchases, or it is the last."""

    period: CalendarPeriod
    why: Literal["wished", "enough", "last"]


@dataclass(frozen=True)
class Calendar:
    """The periods in which a programme has purchases, by local days.

    `recent`: the number of purchases by the first day of each of the latest months, to choose what to open on.
    """

    first_day: date
    last_day: date
    today: date
    recent: Mapping[date, int]

    def first(self, grain: Grain) -> CalendarPeriod:
        """Give the first period with a purchase."""
        return containing(self.first_day, grain)

    def last(self, grain: Grain) -> CalendarPeriod:
        """Give the last period with a purchase."""
        return containing(self.last_day, grain)

    def holds(self, period: CalendarPeriod) -> bool:
        """Tell whether a period lies between the first and the last."""
        return self.first(period.grain) <= period <= self.last(period.grain)

    def periods(self, grain: Grain) -> list[CalendarPeriod]:
        """List all periods of that grain, the latest first."""
        periods = [self.last(grain)]
        while periods[-1] > self.first(grain):
            periods.append(periods[-1].shift(-1))
        return periods

    def opening(self, default: str | None) -> Opening:
        """Choose what the page opens on: the programme's own wish, else the last complete month with enough purchases.

        Without such a month it is the last one there is.
        """
        wished = parse_period(default)
        if wished is not None and self.holds(wished):
            return Opening(wished, "wished")
        for start in sorted(self.recent, reverse=True):
            month = CalendarPeriod(start, Grain.MONTH)
            if month.end <= self.today and self.recent[start] >= PURCHASES_TO_OPEN_ON and self.holds(month):
                return Opening(month, "enough")
        return Opening(self.last(Grain.MONTH), "last")

    def choose(self, written: str | None, grain: str | None, default: str | None) -> CalendarPeriod:
        """Understand what was asked for: a period, and perhaps another grain to see it in.

        A coarser grain means the period around it, a finer one its last part with data. Beyond the data, the nearest
        period that has some; nonsense means the opening period.
        """
        asked = parse_period(written) or self.opening(default).period
        wanted = Grain(grain) if grain in set(Grain) else asked.grain
        if wanted.months > asked.grain.months:
            asked = containing(asked.start, wanted)
        elif wanted.months < asked.grain.months:
            asked = containing(asked.last_day, wanted)
        return max(self.first(wanted), min(asked, self.last(wanted)))


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(min(max(year, date.min.year), date.max.year), month + 1, 1)
