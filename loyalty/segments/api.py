"""Segments over HTTP: scopes `segments:read` and `segments:write`; who is in one needs `members:read` too."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from loyalty.auth.scopes import needs, of_room
from loyalty.database import Tx, write
from loyalty.errors import Invalid
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.programs.queries import Caller
from loyalty.segments import actions, queries
from loyalty.segments.facts import InSegment, SegmentFacts
from loyalty.segments.people import people_in, people_named
from loyalty.segments.wire import (
    ConditionKinds,
    ExampleOut,
    PreviewIn,
    PreviewOut,
    SegmentChange,
    SegmentIn,
    SegmentList,
    SegmentMemberOut,
    SegmentMembers,
    SegmentOut,
    kinds_out,
    read_conditions,
)
from loyalty.spreadsheets import BYTE_ORDER_MARK, CSV, csv_lines
from loyalty.web.etags import ETAG, IfMatch, check_match, tagged
from loyalty.web.openapi import KEYED, READING, WRITING, problems

_PERSONS = needs("segments:read", "members:read")
_GET = problems(*READING, 403)
_PUT = problems(*WRITING, 404, 412)
_DELETE = problems(*READING, 403, 409)
_HEADER = ("id", "customer_ids", "since")
_AT_ONCE = 1000
_Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]
_Size = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
_ONE = "/segments/{key:str}"


@get("/segments", operation_id="list_segments", summary="List segments", responses=_GET)
async def list_segments(caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None) -> SegmentList:
    """List the segments with how many are in them, by key."""
    found = await queries.segments(connection, caller.program.program_id, _place(cursor), limit + 1)
    data = [SegmentOut.of(segment, caller.program.digits) for segment in found[:limit]]
    return SegmentList(data, _cursor(found[limit - 1].key) if len(found) > limit else None)


@post("/segments", operation_id="define_segment", summary="Define a segment", responses=problems(*KEYED, 403))
async def define(
    data: JSONBody[SegmentIn], state: State, caller: Calling, source: Writing, idempotency_key: Keyed
) -> Response[SegmentOut]:
    """Define a segment by conditions; the worker fills it within moments, and again every night."""
    digits, program_id = caller.program.digits, caller.program.program_id
    conditions = read_conditions(data.conditions, digits)

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        segment = await actions.define_segment(tx.connection, program_id, data.key, data.name, conditions)
        body = msgspec.json.encode(SegmentOut.of(segment, digits))
        await pin_alone(tx.connection, keyed, 201, body, None)
        return 201, body

    keyed = once(source, idempotency_key, "segment/1", data)
    return respond_once(await write_once(state.database, keyed, verb, whole=True))


@get(_ONE, operation_id="get_segment", summary="Show a segment", response_headers=ETAG, responses=_GET)
async def show(key: FromPath[str], caller: Calling, connection: Reading) -> Response[SegmentOut]:
    """Show a segment, its conditions, and how many are in it."""
    found = await actions.find(connection, caller.program.program_id, key)
    return tagged(SegmentOut.of(found, caller.program.digits), found.version)


@put(_ONE, operation_id="change_segment", summary="Change a segment", response_headers=ETAG, responses=_PUT)
async def change(
    key: FromPath[str], data: JSONBody[SegmentChange], state: State, caller: Calling, if_match: IfMatch = None
) -> Response[SegmentOut]:
    """Give a segment another name, or other conditions: then it is filled anew. The same again changes nothing."""
    conditions = None if data.conditions is None else read_conditions(data.conditions, caller.program.digits)
    check = partial(check_match, if_match)
    told = (caller.program.program_id, key, data.name, conditions, check)
    segment = await _commit(state, lambda tx: actions.change_segment(tx.connection, *told))
    return tagged(SegmentOut.of(segment, caller.program.digits), segment.version)


@delete(_ONE, operation_id="delete_segment", summary="Delete a segment", responses=_DELETE)
async def remove(key: FromPath[str], state: State, caller: Calling) -> None:
    """Delete a segment that no rule or reward names. Its key is not given again."""

    async def verb(tx: Tx, _: object) -> list[None]:
        await actions.delete_segment(tx.connection, caller.program.program_id, key)
        return [None]

    await write(state.database, verb, [None], whole=True)


@post(
    f"{_ONE}/refresh",
    operation_id="refresh_segment",
    summary="Refresh a segment",
    status_code=202,
    responses=problems(*READING, 403, 409),
)
async def refresh(key: FromPath[str], state: State, caller: Calling) -> SegmentOut:
    """Have the worker find out now who is in a segment; `refreshed_at` and `customers` tell when it has."""
    program_id = caller.program.program_id
    segment = await _commit(state, lambda tx: actions.ask_to_refresh(tx.connection, program_id, key))
    return SegmentOut.of(segment, caller.program.digits)


@post(
    "/segments:preview",
    operation_id="preview_segment",
    summary="Try conditions",
    status_code=200,
    opt=_PERSONS,
    responses=problems(*WRITING, 403),
)
async def preview(data: JSONBody[PreviewIn], caller: Calling, connection: Reading) -> PreviewOut:
    """Count for how many customers conditions hold now, and show ten of them; nothing is saved."""
    conditions = read_conditions(data.conditions, caller.program.digits)
    customers, ids = await actions.look(connection, caller.program, conditions)
    people = await people_named(connection, caller.program.program_id, ids, namespace=caller.namespace)
    return PreviewOut(customers, [ExampleOut(one.customer_id, one.ids) for one in people])


@get("/segment-conditions", operation_id="list_segment_conditions", summary="List kinds of condition", responses=_GET)
async def list_conditions() -> ConditionKinds:
    """List every kind of condition, with the JSON Schema of its settings."""
    return kinds_out()


@get(
    f"{_ONE}/members",
    operation_id="list_segment_members",
    summary="List who is in a segment",
    opt=_PERSONS,
    responses=_GET,
)
async def members(
    key: FromPath[str], caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None
) -> SegmentMembers:
    """List who is in a segment since when, in the order of their ids. The key needs the scope `members:read` too."""
    program_id, after = caller.program.program_id, _person(cursor)
    segment = await actions.find(connection, program_id, key)
    found = await people_in(connection, program_id, key, namespace=caller.namespace, after=after, limit=limit + 1)
    following = _cursor(found[limit - 1].customer_id.hex) if len(found) > limit else None
    data = [SegmentMemberOut.of(one) for one in found[:limit]]
    return SegmentMembers(key, segment.customers, segment.refreshed_at, data, following)


@get(
    f"{_ONE}/members.csv",
    operation_id="download_segment_members",
    summary="Download who is in a segment",
    media_type=CSV,
    opt=_PERSONS,
    responses=_GET,
)
async def download(key: FromPath[str], caller: Calling, state: State, connection: Reading) -> Stream:
    """Give everybody in a segment as CSV; scopes as for the list. The ids of a cell are parted by spaces."""
    await actions.find(connection, caller.program.program_id, key)
    disposition = f'attachment; filename="{key}.csv"'
    return Stream(_lines(state, caller, key), media_type=CSV, headers={"content-disposition": disposition})


async def _lines(state: State, caller: Caller, key: str) -> AsyncIterator[str]:
    """Write the file a thousand people at a time; a connection is borrowed for each, not for a slow download."""
    yield BYTE_ORDER_MARK + "".join(csv_lines([_HEADER]))
    program_id, after = caller.program.program_id, None
    while True:
        async with state.database.reader() as connection:
            some = await people_in(connection, program_id, key, namespace=caller.namespace, after=after, limit=_AT_ONCE)
        if not some:
            return
        yield "".join(csv_lines(map(_row, some)))
        after = some[-1].customer_id


def _row(one: InSegment) -> tuple[str, ...]:
    return (str(one.customer_id), " ".join(one.ids), one.since.isoformat() if one.since else "")


async def _commit(state: State, verb: Callable[[Tx], Awaitable[SegmentFacts]]) -> SegmentFacts:
    async def whole(tx: Tx, _: object) -> list[SegmentFacts]:
        return [await verb(tx)]

    [segment] = await write(state.database, whole, [None], whole=True)
    return segment


def _cursor(last: str) -> str:
    return urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _place(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    with suppress(ValueError):
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if "\0" not in place:
            return place
    msg = "Send the next_cursor of the page before, or none for the first page."
    raise Invalid(msg, pointer="/cursor")


def _person(cursor: str | None) -> UUID | None:
    place = _place(cursor)
    if place is None:
        return None
    try:
        return UUID(place)
    except ValueError:
        msg = "Send the next_cursor of the page before, or none for the first page."
        raise Invalid(msg, pointer="/cursor") from None


router = Router(
    path="/v1",
    tags=["segments"],
    opt=of_room("segments"),
    route_handlers=[
        list_segments,
        define,
        show,
        change,
        remove,
        refresh,
        preview,
        list_conditions,
        members,
        download,
    ],
)
