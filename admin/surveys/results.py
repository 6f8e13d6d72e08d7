"""The page of results, top to bottom, made of ready texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.format import Format
from admin.picker import Option
from admin.surveys.asked import LENGTHS, View, following
from admin.surveys.feed import AnswerRow, make_answer
from admin.surveys.parts import (
    Back,
    ClassPart,
    Column,
    Fact,
    RollingRow,
    Step,
    make_back,
    make_classes,
    make_columns,
    make_funnel,
    make_later,
    make_occurrences,
    make_reasons,
    make_rolling,
)
from admin.surveys.scores import Compared, ScoreSaid, compared_of, draw_both, draw_score, score_of
from loyalty.programs.facts import ProgramFacts
from surveys.staff.facts import SurveysSeen
from surveys.staff.results import ResultsSeen


@dataclass(frozen=True)
class Filter:
    """One way to narrow the answers down; choosing it again takes it away."""

    name: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class ResultsPage:
    """The page. `kinds`: real and simulated answers, where there are both; `files`: a table's address by name.

    `came_up`: whether there was an occasion to ask somebody; `answered`: whether there is something to show of it.
    """

    view: View
    period: str
    lengths: Sequence[Option]
    surveys: Sequence[Option]
    kinds: Sequence[Filter]
    simulated: bool
    started: bool
    came_up: bool
    answered: bool
    score: ScoreSaid
    picture: Markup | None
    change: Compared
    before: str
    open_cases: str
    overdue: str
    cases: str
    columns: Sequence[Column]
    classes: Sequence[ClassPart]
    rolling: Sequence[RollingRow]
    members: ScoreSaid
    others: ScoreSaid
    both: Markup | None
    difference: Compared
    back: Sequence[Back]
    later: Sequence[Fact]
    occurrences: Sequence[Fact]
    funnel: Sequence[Step]
    reasons: Sequence[Step]
    filters: Sequence[Filter]
    answers: Sequence[AnswerRow]
    counted: str
    first: str
    following: str
    files: dict[str, str]

    @property
    def is_drawn(self) -> bool:
        """Whether the rolling score has a point."""
        return any(row.plotted for row in self.rolling)


TABLES = ("histogram", "rolling", "groups", "coming-back", "afterwards", "funnel", "answers")


def make_results(
    program: ProgramFacts, view: View, listed: SurveysSeen, told: ResultsSeen, f: Format, *, changes: bool
) -> ResultsPage:
    """Put everything into words and pictures."""
    results, asked, words = told.results, view.asked, f.words
    base = f"/admin/p/{program.program_id}"
    score = score_of(results.everybody, f)
    kept = {"answers": "simulated"} if asked.simulated else {}
    feed = told.feed
    return ResultsPage(
        view=view,
        period=f.dates(asked.start, view.until),
        lengths=[
            Option(str(days), words.gettext("%(n)s days", n=f.number(days)), days == view.days) for days in LENGTHS
        ],
        surveys=[
            Option(str(one.survey.survey_id), one.survey.draft.name, one.survey.survey_id == asked.survey_id)
            for one in listed.surveys
            if one.simulated == asked.simulated and one.survey.edition
        ],
        kinds=_kinds(view, f),
        simulated=asked.simulated,
        started=any(one.survey.edition for one in listed.surveys),
        came_up=results.funnel.eligible > 0,
        # Those that are in no score are answers, too.
        answered=score.state != "none" or bool(feed.answers) or view.narrowed,
        score=score,
        picture=draw_score(score, results.everybody, f),
        change=compared_of(results.change, results.everybody.answers, results.earlier, f),
        before=words.gettext("against the %(n)s days before", n=f.number(view.days)),
        open_cases=f.number(told.cases.get("open", 0)),
        overdue=_overdue(told.cases.get("overdue", 0), f),
        cases=f"{base}/survey-cases{'?answers=simulated' if kept else ''}",
        columns=make_columns(results, view, f),
        classes=make_classes(results.everybody.answers, view, f),
        rolling=make_rolling(told.rolling, f),
        members=score_of(results.members, f),
        others=score_of(results.others, f),
        both=draw_both(results.members, results.others, f),
        difference=compared_of(results.difference, results.members.answers, results.others.answers, f),
        back=make_back(told.afterwards.returns, f),
        later=make_later(told.afterwards, f),
        occurrences=make_occurrences(told.afterwards, f),
        funnel=make_funnel(results.funnel, f),
        reasons=make_reasons(results.funnel, f),
        filters=_filters(view, f),
        answers=[make_answer(program, one, f, changes=changes) for one in feed.answers],
        counted=words.ngettext(
            "%(n)s answer, newest first",
            "%(n)s answers, newest first",
            len(feed.answers),
            n=f.number(len(feed.answers)),
        ),
        first=f"{view.address()}#answers" if asked.after else "",
        following=f"{following(view, feed.answers[-1].invitation_id)}#answers" if feed.more else "",
        files={name: view.address(f"{view.path}/{name}.csv") for name in TABLES},
    )


def _kinds(view: View, f: Format) -> list[Filter]:
    if not view.both:
        return []
    names = {"real": f.words.gettext("Real answers"), "simulated": f.words.gettext("Simulated answers")}
    return [
        Filter(text, view.address(answers=name, survey=""), (name == "simulated") == view.asked.simulated)
        for name, text in names.items()
    ]


def _overdue(n: int, f: Format) -> str:
    return f.words.gettext("%(n)s overdue", n=f.number(n)) if n else ""


def _filters(view: View, f: Format) -> list[Filter]:
    words, asked = f.words, view.asked
    who = {True: "member", False: "non_member", None: ""}[asked.member]

    def toggled(name: str, value: str, text: str, *, chosen: bool) -> Filter:
        return Filter(text, f"{view.address(**{name: '' if chosen else value})}#answers", chosen)

    return [
        toggled("said", "1", words.gettext("With a comment"), chosen=asked.commented),
        toggled("case", "1", words.gettext("With an open case"), chosen=asked.open_case),
        toggled("published", "1", words.gettext("May be published"), chosen=asked.published),
        toggled("who", "member", words.gettext("Members"), chosen=who == "member"),
        toggled("who", "non_member", words.gettext("Non-members"), chosen=who == "non_member"),
    ]
