"""Surveys over HTTP: what they say, whom they ask, and the policy that holds in all of them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from loyalty.auth.scopes import of_room
from loyalty.database import Connection, Tx, write
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Reading, Writing, once
from loyalty.web.etags import ETAG, IfMatch, check_match, tagged, tagged_once
from loyalty.web.openapi import KEYED, READING, problems
from surveys.plans import actions, queries
from surveys.plans.queries import SurveyFacts
from surveys.plans.wire import (
    PolicyIn,
    PolicyOut,
    SurveyIn,
    SurveyList,
    SurveyOut,
    policy_out,
    survey_out,
)

_SURVEY = "/surveys/{survey_id:uuid}"


@get("/survey-policy", operation_id="get_survey_policy", summary="Show the policy", responses=problems(*READING))
async def show_policy(source: Writing, connection: Reading) -> PolicyOut:
    """Show what holds in all surveys."""
    return policy_out(await queries.policy_of(connection, source.program.program_id))


@put("/survey-policy", operation_id="publish_survey_policy", summary="Publish the policy", responses=problems(*KEYED))
async def publish_policy(
    data: JSONBody[PolicyIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[PolicyOut]:
    """Publish the policy as a new version. The same again is the version there is."""
    policy = data.policy()

    async def verb(connection: Connection) -> msgspec.Struct:
        program_id = source.program.program_id
        return policy_out(await actions.publish_policy(connection, program_id, policy, source.actor))

    return await _once(state, once(source, idempotency_key, "survey-policy/1", data), 200, verb)


@get("/surveys", operation_id="list_surveys", summary="List surveys", responses=problems(*READING))
async def show_all(source: Writing, connection: Reading) -> SurveyList:
    """List surveys, each with its draft."""
    found = await queries.list_surveys(connection, source.program.program_id)
    return SurveyList([survey_out(survey) for survey in found])


@post("/surveys", operation_id="draft_survey", summary="Draft a survey", responses=problems(*KEYED))
async def draft(data: JSONBody[SurveyIn], state: State, source: Writing, idempotency_key: Keyed) -> Response[SurveyOut]:
    """Begin a survey; nobody is asked before it is published."""
    content = data.content()

    async def verb(connection: Connection) -> msgspec.Struct:
        return survey_out(await actions.draft_survey(connection, source.program.program_id, content, source.actor))

    return await _once(state, once(source, idempotency_key, "survey/1", data), 201, verb)


@get(_SURVEY, operation_id="get_survey", summary="Show a survey", response_headers=ETAG, responses=problems(*READING))
async def show(survey_id: FromPath[UUID], source: Writing, connection: Reading) -> Response[SurveyOut]:
    """Show a survey with its draft."""
    survey = await actions.found(connection, source.program.program_id, survey_id)
    return tagged(survey_out(survey), survey.version)


@put(
    _SURVEY,
    operation_id="edit_survey",
    summary="Edit a survey",
    response_headers=ETAG,
    responses=problems(*KEYED, 412),
)
async def edit(
    survey_id: FromPath[UUID],
    data: JSONBody[SurveyIn],
    state: State,
    source: Writing,
    idempotency_key: Keyed,
    if_match: IfMatch = None,
) -> Response[SurveyOut]:
    """Change the draft. What is published stays as it is until this is published, too."""
    content, program_id = data.content(), source.program.program_id

    async def verb(connection: Connection) -> msgspec.Struct:
        survey = await actions.to_change(connection, program_id, survey_id)
        check_match(if_match, survey.version)
        return survey_out(await actions.edit_survey(connection, program_id, survey_id, content))

    keyed = once(source, idempotency_key, "survey-edit/1", (survey_id, data))
    return tagged_once(await _once(state, keyed, 200, verb), "version")


@post(
    f"{_SURVEY}/publish",
    operation_id="publish_survey",
    summary="Publish",
    status_code=200,
    responses=problems(*READING, 409),
)
async def publish(survey_id: FromPath[UUID], state: State, source: Writing) -> SurveyOut:
    """Publish the draft as the next edition, and ask from now on. A draft that is published already changes nothing."""
    return await _change(
        state, lambda tx: actions.publish_survey(tx.connection, source.program.program_id, survey_id, source.actor)
    )


@post(
    f"{_SURVEY}/close",
    operation_id="close_survey",
    summary="Close",
    status_code=200,
    responses=problems(*READING, 409),
)
async def close(survey_id: FromPath[UUID], state: State, source: Writing) -> SurveyOut:
    """Ask nobody any more; links that were sent still work. Publishing opens it again."""
    return await _change(state, lambda tx: actions.close_survey(tx.connection, source.program.program_id, survey_id))


async def _change(state: State, verb: Callable[[Tx], Awaitable[SurveyFacts]]) -> SurveyOut:
    async def alone(tx: Tx, _: object) -> list[SurveyFacts]:
        return [await verb(tx)]

    [changed] = await write(state.database, alone, [None], whole=True)
    return survey_out(changed)


async def _once(
    state: State, keyed: Once, status: int, verb: Callable[[Connection], Awaitable[msgspec.Struct]]
) -> Response[Any]:
    """Commit a verb under a key, with its answer."""

    async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        body = msgspec.json.encode(await verb(tx.connection))
        await pin_alone(tx.connection, keyed, status, body, None)
        return status, body

    return respond_once(await write_once(state.database, keyed, pinned, whole=True))


router = Router(
    path="/v1",
    tags=["surveys"],
    opt=of_room("surveys"),
    route_handlers=[
        show_policy,
        publish_policy,
        show_all,
        draft,
        show,
        edit,
        publish,
        close,
    ],
)
