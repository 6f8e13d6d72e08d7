"""What staff see of surveys: the list, one of them, answers, and cases; and what they ask for."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from surveys.plans.content import Content
from surveys.plans.policy import StoredPolicy
from surveys.plans.queries import SurveyFacts

PAGE, FEED = 50, 20
CaseState = Literal["open", "closed"]


class SurveySeen(Struct, frozen=True):
    """A survey with its numbers. `simulated` ones were made up, and ask nobody. `in_force`: the open edition."""

    survey: SurveyFacts
    simulated: bool = False
    sent: int = 0
    answers: int = 0
    last_at: datetime | None = None
    in_force: Content | None = None


class SurveysSeen(Struct, frozen=True):
    """All surveys, the newest first, and the policy that they hold to."""

    policy: StoredPolicy
    surveys: list[SurveySeen]

    @property
    def has_real(self) -> bool:
        """Whether a survey was published that asks real customers."""
        return any(not one.simulated and one.survey.edition for one in self.surveys)

    @property
    def has_simulated(self) -> bool:
        """Whether there is a simulated one."""
        return any(one.simulated for one in self.surveys)


class AnswersAsked(Struct, frozen=True):
    """Which answers: of local days `[start, end)`, simulated or real (never both), and what narrows them down."""

    start: date
    end: date
    simulated: bool = False
    survey_id: UUID | None = None
    score: int | None = None
    nps_class: str | None = None
    member: bool | None = None
    commented: bool = False
    open_case: bool = False
    published: bool = False
    after: UUID | None = None


class AnswerSeen(Struct, frozen=True):
    """An answer, and the ways to whom and what it is about. Of the forgotten neither is known."""

    invitation_id: UUID
    survey: str
    score: int
    first_scored_at: datetime
    member: bool
    simulated: bool = False
    comment: str | None = None
    publish: bool = False
    rewarded: bool = False
    excluded_because: str | None = None
    tier: str | None = None
    customer_id: UUID | None = None
    name: str | None = None
    email: str | None = None
    shop_id: str | None = None
    purchase_id: UUID | None = None
    order_id: str | None = None
    bought_at: datetime | None = None
    case_id: UUID | None = None
    case_open: bool = False


class AnswersSeen(Struct, frozen=True):
    """A page of answers, the newest first; `more`: there are others after them."""

    answers: list[AnswerSeen]
    more: bool = False


class CaseSeen(Struct, frozen=True):
    """A case, with its answer. `owner` is the user's e-mail; `points`: of a gesture."""

    case_id: UUID
    opened_at: datetime
    due_on: date
    answer: AnswerSeen
    owner: str | None = None
    owner_id: UUID | None = None
    note: str | None = None
    outcome: str | None = None
    award_id: UUID | None = None
    points: int | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None


# Who takes care of a case, and what was found.
Taken = tuple[UUID | None, str | None]


class CasesSeen(Struct, frozen=True):
    """A page of cases, those due first before the others. `counts`: open, overdue, mine, closed. `today`: local."""

    cases: list[CaseSeen]
    counts: dict[str, int]
    today: date
    more: bool = False


class Owner(Struct, frozen=True):
    """Somebody who may take care of a case."""

    user_id: UUID
    email: str


class BySurveyForm(Struct, frozen=True):
    """Who sent which form. `key` is the form's own: sending it twice does it once."""

    user_id: UUID
    request_id: str
    key: str = ""

    @property
    def actor(self) -> str:
        """Who it was, as it is stored."""
        return f"user:{self.user_id}"


class Done(Struct, frozen=True):
    """What came of it; `code` is the lasting code of a refusal."""

    survey_id: UUID | None = None
    code: str = ""


Told = dict[str, Any]
