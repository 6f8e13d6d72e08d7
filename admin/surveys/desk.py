"""What the pages of surveys need from the rooms below."""

from datetime import date
from typing import Protocol
from uuid import UUID

from loyalty.programs.facts import ProgramFacts
from surveys.plans.content import Content
from surveys.plans.policy import Policy
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


class SurveysDesk(Protocol):
    """The verbs about surveys. A refusal is told by its lasting code; "" is none."""

    async def today(self, program: ProgramFacts, *, simulated: bool = False) -> date:
        """Tell which local day it is; of what was made up, the one after it ends."""

    async def listed(self, program: ProgramFacts) -> SurveysSeen:
        """List the surveys, the newest first, with the policy."""

    async def seen(self, program: ProgramFacts, survey_id: UUID) -> SurveySeen | None:
        """Read a survey; None when there is none."""

    async def draft(self, program: ProgramFacts, form: BySurveyForm, content: Content) -> Done:
        """Begin a survey, once under the form's key."""

    async def edit(self, program: ProgramFacts, survey_id: UUID, version: int, content: Content) -> str:
        """Change the draft, if nobody else did since `version`."""

    async def foreseen(self, program: ProgramFacts, seen: SurveySeen) -> Foreseen:
        """Tell what publishing a survey's draft comes to; nothing is written."""

    async def publish(
        self, program: ProgramFacts, form: BySurveyForm, survey_id: UUID, version: int | None = None
    ) -> str:
        """Publish the draft as the next edition, as it was read in its `version`."""

    async def close(self, program: ProgramFacts, survey_id: UUID) -> str:
        """Ask nobody any more."""

    async def publish_policy(
        self, program: ProgramFacts, form: BySurveyForm, policy: Policy, version: int | None = None
    ) -> str:
        """Publish the policy as the next version after `version`."""

    async def answers(self, program: ProgramFacts, asked: AnswersAsked, *, whole: bool = False) -> AnswersSeen:
        """Read a page of answers, or all."""

    async def results(self, program: ProgramFacts, asked: AnswersAsked) -> ResultsSeen:
        """Count what came of a period, and read the first page of its answers."""

    async def of_person(self, program: ProgramFacts, customer_id: UUID) -> list[AnswerSeen]:
        """Read what somebody answered, the newest first."""

    async def voices(self, program: ProgramFacts, *, simulated: bool = False) -> list[AnswerSeen]:
        """Read what may be published."""

    async def cases(
        self,
        program: ProgramFacts,
        state: CaseState,
        after: UUID | None,
        user_id: UUID,
        *,
        mine: bool = False,
        simulated: bool = False,
    ) -> CasesSeen:
        """Read a page of cases, from the first or after one of them."""

    async def case(self, program: ProgramFacts, case_id: UUID) -> CaseSeen | None:
        """Read a case."""

    async def owners(self) -> list[Owner]:
        """Name those who may take care of a case."""

    async def edit_case(
        self, program: ProgramFacts, case_id: UUID, owner: UUID | None, note: str | None, was: Taken | None = None
    ) -> str:
        """Say who takes care of a case, and what was found; `was`: who and what it was when the form was drawn."""

    async def close_case(self, program: ProgramFacts, form: BySurveyForm, case_id: UUID, outcome: str) -> str:
        """Close a case without points."""

    async def gesture(self, program: ProgramFacts, form: BySurveyForm, case_id: UUID, points: int, reason: str) -> str:
        """Give points as a gesture, and close the case with them."""

    async def exclude(self, program: ProgramFacts, form: BySurveyForm, invitation_id: UUID, because: str | None) -> str:
        """Keep an answer out of the score with a reason, or (None) let it back in."""
