"""What a measure is: a registered question to the facts of a period, asked of members and of non-members.

The definitions come from the normative catalogue; each file in `measures/` is one of them. A measure is pure: it gets
`PeriodFacts` and answers `Segments`. Reading the facts and cutting time into periods is done for it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from kpi.facts import PeriodFacts
from loyalty.errors import NotFound
from loyalty.i18n import with_french_spaces
from loyalty.registry import Registry

Interval = tuple[float, float]
Unit = Literal["ratio", "money", "orders"]
Additivity = Literal["additive", "semi", "none"]
# Who is a member is asked once, at the period's start, or of every purchase at its own instant.
Split = Literal["at_start", "at_order"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure that shows its counts. `num` and `den` are exact; money in `num` is in minor units.

    `value` is `num / den`, null when `den` is 0, and unrounded; `ci95` is clipped to the measure's range.
    """

    num: int
    den: int
    value: float | None
    ci95: Interval | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Members less non-members: null where one side has no figure."""

    value: float | None
    ci95: Interval | None


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of the programme's zone, `start` inclusive, `end` exclusive."""

    start: date
    end: date
    timezone: str


@dataclass(frozen=True, slots=True)
class Figures:
    """One measure over one period. `segments` has the keys all, member and non_member.

    `counts`: `joiners` joined in the period; `overlap` customers bought in it on both sides of their joining.
    `partial`: the period is not over yet.
    """

    period: Period
    partial: bool
    counts: dict[str, int]
    segments: dict[str, Ratio]
    difference: Difference


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
    """

    answers: dict[str, Answer]
    series: dict[str, Series]
    chosen: int | None
    counted: Counted


Segments = dict[str, Ratio]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in the two languages of the service, the French ones with their unbreakable spaces."""

    en: str
    fr: str

    def __post_init__(self) -> None:
        """Set the spaces that French wants unbreakable; in the source they are ordinary ones."""
        object.__setattr__(self, "fr", with_french_spaces(self.fr))


class Measure(ABC):
    """A key figure: its words and traits are class attributes, and it can be asked."""

    title: ClassVar[Text]
    definition: ClassVar[Text]
    formula: ClassVar[Text]
    unit: ClassVar[Unit]
    # Whether the figures of neighbouring periods or segments may be added: "none" for every ratio.
    additivity: ClassVar[Additivity]
    # What must have been recorded for the figure to exist, by the names of the resources.
    inputs: ClassVar[tuple[str, ...]]
    split: ClassVar[Split]

    @abstractmethod
    def segments(self, facts: PeriodFacts) -> tuple[Segments, Difference]:
        """Answer for all, member and non_member, and compare the last two."""


MEASURES: Registry[type[Measure]] = Registry("measure", "kpi.measures")


class UnknownMeasure(NotFound):
    """There is no measure of that name. `known` lists those there are."""

    code = "unknown_measure"

    def __init__(self, key: str) -> None:
        """Name what was asked for, and what there is."""
        self.known = sorted(MEASURES.all())
        super().__init__(f"There is no measure {key!r}; there are: {', '.join(self.known)}.")


def measure_named(key: str) -> Measure:
    """Find a measure by its lasting name, or raise `UnknownMeasure`."""
    kind = MEASURES.find(key)
    if kind is None:
        raise UnknownMeasure(key)
    return kind()
