"""The range of days that a back-test tries rules on: what its form opens with, and what is written there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from admin.format import Format
from admin.periods import Calendar

_MONTHS = 12


@dataclass(frozen=True)
class Days:
    """The range to try on, as written; `errors` by field."""

    from_on: str
    to_on: str
    errors: Mapping[str, str] = field(default_factory=dict)


def last_year(calendar: Calendar) -> tuple[date, date]:
    """Give the last twelve complete months that have purchases, or as many as there are."""
    end = min(calendar.last_day + timedelta(days=1), calendar.today)
    end = end.replace(day=1)
    year, month = divmod(end.year * 12 + end.month - 1 - _MONTHS, 12)
    first = max(date(year, month + 1, 1), calendar.first_day)
    if first >= end:
        return calendar.first_day, calendar.last_day
    return first, end - timedelta(days=1)


def opening_days(calendar: Calendar) -> Days:
    """Fill the form with them."""
    first, last = last_year(calendar)
    return Days(first.isoformat(), last.isoformat())


def read_days(said: Mapping[str, Sequence[str]], f: Format) -> tuple[Days, tuple[date, date] | None]:
    """Read the range off the form."""
    written = {name: (said.get(name) or [""])[-1] for name in ("from_on", "to_on")}
    errors, days = {}, []
    for name, text in written.items():
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            errors[name] = f.words.gettext("Write a date or time that there is.")
    if not errors and days[0] > days[1]:
        errors["to_on"] = f.words.gettext("This is before the first day.")
    return Days(written["from_on"], written["to_on"], errors), None if errors else (days[0], days[1])
