"""The parts of the page of results: histogram, rolling score, who came back, and the way from asking to answering."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from admin.format import MISSING, Format
from admin.surveys.asked import View
from admin.surveys.pictures import bar, column
from admin.surveys.scores import rate_counts, spread
from admin.surveys.words import classes_said, crowd_said, reason_said
from loyalty.i18n import mark
from loyalty.intervals import Answers
from surveys.plans.classes import CLASSES, class_of
from surveys.results.coming_back import CROWDS, Returns
from surveys.results.lives import OCCURRENCES, WITHIN_DAYS, Occurrence
from surveys.results.lives_read import Afterwards
from surveys.results.queries import Funnel, Results
from surveys.results.scores import Rate, shown

_DAILY_UP_TO = 100
_A_WEEK = 7


@dataclass(frozen=True)
class Column:
    """One score of the histogram: its column leads to the answers with it, and back to all of them."""

    score: int
    count: str
    share: str
    nps_class: str
    picture: Markup
    address: str
    chosen: bool


@dataclass(frozen=True)
class ClassPart:
    """One class: how many, their share, and the way to their answers."""

    nps_class: str
    name: str
    count: str
    share: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class RollingRow:
    """The score by the end of a day; `plotted` is (value, low, high), None where the line has a gap."""

    day: str
    short: str
    value: str
    interval: str
    answers: str
    plotted: tuple[float, float, float] | None


@dataclass(frozen=True)
class Back:
    """Of a crowd, (share, counts, interval) within each number of days."""

    name: str
    cells: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Step:
    """A step from asking to answering, or a reason why somebody was not asked."""

    name: str
    count: str
    share: str
    picture: Markup


def make_columns(told: Results, view: View, f: Format) -> list[Column]:
    """Draw how many gave each score."""
    total, most = sum(told.histogram), max(*told.histogram, 1)
    return [
        Column(
            score=score,
            count=f.number(n),
            share=f.percent(n / total if total else None),
            nps_class=class_of(score),
            picture=column(n / most),
            address=f"{view.address(score='' if view.asked.score == score else str(score), **{'class': ''})}#answers",
            chosen=view.asked.score == score,
        )
        for score, n in enumerate(told.histogram)
    ]


def make_classes(answers: Answers, view: View, f: Format) -> list[ClassPart]:
    """Count the classes, detractors first, as they stand below the columns."""
    counts = {"promoter": answers.promoters, "passive": answers.passives, "detractor": answers.detractors}
    return [
        ClassPart(
            nps_class=name,
            name=classes_said(name, f),
            count=f.number(counts[name]),
            share=f.percent(counts[name] / answers.n if answers.n else None),
            address=f"{view.address(score='', **{'class': '' if view.asked.nps_class == name else name})}#answers",
            chosen=view.asked.nps_class == name,
        )
        for name in reversed(CLASSES)
    ]


def make_rolling(told: Sequence[tuple[date, Answers]], f: Format) -> list[RollingRow]:
    """Tell the score day by day, of a long time week by week, back from the last day."""
    step = timedelta(days=1 if len(told) <= _DAILY_UP_TO else _A_WEEK)
    last = told[-1][0] if told else date.min
    return [_rolling_row(day, answers, f) for day, answers in told if not (last - day) % step]


def _rolling_row(day: date, answers: Answers, f: Format) -> RollingRow:
    seen = shown(answers)
    plotted = None
    if seen.score is not None and seen.interval is not None and answers.score is not None:
        plotted = (round(answers.score, 4), round(seen.interval[0], 4), round(seen.interval[1], 4))
    return RollingRow(
        day=f.date(day),
        short=f.date(day, "d MMM"),
        value=MISSING if seen.score is None else f.number(seen.score),
        interval=spread(seen.interval, f) or MISSING,
        answers=f.number(answers.n),
        plotted=plotted,
    )


def make_back(returns: Returns, f: Format) -> list[Back]:
    """Tell of each crowd who bought again."""
    return [
        Back(crowd_said(crowd, f), [_back(returns.by_crowd[crowd][days], f) for days in WITHIN_DAYS])
        for crowd in CROWDS
    ]


def _back(rate: Rate, f: Format) -> tuple[str, str, str]:
    if rate.value is None or rate.ci95 is None:
        return MISSING, "", ""
    low, high = rate.ci95
    return f.percent(rate.value), rate_counts(rate, f), f.between(f.percent(low), f.percent(high))


@dataclass(frozen=True)
class Fact:
    """Something that became of answers: a share with its counts and interval, or a score."""

    name: str
    value: str
    counts: str
    interval: str


_HAPPENED: dict[Occurrence | None, str] = {
    "first_redemption": mark("In the 30 days after a first reward"),
    "points_expired": mark("In the 30 days after points expired"),
    "tier_up": mark("In the 30 days after a higher tier"),
    "tier_down": mark("In the 30 days after a lower tier"),
    None: mark("After none of these"),
}


def make_later(told: Afterwards, f: Format) -> list[Fact]:
    """Tell who did otherwise than they said, and who did as they said."""
    words = f.words
    quarter = told.recommended[max(WITHIN_DAYS)]
    rates = [
        (words.gettext("Promoters who have not bought for 90 days"), told.quiet_promoters),
        (words.gettext("Detractors who have bought since, and lately"), told.buying_detractors),
        (words.gettext("Promoters, members, who told a friend within 90 days"), quarter.invited),
        (words.gettext("Promoters, members, who brought a friend within 90 days"), quarter.brought),
    ]
    return [Fact(name, *_back(rate, f)) for name, rate in rates]


def make_occurrences(told: Afterwards, f: Format) -> list[Fact]:
    """Tell the score after what the programme does to its members."""
    return [_occurrence(what, told.by_occurrence[what], f) for what in (*OCCURRENCES, None)]


def _occurrence(what: Occurrence | None, answers: Answers, f: Format) -> Fact:
    seen = shown(answers)
    value = MISSING if seen.score is None else f.number(seen.score)
    said = spread(seen.interval, f)
    if seen.score is None and answers.n:
        said = f.words.gettext("too few")
    elif seen.indicative:
        said = f"{said}, {f.words.gettext('indicative')}"
    return Fact(f.words.gettext(_HAPPENED[what]), value, answers_said(answers.n, f), said)


def answers_said(n: int, f: Format) -> str:
    """Count answers."""
    return f.words.ngettext("%(n)s answer", "%(n)s answers", n, n=f.number(n))


def make_funnel(funnel: Funnel, f: Format) -> list[Step]:
    """Tell the way from an occasion to a comment."""
    words = f.words
    steps = [
        (words.gettext("Occasions"), funnel.eligible),
        (words.gettext("Invited"), funnel.invited),
        (words.gettext("Sent"), funnel.sent),
        (words.gettext("Came back as undeliverable"), funnel.bounced),
        (words.gettext("Gave a score"), funnel.scored),
        (words.gettext("Wrote a comment"), funnel.commented),
    ]
    return [_step(name, n, funnel.eligible, f) for name, n in steps]


def make_reasons(funnel: Funnel, f: Format) -> list[Step]:
    """Tell why the others were not asked."""
    return [_step(reason_said(reason, f), n, funnel.eligible, f) for reason, n in funnel.reasons.items()]


def _step(name: str, n: int, of: int, f: Format) -> Step:
    return Step(name, f.number(n), f.percent(n / of if of else None), bar(n / of if of else 0.0))
