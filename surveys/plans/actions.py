"""The verbs of managers: publish the policy; draft, edit, publish and close surveys. Each needs a transaction."""

from collections.abc import Callable
from secrets import token_hex
from uuid import UUID

from loyalty.database import Connection
from loyalty.errors import NotFound
from loyalty.ids import new_id
from surveys.plans import queries
from surveys.plans.content import Content, checked
from surveys.plans.policy import Policy, StoredPolicy
from surveys.plans.queries import SurveyFacts

# May refuse to replace the version that it is told.
Check = Callable[[int], None]


async def publish_policy(
    connection: Connection, program_id: int, policy: Policy, actor: str, check: Check | None = None
) -> StoredPolicy:
    """Publish the next version of a programme's policy; the same again is the version there is."""
    newest = await queries.policy_of(connection, program_id)
    if newest.version and newest.policy == policy:
        return newest
    if check is not None:
        check(newest.version)
    # The salt stays: with another one, others would be held out, and those who were would be asked.
    stored = StoredPolicy(newest.version + 1, policy, newest.salt or token_hex(16))
    await queries.add_policy(connection, program_id, stored, actor)
    return stored


async def draft_survey(connection: Connection, program_id: int, content: Content, actor: str) -> SurveyFacts:
    """Begin a survey; nobody is asked before it is published."""
    survey_id = new_id()
    await queries.add_survey(connection, program_id, survey_id, checked(content), actor)
    return await found(connection, program_id, survey_id)


async def edit_survey(connection: Connection, program_id: int, survey_id: UUID, content: Content) -> SurveyFacts:
    """Change the draft; what is published stays."""
    survey = await to_change(connection, program_id, survey_id)
    if survey.draft == checked(content):
        return survey
    await queries.change_survey(connection, program_id, survey_id, survey.state, content, survey.edition)
    return await found(connection, program_id, survey_id)


async def publish_survey(
    connection: Connection, program_id: int, survey_id: UUID, actor: str, check: Check | None = None
) -> SurveyFacts:
    """Publish the draft as the next edition, and open the survey. A draft that is in force already changes nothing."""
    survey = await to_change(connection, program_id, survey_id)
    open_now = {one.survey_id: one for one in await queries.open_editions(connection, program_id)}.get(survey_id)
    if open_now and open_now.content == survey.draft:
        return survey
    if check is not None:
        check(survey.version)
    edition = survey.edition + 1
    await queries.add_edition(connection, program_id, survey_id, edition, survey.draft, actor)
    await queries.change_survey(connection, program_id, survey_id, "open", survey.draft, edition)
    return await found(connection, program_id, survey_id)


async def close_survey(connection: Connection, program_id: int, survey_id: UUID) -> SurveyFacts:
    """Ask nobody any more; links that were sent still work. Publishing opens it again."""
    survey = await to_change(connection, program_id, survey_id)
    if survey.state == "open":
        await queries.change_survey(connection, program_id, survey_id, "closed", survey.draft, survey.edition)
    return await found(connection, program_id, survey_id)


async def found(connection: Connection, program_id: int, survey_id: UUID) -> SurveyFacts:
    """Find a survey; `NotFound` where there is none."""
    survey = await queries.find_survey(connection, program_id, survey_id)
    if survey is None:
        raise _unknown(survey_id)
    return survey


async def to_change(connection: Connection, program_id: int, survey_id: UUID) -> SurveyFacts:
    """Find a survey, and keep others from changing it until the transaction ends."""
    survey = await queries.find_survey(connection, program_id, survey_id, to_change=True)
    if survey is None:
        raise _unknown(survey_id)
    return survey


def _unknown(survey_id: UUID) -> NotFound:
    msg = f"There is no survey {survey_id}."
    return NotFound(msg)
