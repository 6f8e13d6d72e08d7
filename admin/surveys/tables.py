"""The tables of the page of results as files: the same numbers, unrounded."""

from collections.abc import Mapping, Sequence

from admin.csv_file import Cell
from admin.format import Format
from admin.surveys.parts import make_later, make_occurrences
from admin.surveys.words import classes_said, crowd_said, reason_said
from loyalty.intervals import Answers, nps_interval
from surveys.plans.classes import class_of
from surveys.results.coming_back import CROWDS
from surveys.results.lives import WITHIN_DAYS
from surveys.results.queries import Group
from surveys.results.scores import Rate
from surveys.staff.results import ResultsSeen

Table = tuple[list[str], list[list[Cell]]]


def histogram_table(told: ResultsSeen, f: Format) -> Table:
    """Give how many gave each score."""
    words = f.words
    header = [words.gettext("Score"), words.gettext("Class"), words.gettext("Answers")]
    return header, [[score, classes_said(class_of(score), f), n] for score, n in enumerate(told.results.histogram)]


def rolling_table(told: ResultsSeen, f: Format) -> Table:
    """Give the rolling score by the end of each day."""
    words = f.words
    header = [words.gettext("Day"), *_scored(f)]
    return header, [[day.isoformat(), *_score(answers)] for day, answers in told.rolling]


def groups_table(told: ResultsSeen, f: Format) -> Table:
    """Give all, members and non-members with their response rates."""
    words, results = f.words, told.results
    header = [words.gettext("Segment"), *_scored(f), words.gettext("Response rate"), words.gettext("Asked")]
    groups: Mapping[str, Group] = {
        words.gettext("All"): results.everybody,
        words.gettext("Members"): results.members,
        words.gettext("Non-members"): results.others,
    }
    rows: list[list[Cell]] = [
        [name, *_score(group.answers), group.response.value, group.response.den] for name, group in groups.items()
    ]
    return header, rows


def back_table(told: ResultsSeen, f: Format) -> Table:
    """Give who bought again within how many days."""
    words = f.words
    header = [
        words.gettext("Who"),
        words.gettext("Within days"),
        words.gettext("Share"),
        words.gettext("Bought again"),
        words.gettext("Of"),
        words.gettext("Low"),
        words.gettext("High"),
    ]
    rows: list[list[Cell]] = [
        [crowd_said(crowd, f), days, *_rate(told.afterwards.returns.by_crowd[crowd][days])]
        for crowd in CROWDS
        for days in WITHIN_DAYS
    ]
    return header, rows


def afterwards_table(told: ResultsSeen, f: Format) -> Table:
    """Give what became of answers, as it is on the page."""
    words = f.words
    header = [words.gettext("What"), words.gettext("Value"), words.gettext("Counted"), words.gettext("95%% interval")]
    facts = [*make_later(told.afterwards, f), *make_occurrences(told.afterwards, f)]
    return header, [[one.name, one.value, one.counts, one.interval] for one in facts]


def funnel_table(told: ResultsSeen, f: Format) -> Table:
    """Give the way from an occasion to a comment, then why the others were not asked."""
    words, funnel = f.words, told.results.funnel
    header = [words.gettext("Step"), words.gettext("Count")]
    steps: Sequence[tuple[str, int]] = [
        (words.gettext("Occasions"), funnel.eligible),
        (words.gettext("Invited"), funnel.invited),
        (words.gettext("Sent"), funnel.sent),
        (words.gettext("Came back as undeliverable"), funnel.bounced),
        (words.gettext("Gave a score"), funnel.scored),
        (words.gettext("Wrote a comment"), funnel.commented),
    ]
    reasons = [(reason_said(reason, f), n) for reason, n in funnel.reasons.items()]
    return header, [[name, n] for name, n in [*steps, *reasons]]


def _scored(f: Format) -> list[str]:
    words = f.words
    return [
        words.gettext("Score"),
        words.gettext("Low"),
        words.gettext("High"),
        words.gettext("Promoters"),
        words.gettext("Passives"),
        words.gettext("Detractors"),
        words.gettext("Answers"),
    ]


def _score(answers: Answers) -> list[Cell]:
    low, high = nps_interval(answers) or (None, None)
    return [answers.score, low, high, answers.promoters, answers.passives, answers.detractors, answers.n]


def _rate(rate: Rate) -> list[Cell]:
    low, high = rate.ci95 or (None, None)
    return [rate.value, rate.num, rate.den, low, high]


MAKERS = {
    "histogram": histogram_table,
    "rolling": rolling_table,
    "groups": groups_table,
    "coming-back": back_table,
    "afterwards": afterwards_table,
    "funnel": funnel_table,
}
