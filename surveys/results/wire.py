"""What goes over the wire about what came of surveys."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.intervals import Answers, NpsDifference
from surveys.results.queries import Group, Results
from surveys.results.scores import Rate, shown

Interval = tuple[float, float]


class RateOut(Struct):
    """Who did it, of whom."""

    num: int
    den: int
    value: float | None
    ci95: Interval | None


class GroupOut(Struct):
    """The answers of some: the score is unrounded; `shown` is what people should see, null where there are too few."""

    answers: int
    promoters: int
    passives: int
    detractors: int
    score: float | None
    ci95: Interval | None
    shown: int | None
    indicative: bool
    response_rate: RateOut


class ComparedOut(Struct):
    """Two scores compared; `proven` where the interval of the difference leaves 0 out."""

    value: float
    ci95: Interval
    z: float
    p: float
    proven: bool


class FunnelOut(Struct):
    """From an occasion to a comment; `reasons`: why the others were not asked."""

    eligible: int
    invited: int
    sent: int
    bounced: int
    scored: int
    commented: int
    reasons: dict[str, int]


class ResultsOut(Struct):
    """A period's answers, of each customer the latest. `change`: against as many days before."""

    start: date
    end: date
    all: GroupOut
    member: GroupOut
    non_member: GroupOut
    difference: ComparedOut | None
    change: ComparedOut | None
    histogram: Annotated[list[int], Meta(description="How many gave 0, 1, … 10.")]
    funnel: FunnelOut


class VoiceOut(Struct):
    """A comment that its customer allows to be published, with the first name where one is known."""

    score: int
    comment: str
    first_name: str | None
    allowed_at: datetime


class VoiceList(Struct):
    """Comments, those allowed last first."""

    data: list[VoiceOut]
    next_cursor: str | None


def results_out(start: date, end: date, told: Results) -> ResultsOut:
    """Show what came of surveys."""
    funnel = told.funnel
    return ResultsOut(
        start,
        end,
        _group(told.everybody),
        _group(told.members),
        _group(told.others),
        _compared(told.difference),
        _compared(told.change),
        list(told.histogram),
        FunnelOut(
            funnel.eligible,
            funnel.invited,
            funnel.sent,
            funnel.bounced,
            funnel.scored,
            funnel.commented,
            funnel.reasons,
        ),
    )


def _group(group: Group) -> GroupOut:
    answers: Answers = group.answers
    seen = shown(answers)
    return GroupOut(
        answers.n,
        answers.promoters,
        answers.passives,
        answers.detractors,
        answers.score,
        group.interval,
        seen.score,
        seen.indicative,
        rate_out(group.response),
    )


def rate_out(rate: Rate) -> RateOut:
    """Show a share with its interval."""
    return RateOut(rate.num, rate.den, rate.value, rate.ci95)


def _compared(told: NpsDifference | None) -> ComparedOut | None:
    if told is None:
        return None
    proven = not told.ci95[0] <= 0 <= told.ci95[1]
    return ComparedOut(told.value, told.ci95, told.z, told.p, proven)
