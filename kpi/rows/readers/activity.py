"""Reads who was active at a period's ends, in the programme's own activity window."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from kpi.parts.activity import Activity
from kpi.periods import Days
from kpi.rows.part import READERS, WINDOWS, Asked
from kpi.rows.readers.history import opening, reaches
from loyalty.programs.facts import ProgramFacts


@WINDOWS.register("activity")
def windows(program: ProgramFacts, days: Days) -> Iterable[Days]:
    """Look at the windows before the start and before the end, and whether purchases are known so far back."""
    at_start, at_end = _windows(program, days)
    return [at_start, at_end, opening(at_start.start)]


@READERS.register("activity")
async def read(asked: Asked) -> Mapping[Days, Activity]:
    """Give who bought in the window before each end."""
    return {days: _activity(asked, days) for days in asked.wanted}


def _activity(asked: Asked, days: Days) -> Activity:
    at_start, at_end = _windows(asked.program, days)
    return Activity(
        days=asked.program.policies.activity_window_days,
        at_start=asked.reading.around(at_start).bought,
        at_end=asked.reading.around(at_end).bought,
        enough=reaches(asked.reading, at_start.start),
    )


def _windows(program: ProgramFacts, days: Days) -> tuple[Days, Days]:
    """Give the local days [s − W, s) and [e − W, e)."""
    length = timedelta(days=program.policies.activity_window_days)
    return Days(days.start - length, days.start), Days(days.end - length, days.end)
