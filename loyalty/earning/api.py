"""Earning rules over HTTP: versions, drafts, publishing. Scopes `rules:read` and `rules:write`."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, PathParameter

from loyalty.auth.scopes import of_room
from loyalty.database import Connection, Tx, write
from loyalty.earning import drafts, queries
from loyalty.earning.facts import DraftFacts
from loyalty.earning.wire import (
    DraftChange,
    DraftIn,
    DraftList,
    DraftOut,
    PublishIn,
    RuleKinds,
    VersionList,
    VersionOut,
    kinds_out,
)
from loyalty.errors import DraftEdited
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Answered, Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.web.etags import ETAG, IfMatch, check_match, tagged
from loyalty.web.openapi import KEYED, READING, WRITING, problems

_GET = problems(*READING, 403)
_DRAFT = "/earning-drafts/{draft_id:uuid}"
Number = Annotated[int, PathParameter(description="The number of the version.", ge=1, le=2**31 - 1)]


@get("/earning-rules", operation_id="list_earning_rules", summary="List versions of the rules", responses=_GET)
async def versions(caller: Calling, connection: Reading) -> VersionList:
    """List every published version, newest first, with which is in force now."""
    found = await queries.published(connection, caller.program.program_id)
    return VersionList([VersionOut.of(version, caller.program.digits) for version in found])


@get("/earning-rules/{version:int}", operation_id="get_earning_rules", summary="Show a version", responses=_GET)
async def show(version: FromPath[int], caller: Calling, connection: Reading) -> VersionOut:
    """Show one published version; it never changes."""
    found = await drafts.find_version(connection, caller.program.program_id, version)
    return VersionOut.of(found, caller.program.digits)


@get("/earning-rule-kinds", operation_id="list_earning_rule_kinds", summary="List kinds of rule", responses=_GET)
async def kinds() -> RuleKinds:
    """List every kind of rule, with the JSON Schema of what it says."""
    return kinds_out()


@get("/earning-drafts", operation_id="list_earning_drafts", summary="List drafts", responses=_GET)
async def list_drafts(caller: Calling, connection: Reading) -> DraftList:
    """List the drafts, the latest edited first."""
    found = await queries.drafts(connection, caller.program.program_id)
    return DraftList([DraftOut.of(draft, caller.program.digits) for draft in found])


@post("/earning-drafts", operation_id="write_earning_draft", summary="Write a draft", responses=problems(*KEYED, 403))
async def create(
    data: JSONBody[DraftIn], state: State, caller: Calling, source: Writing, idempotency_key: Keyed
) -> Response[DraftOut]:
    """Write a draft of the next version; nothing is earned by it before it is published."""
    digits = caller.program.digits
    told = data.told(digits)

    async def verb(connection: Connection) -> msgspec.Struct:
        return DraftOut.of(await drafts.create_draft(connection, source, told), digits)

    return respond_once(await _once(state, once(source, idempotency_key, "earning-draft/1", data), verb))


@get(_DRAFT, operation_id="get_earning_draft", summary="Show a draft", response_headers=ETAG, responses=_GET)
async def show_draft(draft_id: FromPath[UUID], caller: Calling, connection: Reading) -> Response[DraftOut]:
    """Show a draft as it stands."""
    found = await drafts.find_draft(connection, caller.program.program_id, draft_id)
    return tagged(DraftOut.of(found, caller.program.digits), found.version)


@put(
    _DRAFT,
    operation_id="edit_earning_draft",
    summary="Edit a draft",
    response_headers=ETAG,
    responses=problems(*WRITING, 404, 412),
)
async def edit(
    draft_id: FromPath[UUID],
    data: JSONBody[DraftChange],
    state: State,
    caller: Calling,
    source: Writing,
    if_match: IfMatch = None,
) -> Response[DraftOut]:
    """Write a draft anew. Where somebody changed it since the edit that you read: 409, with the draft as it stands."""
    digits = caller.program.digits
    told = data.told(digits)

    check = partial(check_match, if_match) if if_match is not None else None

    async def verb(tx: Tx, _: object) -> list[DraftFacts]:
        return [await drafts.edit_draft(tx.connection, source, draft_id, told, data.version, check)]

    try:
        [draft] = await write(state.database, verb, [None], whole=True)
    except DraftEdited as edited:
        raise _shown(edited, digits) from None
    return tagged(DraftOut.of(draft, digits), draft.version)


@delete(_DRAFT, operation_id="delete_earning_draft", summary="Delete a draft", responses=_GET)
async def remove(draft_id: FromPath[UUID], state: State, caller: Calling) -> None:
    """Throw a draft away."""

    async def verb(tx: Tx, _: object) -> list[None]:
        await drafts.delete_draft(tx.connection, caller.program.program_id, draft_id)
        return [None]

    await write(state.database, verb, [None], whole=True)


@post(
    f"{_DRAFT}/publish",
    operation_id="publish_earning_draft",
    summary="Publish a draft",
    responses=problems(*KEYED, 403),
)
async def publish(
    draft_id: FromPath[UUID],
    data: JSONBody[PublishIn],
    state: State,
    caller: Calling,
    source: Writing,
    idempotency_key: Keyed,
) -> Response[VersionOut]:
    """Publish a draft as the next version, which nobody changes; it is in force from an instant to come, or at once."""
    digits = caller.program.digits

    async def verb(connection: Connection) -> msgspec.Struct:
        try:
            version = await drafts.publish_draft(
                connection,
                source,
                draft_id,
                version=data.version,
                in_force_from=data.in_force_from,
                allow_empty=data.allow_empty,
            )
        except DraftEdited as edited:
            raise _shown(edited, digits) from None
        return VersionOut.of(version, digits)

    keyed = once(source, idempotency_key, "earning-publish/1", (draft_id, data))
    return respond_once(await _once(state, keyed, verb))


def _shown(edited: DraftEdited, digits: int) -> DraftEdited:
    """Show the newer draft as the wire has it."""
    newest = edited.first
    return DraftEdited(newest=DraftOut.of(newest, digits) if isinstance(newest, DraftFacts) else newest)


async def _once(state: State, keyed: Once, verb: Callable[[Connection], Awaitable[msgspec.Struct]]) -> Answered:
    """Commit a keyed change of the configuration, with its answer."""

    async def told(tx: Tx, once: Once) -> tuple[int, bytes]:
        body = msgspec.json.encode(await verb(tx.connection))
        await pin_alone(tx.connection, once, 201, body, None)
        return 201, body

    return await write_once(state.database, keyed, told, whole=True)


router = Router(
    path="/v1",
    tags=["earning rules"],
    opt=of_room("rules"),
    route_handlers=[versions, show, kinds, list_drafts, create, show_draft, edit, remove, publish],
)
