"""Exports over HTTP. Scopes `exports:read` and `exports:write`, and the one that the kind's rows need."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from loyalty.auth.scopes import of_room
from loyalty.database import Tx, write
from loyalty.exports import actions, queries
from loyalty.exports.facts import ExportFacts
from loyalty.exports.packed import unpacked
from loyalty.exports.wire import ExportIn, ExportList, ExportOut
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.spreadsheets import CSV
from loyalty.web.openapi import KEYED, READING, problems

_GET = problems(*READING, 403)
_POST = problems(*READING, 400, 403, 413, 415)
_ALL = "/exports"
_ONE = f"{_ALL}/{{export_id:uuid}}"
_TYPES = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
_Packed = Annotated[bool, QueryParameter(name="gzip", description="Give the file packed, as `.gz`.")]
_Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]
_Size = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]


@post(_ALL, operation_id="start_export", summary="Ask for an export", status_code=202, responses=problems(*KEYED, 403))
async def start(
    data: JSONBody[ExportIn], state: State, caller: Calling, source: Writing, idempotency_key: Keyed
) -> Response[ExportOut]:
    """Have a file written; the worker does it. Ask for it again to see how far it is.

    Files with columns that imports know can be imported again, best as NDJSON: in CSV, a cell that a spreadsheet would
    run as a formula has an apostrophe before it.
    """
    new = data.read()
    caller.require(actions.kind_of(new.kind).scope)

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        facts = await actions.start(tx.connection, source, new)
        body = msgspec.json.encode(ExportOut.of(facts))
        await pin_alone(tx.connection, keyed, 202, body, None)
        return 202, body

    answered = await write_once(state.database, once(source, idempotency_key, "export/1", data), verb, whole=True)
    state.doorbell.ring_soon()
    return respond_once(answered)


@get(_ALL, operation_id="list_exports", summary="List exports", responses=_GET)
async def list_exports(caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None) -> ExportList:
    """List the exports of the key's storefront and of the programme, the newest first."""
    before = None if cursor is None else actions.place_of(cursor, UUID)
    found, more = await actions.latest(connection, caller.program.program_id, caller.storefront_id, before, limit)
    return ExportList([ExportOut.of(facts) for facts in found], str(more) if more else None)


@get(_ONE, operation_id="get_export", summary="Show an export", responses=_GET)
async def show(export_id: FromPath[UUID], caller: Calling, connection: Reading) -> ExportOut:
    """Show how far an export is."""
    return ExportOut.of(await _found(caller, connection, export_id))


@get(
    f"{_ONE}/file",
    operation_id="download_export",
    summary="Download an export",
    media_type=CSV,
    responses=problems(*READING, 403, 410),
)
async def download(
    export_id: FromPath[UUID],
    state: State,
    caller: Calling,
    connection: Reading,
    packed: _Packed = False,  # noqa: FBT002 - a parameter of the query
) -> Stream:
    """Give the file; it is kept for 7 days, but not beyond the erasure of a person: 410 once it is gone."""
    facts = actions.written(await _found(caller, connection, export_id))
    caller.require(actions.kind_of(facts.kind).scope)
    pieces = queries.parts(state.database, caller.program.program_id, export_id)
    ending = f"{facts.format}.gz" if packed else facts.format
    name = f"{facts.kind}-{facts.asked_at:%Y-%m-%d}-{str(export_id)[:8]}.{ending}"
    # Told as a header: the handler's own media type, which documents the operation, would go before the response's.
    told = "application/gzip" if packed else _TYPES[facts.format]
    headers = {"content-disposition": f'attachment; filename="{name}"', "content-type": told}
    return Stream(pieces if packed else unpacked(pieces), headers=headers)


@post(f"{_ONE}/cancel", operation_id="cancel_export", summary="Cancel an export", status_code=200, responses=_POST)
async def cancel(export_id: FromPath[UUID], state: State, caller: Calling) -> ExportOut:
    """Stop an export; one that has ended stays as it is."""

    async def verb(tx: Tx, _: object) -> list[ExportFacts]:
        return [await actions.cancel(tx.connection, caller.program.program_id, caller.storefront_id, export_id)]

    [facts] = await write(state.database, verb, [None], whole=True)
    return ExportOut.of(facts)


async def _found(caller: Calling, connection: Reading, export_id: UUID) -> ExportFacts:
    return await actions.find(connection, caller.program.program_id, caller.storefront_id, export_id)


router = Router(
    path="/v1", tags=["exports"], opt=of_room("exports"), route_handlers=[start, list_exports, show, download, cancel]
)
