"""What a job is: a name, when it runs, and what it does."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.database import Connection, Database
from loyalty.jobs.facts import Every, Nightly

__all__ = ["ALIVE", "INSTALLATION", "Desk", "Every", "Job", "Nightly", "Programs"]

# The number under which jobs of no programme are scheduled; programmes count from one.
INSTALLATION = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """What a job works with. `attempt` counts from one and starts anew after a success; `run_id` is in its logs.

    `programs.queries.program_of` gives the facts of `program_id`.
    """

    database: Database
    program_id: int
    run_id: UUID
    attempt: int
    # When it was taken, by the database's clock.
    now: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `waiting` tells which of these programmes have work for it now, before its time.

    A run longer than `longest_seconds` is ended and counts as failed.
    """

    name: str
    when: Every | Nightly
    run: Callable[[Desk], Awaitable[None]]
    per_program: bool = False
    waiting: Callable[[Connection, Sequence[int]], Awaitable[Sequence[int]]] | None = None
    longest_seconds: float = 600


# How the upper rooms tell which programmes there are, each with its zone.
Programs = Callable[[Connection], Awaitable[Mapping[int, ZoneInfo]]]


async def _be_there(_: Desk) -> None:
    """Do nothing: that it ran is the news."""


# `/readyz` knows by it that somebody runs schedules.
ALIVE = Job("worker.alive", Every(10), _be_there)
