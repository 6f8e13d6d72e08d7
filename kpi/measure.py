"""What a measure is: a registered question to the facts of a period, asked of members and of non-members.

The definitions come from the normative catalogue; each file in `measures/` is one of them. A measure is pure: it gets
`PeriodFacts` and answers an `Outcome`. Reading the facts and cutting time into periods is done for it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from kpi.facts import Customers, PeriodFacts
from kpi.pictures import Picture
from loyalty.errors import NotFound
from loyalty.i18n import with_french_spaces
from loyalty.registry import Registry

Interval = tuple[float, float]
Unit = Literal["ratio", "money", "orders", "orders_per_month", "customers", "purchases", "points", "days", "nps"]
Additivity = Literal["additive", "semi", "none"]
# Who is a member is asked once, at the period's start, or of every purchase or answer at its own, or not at all.
Split = Literal["at_start", "at_order", "at_answer", "none"]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure that shows its counts. `num` and `den` are exact; money in `num` is in minor units, time in seconds.

    `value` is `num / den` in the measure's unit (days of 86,400 seconds; purchases per month of the period; 100 times
    it in an NPS), null when `den` is 0, and unrounded; `ci95` is clipped to the measure's range. What is counted or
    summed, and divided by nothing, has no `den`.
    """

    num: int
    den: int | None
    value: float | None
    ci95: Interval | None

    @property
    def base(self) -> int:
        """How many the figure stands on."""
        return self.den or 0


@dataclass(frozen=True, slots=True)
class Difference:
    """Members less non-members: null where one side has no figure."""

    value: float | None
    ci95: Interval | None


NO_DIFFERENCE = Difference(None, None)
Segments = dict[str, Ratio]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in the two languages of the service, the French ones with their unbreakable spaces."""

    en: str
    fr: str

    def __post_init__(self) -> None:
        """Set the spaces that French wants unbreakable; in the source they are ordinary ones."""
        object.__setattr__(self, "fr", with_french_spaces(self.fr))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why there is no figure: a lasting key, and what would make one."""

    key: str
    text: Text


@dataclass(frozen=True, slots=True)
class People:
    """Who is behind a rate: those it was asked of, and those among them who did it."""

    asked: Customers
    did: Customers


@dataclass(frozen=True, slots=True)
class Distribution:
    """How durations spread: their median in days, and how many lasted 0, 1, 2, … whole days.

    The last entry of `by_day` holds all that lasted longer.
    """

    median: float | None
    by_day: Sequence[int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a measure answers. `segments` has `all`, and `member` and `non_member` where the measure has a split.

    `counts` are further whole numbers that explain the figure. `people` goes by segment, where customers are counted,
    and so does `distributions`, where durations are.
    """

    segments: Segments
    difference: Difference = NO_DIFFERENCE
    counts: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, People] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    reason: Reason | None = None
    # What it counts is not complete yet, though the period is over.
    immature: bool = False


class Measure(ABC):
    """A key figure: its words and traits are class attributes, and it can be asked."""

    title: ClassVar[Text]
    definition: ClassVar[Text]
    formula: ClassVar[Text]
    unit: ClassVar[Unit]
    # Whether its figures may be added up over time (`additive`), only over segments (`semi`), or not at all (`none`).
    additivity: ClassVar[Additivity]
    # What must have been recorded for the figure to exist, by the names of the resources.
    inputs: ClassVar[tuple[str, ...]]
    split: ClassVar[Split]
    # Which facts it reads beyond sets and sums: `spread`, or parts by name, and `clusters` where it needs these by
    # customer. What nobody needs is not read.
    needs: ClassVar[frozenset[str]] = frozenset()
    # Further parts that its picture is made of. They are read only where one period is looked at closely.
    draws: ClassVar[frozenset[str]] = frozenset()
    # Whether its value is a median: `num` and `den` then say in how many of how many it had happened, and make no
    # quotient.
    is_median: ClassVar[bool] = False
    # Whether less of it is what one wants.
    less_is_better: ClassVar[bool] = False
    # The measure of which this is another name, if it is one.
    alias_of: ClassVar[str | None] = None

    @abstractmethod
    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Answer for everybody and, with a split, for members and for non-members."""

    def picture(self, facts: PeriodFacts) -> Picture | None:  # noqa: ARG002 - of most there is no more to show
        """Show more of a period than its figure; None where there is no more."""
        return None


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
