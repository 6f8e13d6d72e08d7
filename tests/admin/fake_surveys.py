"""Surveys without a database, for the panel over a fake desk: as many answers as a test wants."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from msgspec import structs

from loyalty.intervals import Answers
from loyalty.programs.facts import ProgramFacts
from surveys.plans.content import Content, Texts
from surveys.plans.policy import Policy, StoredPolicy
from surveys.plans.queries import SurveyFacts
from surveys.results.coming_back import CROWDS, Returns
from surveys.results.lives import OCCURRENCES, WITHIN_DAYS, Recommended
from surveys.results.lives_read import Afterwards
from surveys.results.queries import Funnel, Group, Results
from surveys.results.scores import Rate, compared
from surveys.staff.facts import (
    AnswersAsked,
    AnswerSeen,
    AnswersSeen,
    BySurveyForm,
    CaseSeen,
    CasesSeen,
    CaseState,
    Done,
    Owner,
    SurveySeen,
    SurveysSeen,
    Taken,
)
from surveys.staff.foreseeing import Foreseen
from surveys.staff.results import ResultsSeen
from tests.admin.fake_people import NORA, STALE

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, 42, tzinfo=UTC)
CONTENT = Content(
    "After a purchase",
    {"kind": "after_purchase", "days": 7},
    {"fr": Texts(question="Nous recommanderiez-vous ?")},
    sample_bp=2_550,
)
ASKING = SurveySeen(
    SurveyFacts(UUID(int=51), "open", 2, 4, CONTENT, NOW, NOW), sent=420, answers=100, last_at=NOW, in_force=CONTENT
)
DRAFT = SurveySeen(SurveyFacts(UUID(int=52), "draft", 0, 1, structs.replace(CONTENT, name="A draft"), NOW, NOW))
MADE_UP = SurveySeen(
    SurveyFacts(UUID(int=53), "closed", 1, 1, structs.replace(CONTENT, name="Made up"), NOW, NOW, NOW),
    simulated=True,
    sent=9,
    answers=3,
    last_at=NOW,
)
ANGRY = AnswerSeen(
    UUID(int=61),
    "After a purchase",
    2,
    NOW,
    member=True,
    comment="Too slow,\n<b>and</b> too dear.",
    customer_id=NORA,
    name="Nora Weber",
    shop_id="c-61",
    purchase_id=UUID(int=71),
    order_id="o-71",
    bought_at=NOW - timedelta(days=8),
    case_id=UUID(int=81),
    case_open=True,
)
HAPPY = AnswerSeen(
    UUID(int=62), "After a purchase", 10, NOW, member=False, comment="Lovely.", publish=True, tier="gold"
)
SILENT = AnswerSeen(UUID(int=63), "After a purchase", 8, NOW, member=False, excluded_because="staff")
CASE = CaseSeen(UUID(int=81), NOW, TODAY - timedelta(days=1), ANGRY)
ME = Owner(UUID(int=1), "maya@example.com")


def _group(answers: Answers, asked: int) -> Group:
    return Group(answers, Rate(answers.n, asked))


@dataclass
class FakeSurveys:
    """The verbs, over a few surveys. `refusal`: what a change is refused with."""

    policy: StoredPolicy = field(default_factory=lambda: StoredPolicy(3, Policy(daily_cap=200, holdout_bp=500), "salt"))
    surveys: list[SurveySeen] = field(default_factory=lambda: [ASKING, DRAFT])
    members: Answers = field(default_factory=lambda: Answers(60, 25, 15))
    others: Answers = field(default_factory=lambda: Answers(22, 16, 12))
    before: Answers = field(default_factory=lambda: Answers(70, 50, 30))
    said: list[AnswerSeen] = field(default_factory=lambda: [ANGRY, HAPPY, SILENT])
    queue: list[CaseSeen] = field(default_factory=lambda: [CASE])
    planned: int = 0
    refusal: str = ""
    more: bool = False
    asked: list[AnswersAsked] = field(default_factory=list)
    drafted: dict[str, Content] = field(default_factory=dict)
    done: list[tuple[object, ...]] = field(default_factory=list)

    async def today(self, _: ProgramFacts, *, simulated: bool = False) -> date:  # noqa: ARG002 - as the real one
        """Give the day of the tests."""
        return TODAY

    async def listed(self, _: ProgramFacts) -> SurveysSeen:
        """Give them."""
        return SurveysSeen(self.policy, self.surveys)

    async def seen(self, _: ProgramFacts, survey_id: UUID) -> SurveySeen | None:
        """Find one."""
        return next((one for one in self.surveys if one.survey.survey_id == survey_id), None)

    async def draft(self, _: ProgramFacts, form: BySurveyForm, content: Content) -> Done:
        """Keep a draft, once for each key."""
        if self.refusal:
            return Done(code=self.refusal)
        self.drafted.setdefault(form.key, content)
        return Done(ASKING.survey.survey_id)

    async def edit(self, _: ProgramFacts, survey_id: UUID, version: int, content: Content) -> str:
        """Keep what was changed."""
        self.done.append(("edit", survey_id, version, content))
        return self.refusal

    async def foreseen(self, _: ProgramFacts, seen: SurveySeen) -> Foreseen:
        """Foresee a few; nothing where it is asked for."""
        since = NOW - timedelta(days=7)
        if not seen.survey.draft.triggered_by.events:
            return Foreseen(self.policy, since, 0, 0, {}, 0)
        first_at = NOW + timedelta(days=7)
        return Foreseen(self.policy, since, 1420, 310, {"no_consent": 1000, "throttled": 110}, self.planned, first_at)

    async def publish(self, _: ProgramFacts, form: BySurveyForm, survey_id: UUID, version: int | None = None) -> str:
        """Keep what was published."""
        if version == STALE:
            return "edited_meanwhile"
        self.done.append(("publish", survey_id, form.user_id))
        return self.refusal

    async def close(self, _: ProgramFacts, survey_id: UUID) -> str:
        """Keep what was closed."""
        self.done.append(("close", survey_id))
        return self.refusal

    async def publish_policy(
        self, _: ProgramFacts, form: BySurveyForm, policy: Policy, version: int | None = None
    ) -> str:
        """Keep the policy."""
        if version == STALE:
            return "edited_meanwhile"
        self.done.append(("policy", form.user_id, policy))
        return self.refusal

    async def answers(self, _: ProgramFacts, asked: AnswersAsked, *, whole: bool = False) -> AnswersSeen:
        """Give those of the kind that is asked for."""
        self.asked.append(asked)
        said = [one for one in self.said if one.simulated == asked.simulated]
        return AnswersSeen(said, self.more and not whole)

    async def results(self, program: ProgramFacts, asked: AnswersAsked) -> ResultsSeen:
        """Count what the test said."""
        members, others = _group(self.members, 400), _group(self.others, 300)
        every = Answers(*(getattr(self.members, name) + getattr(self.others, name) for name in _NAMES))
        days = [asked.start + timedelta(days=n) for n in range((asked.end - asked.start).days)]
        results = Results(
            everybody=_group(every, 700),
            members=members,
            others=others,
            histogram=[every.detractors, *[0] * 6, 0, every.passives, 0, every.promoters],
            difference=compared(self.members, self.others),
            change=compared(every, self.before),
            earlier=self.before,
            funnel=Funnel(1000, 800, 700, 6, every.n, 40, {"throttled": 120, "held_out": 80}),
        )
        rates = {crowd: {n: Rate(n // 10, 40) for n in WITHIN_DAYS} for crowd in CROWDS}
        rolling = [(day, every if place % 9 else Answers(0, 1, 0)) for place, day in enumerate(days)]
        feed = await self.answers(program, asked)
        later = Afterwards(
            now=NOW,
            returns=Returns(rates),
            quiet_promoters=Rate(11, 82),
            buying_detractors=Rate(9, 27),
            by_occurrence=dict.fromkeys([*OCCURRENCES, None], Answers(7, 3, 2)),
            recommended=dict.fromkeys(WITHIN_DAYS, Recommended(Rate(8, 60), Rate(3, 60))),
        )
        return ResultsSeen(asked, results, rolling, later, {"open": 1, "overdue": 1}, feed)

    async def of_person(self, _: ProgramFacts, customer_id: UUID) -> list[AnswerSeen]:
        """Give what somebody answered."""
        return [one for one in self.said if one.customer_id == customer_id]

    async def voices(self, _: ProgramFacts, *, simulated: bool = False) -> list[AnswerSeen]:
        """Give what may be published."""
        return [one for one in self.said if one.publish and one.simulated == simulated]

    async def cases(
        self,
        _: ProgramFacts,
        state: CaseState,
        after: UUID | None,
        user_id: UUID,  # noqa: ARG002 - as the real one
        *,
        mine: bool = False,
        simulated: bool = False,
    ) -> CasesSeen:
        """Give those of a state."""
        self.done.append(("cases", state, after, mine))
        found = [one for one in self.queue if one.answer.simulated == simulated]
        found = [one for one in found if (one.closed_at is None) == (state == "open")]
        return CasesSeen(found, {"open": len(found), "overdue": 1, "mine": 0, "closed": 0}, TODAY, self.more)

    async def case(self, _: ProgramFacts, case_id: UUID) -> CaseSeen | None:
        """Find one."""
        return next((one for one in self.queue if one.case_id == case_id), None)

    async def owners(self) -> list[Owner]:
        """Name who may take one."""
        return [ME]

    async def edit_case(
        self, _: ProgramFacts, case_id: UUID, owner: UUID | None, note: str | None, was: Taken | None = None
    ) -> str:
        """Keep who takes it."""
        if was is not None and was[1] == "of yesterday":
            return "edited_meanwhile"
        self.done.append(("take", case_id, owner, note))
        return self.refusal

    async def close_case(self, _: ProgramFacts, form: BySurveyForm, case_id: UUID, outcome: str) -> str:
        """Keep what came of it."""
        self.done.append(("close case", case_id, form.user_id, outcome))
        return self.refusal

    async def gesture(self, _: ProgramFacts, form: BySurveyForm, case_id: UUID, points: int, reason: str) -> str:
        """Keep what was given."""
        self.done.append(("gesture", case_id, form.user_id, points, reason))
        return self.refusal

    async def exclude(self, _: ProgramFacts, form: BySurveyForm, invitation_id: UUID, because: str | None) -> str:
        """Keep what was left out."""
        self.done.append(("exclude", invitation_id, form.user_id, because))
        return self.refusal


_NAMES = ("promoters", "passives", "detractors")


def made_up() -> FakeSurveys:
    """Give a shop with simulated answers only."""
    said = [structs.replace(one, simulated=True, survey="Made up") for one in (ANGRY, HAPPY)]
    return FakeSurveys(surveys=[MADE_UP], said=said, queue=[structs.replace(CASE, answer=said[0])])


def nothing() -> FakeSurveys:
    """Give a shop that never asked."""
    return FakeSurveys(StoredPolicy(0, Policy(), ""), [], *[Answers(0, 0, 0)] * 3, [], [])


def few(n: int) -> FakeSurveys:
    """Give a shop with so many answers."""
    return FakeSurveys(members=Answers(n, 0, 0), others=Answers(0, 0, 0), before=Answers(1, 0, 0))
