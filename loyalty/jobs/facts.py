"""When a job is to run, as its rules see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Every:
    """Run every so many seconds, counted from start to start; what was missed is done once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Nightly:
    """Run once a day at this local time of the programme; in UTC where it is the installation's."""

    hour: int
    minute: int = 0
