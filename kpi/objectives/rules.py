"""How far an objective has come. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

# A decimal that is held exactly: digits, a point and at most six more.
TARGET_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?(?!\n)$"
Side = Literal["all", "member", "non_member"]
# "no_figure": the measure has none in the last complete month.
State = Literal["reached", "on_the_way", "missed", "no_figure"]


@dataclass(frozen=True, slots=True)
class ObjectiveFacts:
    """What a measure is to reach by `due_on`, in its own unit: a share of 1, minor units, days, or a number."""

    objective_id: UUID
    kpi_key: str
    side: Side
    target: Decimal
    due_on: date
    set_on: date


@dataclass(frozen=True, slots=True)
class Progress:
    """An objective, with the figure of the last complete month before it was set, and of the newest one.

    `done`: which part of the way is behind; below 0 it went the other way. None where a figure is missing, or there was
    no way to go.
    """

    objective: ObjectiveFacts
    state: State
    before: float | None
    now: float | None
    done: float | None


def judged_on(objective: ObjectiveFacts, today: date) -> date:
    """Give the day whose last complete month counts: today, and once its day is over for ever the day after that."""
    return today if today <= objective.due_on else objective.due_on + timedelta(days=1)


def progress_of(
    objective: ObjectiveFacts, before: float | None, now: float | None, today: date, *, less: bool = False
) -> Progress:
    """Tell how far it has come. Whether less or more is wanted, is told by where it began; without that by `less`."""
    if now is None:
        return Progress(objective, "no_figure", before, None, None)
    target = float(objective.target)
    upwards = not less if before is None or target == before else target > before
    reached = now >= target if upwards else now <= target
    done = None if before is None or target == before else (now - before) / (target - before)
    state: State = "reached" if reached else "missed" if today > objective.due_on else "on_the_way"
    return Progress(objective, state, before, now, done)
