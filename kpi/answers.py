"""What is answered: a measure over a period, a series of them, or all that the panel's first page shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from kpi.measure import Difference, Distribution, Ratio, Reason, Segments
from kpi.periods import Days
from kpi.pictures import Picture


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of the programme's zone, `start` inclusive, `end` exclusive."""

    start: date
    end: date
    timezone: str


@dataclass(frozen=True, slots=True)
class Restated:
    """A period that was over came to something else first: to these segments, until about `at`."""

    at: datetime
    segments: Segments


@dataclass(frozen=True, slots=True)
class Figures:
    """One measure over one period. `segments` has the keys all and, where there is a split, member and non_member.

    `counts`: `joiners` joined in the period; `overlap` customers bought in it on both sides of their joining; and what
    the measure adds. `partial`: the period is not over yet. `ci_pending`: the interval, or the median, is being
    computed. `distributions` goes by segment, where durations are measured. `lists`: it is a share of customers, who
    can be listed.
    """

    period: Period
    partial: bool
    counts: dict[str, int]
    segments: dict[str, Ratio]
    difference: Difference
    reason: Reason | None = None
    ci_pending: bool = False
    lists: bool = False
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    restated: Restated | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What `GET /v1/kpis/{key}`, `loyalty kpi` and the panel's tiles show. `compare` is there when it was asked for.

    `as_of` is the knowledge time used; `as_of_lowered` tells that a later one was asked for than could be answered.
    """

    key: str
    unit: str
    as_of: datetime
    as_of_lowered: bool
    data_as_of: datetime
    figures: Figures
    compare: Figures | None

    @property
    def pending(self) -> list[Days]:
        """For which periods intervals are still to come."""
        return _pending([self.figures, *([self.compare] if self.compare else [])])


@dataclass(frozen=True, slots=True)
class Series:
    """The same measure for every period of one grain, oldest first."""

    key: str
    unit: str
    grain: str
    as_of: datetime
    as_of_lowered: bool
    data_as_of: datetime
    periods: list[Figures]

    @property
    def pending(self) -> list[Days]:
        """For which periods intervals are still to come."""
        return _pending(self.periods)


@dataclass(frozen=True, slots=True)
class Counted:
    """The purchases placed in a period, tests apart: those that the figures count, and how many of them are anonymous.

    `left_out` have no goods that were kept: zero amounts, refunded in full, cancelled.
    """

    purchases: int
    anonymous: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the panel's first page shows of its measures, by key, from one read.

    `chosen` is the place of the chosen period in every series; None when it is not one of the grain's own periods.
    `pictures` are of the chosen period, where they were asked for and a measure has one.
    """

    answers: dict[str, Answer]
    series: dict[str, Series]
    chosen: int | None
    counted: Counted
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def pending(self) -> list[Days]:
        """For which periods intervals are still to come."""
        told: list[Answer | Series] = [*self.answers.values(), *self.series.values()]
        return list(dict.fromkeys(days for one in told for days in one.pending))


def _pending(figures: Iterable[Figures]) -> list[Days]:
    return [Days(one.period.start, one.period.end) for one in figures if one.ci_pending]
