"""Reads the members at a period's end: those at the start of what follows it."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from kpi.parts.stock import Stock
from kpi.periods import Days
from kpi.rows.part import READERS, WINDOWS, Asked
from loyalty.programs.facts import ProgramFacts


@WINDOWS.register("stock")
def windows(program: ProgramFacts, days: Days) -> Iterable[Days]:  # noqa: ARG001 - the same for every programme
    """Look at the day that follows the period."""
    return [_following(days)]


@READERS.register("stock")
async def read(asked: Asked) -> Mapping[Days, Stock]:
    """Give the members at each period's end."""
    return {days: Stock(asked.reading.around(_following(days)).members) for days in asked.wanted}


def _following(days: Days) -> Days:
    # Nothing follows the last day of the calendar; an empty period begins there all the same.
    return Days(days.end, days.end if days.end == date.max else days.end + timedelta(days=1))
