"""The key figures as JSON: the shapes that the API answers, and that `loyalty kpi … --json` prints.

Counts are exact, money is in minor units, rates are fractions of 1, values and intervals are unrounded.
"""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from kpi.answers import Answer, Figures, Restated, Series
from kpi.measure import Additivity, Difference, Distribution, Measure, Ratio, Reason, Segments, Split, Text, Unit


class TextBody(Struct, frozen=True):
    """The same words in French and English."""

    en: str
    fr: str

    @classmethod
    def of(cls, text: Text) -> "TextBody":
        """Show a text."""
        return cls(text.en, text.fr)


class MeasureBody(Struct, frozen=True):
    """What a measure is. `alias_of`: the measure of which this is another name."""

    key: str
    title: TextBody
    definition: TextBody
    formula: TextBody
    unit: Unit
    additivity: Additivity
    inputs: list[str]
    split: Split
    alias_of: str | None

    @classmethod
    def of(cls, key: str, measure: type[Measure]) -> "MeasureBody":
        """Show a measure."""
        title, definition, formula = map(TextBody.of, (measure.title, measure.definition, measure.formula))
        traits = (measure.unit, measure.additivity, list(measure.inputs), measure.split, measure.alias_of)
        return cls(key, title, definition, formula, *traits)


class MeasuresBody(Struct, frozen=True):
    """Every measure there is, by key; there is never a second page."""

    data: list[MeasureBody]
    next_cursor: str | None = None


class RatioBody(Struct, frozen=True):
    """A figure and its counts. `value` is null when `den` is 0; `ci95` is null when there is too little for one.

    What is counted or summed has no `den`.
    """

    num: int
    den: int | None
    value: float | None
    ci95: tuple[float, float] | None

    @classmethod
    def of(cls, ratio: Ratio) -> "RatioBody":
        """Show a ratio."""
        return cls(ratio.num, ratio.den, ratio.value, ratio.ci95)


class SegmentsBody(Struct, frozen=True):
    """The figure for all and, unless the measure has no split, for members and for non-members."""

    all: RatioBody
    member: RatioBody | None
    non_member: RatioBody | None

    @classmethod
    def of(cls, segments: Segments) -> "SegmentsBody":
        """Show the segments."""
        found = {name: RatioBody.of(ratio) for name, ratio in segments.items()}
        return cls(found["all"], found.get("member"), found.get("non_member"))


class DifferenceBody(Struct, frozen=True):
    """Members less non-members, null where one side has no figure."""

    value: float | None
    ci95: tuple[float, float] | None

    @classmethod
    def of(cls, difference: Difference) -> "DifferenceBody":
        """Show a difference."""
        return cls(difference.value, difference.ci95)


class PeriodBody(Struct, frozen=True):
    """Local days of the zone; `end` is exclusive."""

    start: date
    end: date
    timezone: str


class ReasonBody(Struct, frozen=True):
    """Why there is no figure, by a lasting key and in words."""

    key: str
    text: TextBody

    @classmethod
    def of(cls, reason: Reason | None) -> "ReasonBody | None":
        """Show a reason, if there is one."""
        return cls(reason.key, TextBody.of(reason.text)) if reason else None


class DistributionBody(Struct, frozen=True):
    """How durations spread. `median` in days; `by_day[n]`: how many lasted n whole days, the last: all longer ones."""

    median: float | None
    by_day: list[int]

    @classmethod
    def by_segment(cls, distributions: Mapping[str, Distribution]) -> "dict[str, DistributionBody] | None":
        """Show them, if the measure is one of durations."""
        return {name: cls(one.median, list(one.by_day)) for name, one in distributions.items()} or None


class RestatedBody(Struct, frozen=True, rename={"first": "from"}):
    """The period was over, and came to something else: to `from`, until about `at`."""

    at: datetime
    first: SegmentsBody

    @classmethod
    def of(cls, restated: Restated | None) -> "RestatedBody | None":
        """Show what a period came to first, if it is something else now."""
        return cls(restated.at, SegmentsBody.of(restated.segments)) if restated else None


class FiguresBody(Struct, frozen=True):
    """A measure over one period.

    `counts`: `joiners` joined in the period; `overlap` bought in it both as a non-member and as a member; and what
    explains the measure. `ci_pending`: the interval, or median, is being computed, and there when asked again.
    `distributions` goes by segment, where durations are measured.
    """

    period: PeriodBody
    partial: bool
    counts: dict[str, int]
    segments: SegmentsBody
    difference: DifferenceBody
    reason: ReasonBody | None
    ci_pending: bool
    distributions: dict[str, DistributionBody] | None
    restated: RestatedBody | None

    @classmethod
    def of(cls, figures: Figures) -> "FiguresBody":
        """Show the figures of a period."""
        period = figures.period
        return cls(
            PeriodBody(period.start, period.end, period.timezone),
            figures.partial,
            dict(figures.counts),
            SegmentsBody.of(figures.segments),
            DifferenceBody.of(figures.difference),
            ReasonBody.of(figures.reason),
            figures.ci_pending,
            DistributionBody.by_segment(figures.distributions),
            RestatedBody.of(figures.restated),
        )


class AnswerBody(Struct, frozen=True):
    """A measure over the period asked for, and over the one compared; `as_of_lowered`: a later one was asked for."""

    key: str
    unit: str
    period: PeriodBody
    as_of: datetime
    as_of_lowered: bool
    data_as_of: datetime
    partial: bool
    counts: dict[str, int]
    segments: SegmentsBody
    difference: DifferenceBody
    reason: ReasonBody | None
    ci_pending: bool
    distributions: dict[str, DistributionBody] | None
    restated: RestatedBody | None
    compare: FiguresBody | None

    @classmethod
    def of(cls, answer: Answer) -> "AnswerBody":
        """Show an answer."""
        own = FiguresBody.of(answer.figures)
        return cls(
            key=answer.key,
            unit=answer.unit,
            period=own.period,
            as_of=answer.as_of,
            as_of_lowered=answer.as_of_lowered,
            data_as_of=answer.data_as_of,
            partial=own.partial,
            counts=own.counts,
            segments=own.segments,
            difference=own.difference,
            reason=own.reason,
            ci_pending=own.ci_pending,
            distributions=own.distributions,
            restated=own.restated,
            compare=None if answer.compare is None else FiguresBody.of(answer.compare),
        )


class SeriesBody(Struct, frozen=True):
    """A measure for every period of one grain, oldest first."""

    key: str
    unit: str
    grain: str
    as_of: datetime
    as_of_lowered: bool
    data_as_of: datetime
    periods: list[FiguresBody]

    @classmethod
    def of(cls, series: Series) -> "SeriesBody":
        """Show a series."""
        return cls(
            series.key,
            series.unit,
            series.grain,
            series.as_of,
            series.as_of_lowered,
            series.data_as_of,
            [FiguresBody.of(figures) for figures in series.periods],
        )
