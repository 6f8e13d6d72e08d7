"""What a measure shows of one period beside its figure: how far customers got, and how long they took. Pure.

These are numbers; drawing them is for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loyalty.intervals import Interval


@dataclass(frozen=True, slots=True)
class Point:
    """By the end of a day: the share that has done it, its interval, and how many were still watched and waited for."""

    share: float
    ci95: Interval | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Curve:
    """How long until something happens, where for some it has not happened yet (Kaplan-Meier).

    It happened to `events` of `n`. `median` is in days, null until half had it. `by_day` has a point for 0, 1, 2, …
    whole days, as far as anybody was watched.
    """

    n: int
    events: int
    median: float | None
    by_day: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Picture:
    """By segment. `steps`: how many came as far as each step, each among those of the step before."""

    steps: Mapping[str, Sequence[int]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
