"""What goes over the wire about what became of those who were asked, and the same as a table."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.intervals import Answers, nps_interval
from loyalty.spreadsheets import Cell
from surveys.results.coming_back import Crowd
from surveys.results.lives import Occurrence
from surveys.results.lives_read import Afterwards, Group
from surveys.results.scores import shown
from surveys.results.wire import Interval, RateOut, rate_out

HEADER = ("question", "group", "within_days", "num", "den", "value", "low", "high")
PEOPLE_HEADER = ("id", "customer_ids", "score", "member", "answered_at", "bought_at")


class WithinOut(Struct):
    """Of those whose days are over, who did it in time."""

    days: int
    rate: RateOut


class CrowdOut(Struct):
    """Who bought again, of those who answered so, who stayed silent, and who were held out (`never_asked`)."""

    crowd: Crowd
    within: list[WithinOut]


class AfterOut(Struct):
    """The answers within 30 days after something; without `event`: after none of these. The score is unrounded."""

    event: Occurrence | None
    answers: int
    promoters: int
    passives: int
    detractors: int
    score: float | None
    ci95: Interval | None
    shown: int | None
    indicative: bool


class RecommendedOut(Struct):
    """Of promoters who were members: who shared the link or had it used (`invited`), and by whom a friend came."""

    days: int
    invited: RateOut
    brought: RateOut


class ReturnsOut(Struct):
    """What became of a period's answers, as known `as_of`; of each customer the latest counts.

    `quiet_promoters` have not bought for 90 days, of all promoters; `buying_detractors` have bought since and within
    90 days, of all detractors.
    """

    start: date
    end: date
    as_of: datetime
    come_back: list[CrowdOut]
    quiet_promoters: RateOut
    buying_detractors: RateOut
    by_event: list[AfterOut]
    recommended: list[RecommendedOut]


class FollowedOut(Struct):
    """One of them. `customer_ids` are this storefront's; `bought_at` is the latest purchase."""

    id: UUID
    customer_ids: list[str]
    score: int
    member: bool
    answered_at: datetime
    bought_at: datetime | None


class FollowedList(Struct):
    """A page of them, in the order of `id`; `count` are all."""

    group: Group
    as_of: datetime
    count: Annotated[int, Meta(ge=0)]
    data: list[FollowedOut]
    next_cursor: str | None


def returns_out(start: date, end: date, told: Afterwards) -> ReturnsOut:
    """Show what became of them."""
    return ReturnsOut(
        start=start,
        end=end,
        as_of=told.now,
        come_back=[
            CrowdOut(crowd, [WithinOut(days, rate_out(rate)) for days, rate in rates.items()])
            for crowd, rates in told.returns.by_crowd.items()
        ],
        quiet_promoters=rate_out(told.quiet_promoters),
        buying_detractors=rate_out(told.buying_detractors),
        by_event=[_after(event, answers) for event, answers in told.by_occurrence.items()],
        recommended=[
            RecommendedOut(days, rate_out(found.invited), rate_out(found.brought))
            for days, found in told.recommended.items()
        ],
    )


def returns_rows(told: ReturnsOut) -> Iterator[tuple[Cell, ...]]:
    """Give the same as rows: a score has promoters less detractors as its `num`."""
    for crowd in told.come_back:
        for one in crowd.within:
            yield _row("come_back", crowd.crowd, one.days, one.rate)
    yield _row("quiet_promoters", "promoter", None, told.quiet_promoters)
    yield _row("buying_detractors", "detractor", None, told.buying_detractors)
    for after in told.by_event:
        gap, ends = after.promoters - after.detractors, after.ci95 or (None, None)
        yield ("score_after", after.event or "nothing", 30, gap, after.answers, after.score, *ends)
    for found in told.recommended:
        yield _row("recommended", "invited", found.days, found.invited)
        yield _row("recommended", "brought", found.days, found.brought)


def _row(question: str, group: str, days: int | None, rate: RateOut) -> tuple[Cell, ...]:
    return (question, group, days, rate.num, rate.den, rate.value, *(rate.ci95 or (None, None)))


def _after(event: Occurrence | None, answers: Answers) -> AfterOut:
    seen = shown(answers)
    return AfterOut(
        event,
        answers.n,
        answers.promoters,
        answers.passives,
        answers.detractors,
        answers.score,
        nps_interval(answers),
        seen.score,
        seen.indicative,
    )
