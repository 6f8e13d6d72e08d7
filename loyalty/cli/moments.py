"""Days and instants as a command takes them, each written in one way only."""

import re
from datetime import date, datetime

import click

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Day(click.ParamType[date]):
    """A day of the calendar."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read YYYY-MM-DD."""
        try:
            day = date.fromisoformat(str(value)) if _DAY.fullmatch(str(value)) else None
        except ValueError:
            day = None
        if day is None:
            self.fail(f"{value!r} is no day of the calendar, written YYYY-MM-DD.", param, ctx)
        return day


class Instant(click.ParamType[datetime]):
    """An instant; without an offset it would mean another one on every machine."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read an instant of RFC 3339."""
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail(f"{value!r} is no instant with its offset, like 2026-03-31T23:59:59Z.", param, ctx)
        return at
