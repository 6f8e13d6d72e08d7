"""What goes over the wire about surveys."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.intervals import Answers, NpsDifference
from loyalty.web.bounds import ShopId
from surveys.plan import Content, Name, Texts, Tongue
from surveys.policy import EVERYBODY_BP, Policy, Purpose, Share, StoredPolicy
from surveys.queries import SurveyFacts
from surveys.results import Group, Rate, Results
from surveys.scores import shown

Interval = tuple[float, float]


class PolicyIn(Struct, forbid_unknown_fields=True):
    """What holds in all surveys: how often somebody is asked, how many in a day, and who never."""

    quarantine_days: Annotated[int, Meta(ge=0, le=3_650, description="Nobody is asked again sooner.")] = 90
    holdout_bp: Annotated[Share, Meta(description="Of 10,000 customers, so many are never asked.")] = 0
    daily_cap: Annotated[int | None, Meta(ge=1, le=10_000_000, description="Sent by mail in a local day.")] = None
    consent: Annotated[
        Purpose | None, Meta(description="The name of the consent that mail needs; null: none is needed.")
    ] = "surveys"

    def policy(self) -> Policy:
        """Hand it to the rules."""
        return Policy(self.quarantine_days, self.holdout_bp, self.daily_cap, self.consent)


class PolicyOut(Struct):
    """A programme's policy in force; `version` 0: it never had any, and nobody is asked."""

    version: int
    quarantine_days: int
    holdout_bp: int
    daily_cap: int | None
    consent: str | None


class SurveyIn(Struct, forbid_unknown_fields=True):
    """A survey: what it says, and whom it asks. What it does not say, the service says in its own words."""

    name: Name
    trigger: Annotated[
        dict[str, Any],
        Meta(
            description="`kind`, with that kind's settings; `docs/surveys.md` lists them.",
            examples=[{"kind": "after_purchase", "days": 7}],
        ),
    ]
    texts: dict[Tongue, Texts] = {}
    sample_bp: Annotated[Share, Meta(description="Of 10,000 occasions, so many are asked about.")] = EVERYBODY_BP
    reminder: bool = True
    send_at: Annotated[int, Meta(ge=0, le=23, description="The local hour.")] = 10
    case_days: Annotated[int, Meta(ge=0, le=90, description="Within so many days a detractor's case is due.")] = 3

    def content(self) -> Content:
        """Hand it to the rules."""
        told = {name: getattr(self, name) for name in Content.__struct_fields__}
        return Content(**told)


class SurveyOut(Struct):
    """A survey with its draft. `edition`: the newest that was published; 0: none, and nobody is asked."""

    survey_id: UUID
    state: Literal["draft", "open", "closed"]
    edition: int
    version: int
    draft: Content
    made_at: datetime
    changed_at: datetime
    closed_at: datetime | None


class SurveyList(Struct):
    """All surveys, oldest first."""

    data: list[SurveyOut]


class LinkIn(Struct, forbid_unknown_fields=True):
    """Whom to ask."""

    customer_id: ShopId


class LinkOut(Struct):
    """A link to show, or why the customer is not asked. A retry with the same key gets the same."""

    invitation_id: UUID
    state: Literal["invited", "skipped"]
    reason: str | None
    url: str | None
    expires_at: datetime | None


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


def policy_out(stored: StoredPolicy) -> PolicyOut:
    """Show the policy."""
    told = stored.policy
    return PolicyOut(stored.version, told.quarantine_days, told.holdout_bp, told.daily_cap, told.consent)


def survey_out(survey: SurveyFacts) -> SurveyOut:
    """Show a survey."""
    return SurveyOut(**{name: getattr(survey, name) for name in SurveyFacts.__struct_fields__})


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
        _rate(group.response),
    )


def _rate(rate: Rate) -> RateOut:
    return RateOut(rate.num, rate.den, rate.value, rate.ci95)


def _compared(told: NpsDifference | None) -> ComparedOut | None:
    if told is None:
        return None
    proven = not told.ci95[0] <= 0 <= told.ci95[1]
    return ComparedOut(told.value, told.ci95, told.z, told.p, proven)
