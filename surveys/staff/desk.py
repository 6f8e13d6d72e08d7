"""The verbs behind the panel's pages about surveys, each as one edge. A refusal is told by its lasting code."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from loyalty.database import Connection, Database, Tx, one, write
from loyalty.errors import Conflict, Invalid, LoyaltyError, NotFound
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.idempotency.rules import fingerprint
from loyalty.points.dates import local_day
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.staff import as_read
from surveys.answers.cases import close_case, close_with_points, edit_case, exclude_answer
from surveys.plans import actions
from surveys.plans import queries as plans
from surveys.plans.content import Content
from surveys.plans.policy import Policy
from surveys.results.coming_back import known_at
from surveys.staff import queries
from surveys.staff.facts import (
    PAGE,
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
from surveys.staff.foreseeing import Foreseen, foresee
from surveys.staff.results import ResultsSeen, read_answers, see_results

_decode = msgspec.json.Decoder(Done).decode


@dataclass(frozen=True, slots=True)
class StaffSurveys:
    """The verbs, over this process's pools."""

    database: Callable[[], Database]

    async def today(self, program: ProgramFacts, *, simulated: bool = False) -> date:
        """Tell which local day it is; of what was made up, the one after it ends."""
        async with self.database().reader() as connection:
            return local_day(await known_at(connection, program.program_id, simulated=simulated), program.zone)

    async def listed(self, program: ProgramFacts) -> SurveysSeen:
        """List the surveys, the newest first, with the policy."""
        program_id = program.program_id
        async with self.database().reader() as connection:
            numbers = await queries.numbers(connection, program_id)
            found = await plans.list_surveys(connection, program_id)
            policy = await plans.policy_of(connection, program_id)
        seen = [SurveySeen(one, *numbers.get(one.survey_id, ())) for one in reversed(found)]
        return SurveysSeen(policy, seen)

    async def seen(self, program: ProgramFacts, survey_id: UUID) -> SurveySeen | None:
        """Read a survey; None when there is none."""
        program_id = program.program_id
        async with self.database().reader() as connection:
            found = await plans.find_survey(connection, program_id, survey_id)
            if found is None:
                return None
            numbers = await queries.numbers(connection, program_id, survey_id)
            editions = {one.survey_id: one for one in await plans.open_editions(connection, program_id)}
        in_force = editions[survey_id].content if survey_id in editions else None
        return SurveySeen(found, *numbers[survey_id], in_force)

    async def draft(self, program: ProgramFacts, form: BySurveyForm, content: Content) -> Done:
        """Begin a survey, once under the form's key."""
        once = Once(
            program.program_id,
            f"user/{form.user_id}",
            form.key,
            fingerprint("panel-survey/1", content),
            form.request_id,
        )

        async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
            made = await actions.draft_survey(tx.connection, program.program_id, content, form.actor)
            answer = msgspec.json.encode(Done(made.survey_id))
            await pin_alone(tx.connection, keyed, 200, answer, None)
            return 200, answer

        try:
            answered = await write_once(self.database(), once, pinned, whole=True)
        except LoyaltyError as refusal:
            return Done(code=refusal.code)
        return _decode(answered.pinned.body)

    async def edit(self, program: ProgramFacts, survey_id: UUID, version: int, content: Content) -> str:
        """Change the draft, if nobody else did since `version`."""

        async def verb(connection: Connection) -> object:
            found = await actions.to_change(connection, program.program_id, survey_id)
            if found.version != version:
                return "edited_meanwhile"
            return await actions.edit_survey(connection, program.program_id, survey_id, content)

        return await self._refused(verb)

    async def foreseen(self, program: ProgramFacts, seen: SurveySeen) -> Foreseen:
        """Tell what publishing a survey's draft comes to; nothing is written."""
        async with (
            self.database().reader() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await foresee(connection, program, seen.survey)

    async def publish(
        self, program: ProgramFacts, form: BySurveyForm, survey_id: UUID, version: int | None = None
    ) -> str:
        """Publish the draft as the next edition, as it was read in its `version`."""
        told = (program.program_id, survey_id, form.actor, as_read(version))
        return await self._refused(lambda c: actions.publish_survey(c, *told))

    async def close(self, program: ProgramFacts, survey_id: UUID) -> str:
        """Ask nobody any more."""
        return await self._refused(lambda c: actions.close_survey(c, program.program_id, survey_id))

    async def publish_policy(
        self, program: ProgramFacts, form: BySurveyForm, policy: Policy, version: int | None = None
    ) -> str:
        """Publish the policy as the next version after `version`; the same again is the version there is."""
        told = (program.program_id, policy, form.actor, as_read(version))
        return await self._refused(lambda c: actions.publish_policy(c, *told))

    async def answers(self, program: ProgramFacts, asked: AnswersAsked, *, whole: bool = False) -> AnswersSeen:
        """Read a page of answers, or all."""
        async with self.database().reader() as connection:
            return await read_answers(connection, program, asked, whole=whole)

    async def results(self, program: ProgramFacts, asked: AnswersAsked) -> ResultsSeen:
        """Count what came of a period, and read the first page of its answers; all of one moment."""
        async with (
            self.database().reader() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await see_results(connection, program, asked, await read_answers(connection, program, asked))

    async def of_person(self, program: ProgramFacts, customer_id: UUID) -> list[AnswerSeen]:
        """Read what somebody answered, the newest first."""
        async with self.database().reader() as connection:
            return await queries.answers_of(connection, program.program_id, customer_id)

    async def voices(self, program: ProgramFacts, *, simulated: bool = False) -> list[AnswerSeen]:
        """Read what may be published."""
        async with self.database().reader() as connection:
            return await queries.voices(connection, program.program_id, PAGE, simulated=simulated)

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
        program_id, owner = program.program_id, f"user:{user_id}"
        async with self.database().reader() as connection:
            today = local_day(await known_at(connection, program_id, simulated=simulated), program.zone)
            whose = owner if mine else None
            found = await queries.cases(connection, program_id, state, whose, after, PAGE + 1, simulated=simulated)
            counts = await queries.counts(connection, program_id, today, owner, simulated=simulated)
        return CasesSeen(found[:PAGE], counts, today, len(found) > PAGE)

    async def case(self, program: ProgramFacts, case_id: UUID) -> CaseSeen | None:
        """Read a case."""
        async with self.database().reader() as connection:
            return await queries.case(connection, program.program_id, case_id)

    async def owners(self) -> list[Owner]:
        """Name those who may take care of a case."""
        async with self.database().reader() as connection:
            return await queries.owners(connection)

    async def edit_case(
        self, program: ProgramFacts, case_id: UUID, owner: UUID | None, note: str | None, was: Taken | None = None
    ) -> str:
        """Say who takes care of a case, and what was found; `was`: who and what it was when the form was drawn."""
        told = (_actor(owner), note)
        before = None if was is None else (_actor(was[0]), was[1])
        return await self._done(lambda tx: edit_case(tx, program.program_id, case_id, *told, was=before))

    async def close_case(self, program: ProgramFacts, form: BySurveyForm, case_id: UUID, outcome: Any) -> str:  # noqa: ANN401 - one of its outcomes
        """Close a case without points."""
        return await self._done(lambda tx: close_case(tx, program.program_id, case_id, outcome, form.actor))

    async def gesture(self, program: ProgramFacts, form: BySurveyForm, case_id: UUID, points: int, reason: str) -> str:
        """Give points as a gesture, and close the case with them."""
        async with self.database().reader() as connection:
            found = await queries.namespace_of(connection, program.program_id, case_id)
        # Nobody is paid for what nobody said.
        if found is None or found[1]:
            return NotFound.code
        source = Source(program, None, found[0], form.actor, form.request_id)

        async def verb(tx: Tx) -> object:
            return await close_with_points(tx, source, case_id, points, reason)

        return await _code(one(self.database(), verb))

    async def exclude(self, program: ProgramFacts, form: BySurveyForm, invitation_id: UUID, because: str | None) -> str:
        """Keep an answer out of the score with a reason, or (None) let it back in."""
        return await self._done(lambda tx: exclude_answer(tx, program.program_id, invitation_id, because, form.actor))

    async def _refused(self, verb: Callable[[Connection], Awaitable[object]]) -> str:
        return await self._done(lambda tx: verb(tx.connection))

    async def _done(self, verb: Callable[[Tx], Awaitable[object]]) -> str:
        async def alone(tx: Tx, _: object) -> list[object]:
            return [await verb(tx)]

        return await _code(write(self.database(), alone, [None], whole=True))


def _actor(user_id: UUID | None) -> str | None:
    return None if user_id is None else f"user:{user_id}"


async def _code(doing: Awaitable[Any]) -> str:
    """Give the code of a refusal; a verb may refuse by naming one."""
    try:
        told = await doing
    except (Conflict, NotFound, Invalid) as refusal:
        return refusal.code
    return told[0] if isinstance(told, list) and isinstance(told[0], str) else ""
