"""Reads how far back purchases are known."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from kpi.parts.history import History
from kpi.periods import Days
from kpi.reading import Reading
from kpi.rows.part import READERS, WINDOWS, Asked
from loyalty.programs.facts import ProgramFacts

_YEAR = timedelta(days=365)


def opening(first: date) -> Days:
    """Give the day on or before which the first purchase must lie, for the history to reach back to it."""
    return Days(first, first + timedelta(days=1))


def reaches(reading: Reading, first: date) -> bool:
    """Tell whether somebody is known to have bought on that day or before; the reading must hold its `opening`."""
    around = reading.around(opening(first))
    return bool(around.known or around.bought)


@WINDOWS.register("history")
def windows(program: ProgramFacts, days: Days) -> Iterable[Days]:  # noqa: ARG001 - the same for every programme
    """Look at the day a year before the period."""
    return [opening(days.start - _YEAR)]


@READERS.register("history")
async def read(asked: Asked) -> Mapping[Days, History]:
    """Tell for each period whether there is a year before it."""
    return {days: History(reaches(asked.reading, days.start - _YEAR)) for days in asked.wanted}
