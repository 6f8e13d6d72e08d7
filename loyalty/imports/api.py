"""Imports over HTTP. Scopes `imports:read` and `imports:write`, and to send a file the one that its rows need."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.spec import Example, OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec.structs import replace

from loyalty.auth.scopes import of_room
from loyalty.database import Tx, write
from loyalty.imports import sending
from loyalty.imports.facts import Format, Sent
from loyalty.imports.repair import refused_as_csv
from loyalty.imports.sending import MAX_BYTES, NewSending
from loyalty.imports.wire import ImportErrors, ImportList, ImportOut, RefusedRow
from loyalty.programs.api import Calling, Reading, Writing
from loyalty.web.bounds import Word
from loyalty.web.openapi import READING, problems
from loyalty.web.requests import OWN_BODY

_GET = problems(*READING, 403)
_POST = problems(*READING, 400, 403, 413, 415)
_ALL = "/imports"
_ONE = f"{_ALL}/{{import_id:uuid}}"
_CSV, _NDJSON = "text/csv", "application/x-ndjson"
_FORMATS: dict[str, Format | None] = {
    _CSV: "csv",
    _NDJSON: "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    # What is packed does not say what is in it.
    "application/gzip": None,
    "application/x-gzip": None,
}
_REPLAYED = {"Idempotency-Replayed": "true"}
_Kind = Annotated[
    Word,
    QueryParameter(
        name="kind",
        description="What the rows are: `members`, `purchases`, `refunds`, `balances`, `leads`, `spend` or `costs`.",
    ),
]
_DryRun = Annotated[bool, QueryParameter(name="dry_run", description="Check every row, and record nothing.")]
_PointsDate = Annotated[
    Literal["placed", "import"],
    QueryParameter(
        name="points_date", description="Whether points of past purchases mature and end from then, or from now."
    ),
]
_Form = Annotated[
    Format | None,
    QueryParameter(name="format", description="What is packed in a gzip body; else the content type says it. `csv`."),
]
_Name = Annotated[Word | None, QueryParameter(name="name", description="What people call the file.")]
_Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]
_Size = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
_CSV_EXAMPLE = "customer_id,points,earned_at,expires_at\nc-1,250,2026-03-01T09:30:00Z,2027-03-01T00:00:00Z\n"
_NDJSON_EXAMPLE = '{"customer_id": "c-1", "points": 250, "earned_at": "2026-03-01T09:30:00Z"}\n'


@dataclass
class _TakesAFile(Operation):
    """Documents a body that is a file: the handler reads it piece by piece, so the framework sees none."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        examples = {_CSV: _CSV_EXAMPLE, _NDJSON: _NDJSON_EXAMPLE}
        content = {kind: OpenAPIMediaType(file, examples={"file": Example(value=v)}) for kind, v in examples.items()}
        content["application/gzip"] = OpenAPIMediaType(file)
        why = "The file, in UTF-8, plain or gzip: a table with a header, or one JSON object a line."
        self.request_body = RequestBody(content, description=why, required=True)


@post(
    _ALL,
    operation_id="start_import",
    summary="Send a file to be imported",
    status_code=202,
    responses=problems(*READING, 400, 403, 413, 415),
    operation_class=_TakesAFile,
    request_max_body_size=MAX_BYTES,
    opt={OWN_BODY: True},
)
async def start(
    request: Request[Any, Any, State],
    state: State,
    caller: Calling,
    source: Writing,
    kind: _Kind,
    dry_run: _DryRun = False,  # noqa: FBT002 - a parameter of the query
    points_date: _PointsDate = "placed",
    format: _Form = None,  # noqa: A002 - the name in the query
    name: _Name = None,
) -> Response[ImportOut]:
    """Bring in a file of up to 512 MB; the worker does it, a few hundred rows a commit.

    Rows are known by their own ids, so the same file again changes nothing; while it is unfinished, it is answered with
    the import that goes on. Good rows are recorded whatever the others are; those come back as `errors.csv`.
    """
    caller.require(sending.kind_of(kind).scope)
    new = NewSending(kind, _format_of(request, format), dry_run, name or "")
    dated = replace(source, dated_now=points_date == "import")
    found, replayed = await sending.receive(state.database, dated, new, request.stream())
    state.doorbell.ring_soon()
    return Response(ImportOut.of(found), headers=_REPLAYED if replayed else None)


def _format_of(request: Request[Any, Any, State], form: Format | None) -> Format:
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told not in _FORMATS:
        detail = f"Send the file as `Content-Type: {_CSV}`, `{_NDJSON}` or `application/gzip`."
        raise HTTPException(status_code=415, detail=detail)
    return form or _FORMATS[told] or "csv"


@get(_ALL, operation_id="list_imports", summary="List imports", responses=_GET)
async def list_imports(caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None) -> ImportList:
    """List the imports of the key's storefront and of the programme, the newest first."""
    before = None if cursor is None else sending.place_of(cursor, UUID)
    found, more = await sending.latest(connection, caller.program.program_id, caller.storefront_id, before, limit)
    return ImportList([ImportOut.of(facts) for facts in found], str(more) if more else None)


@get(_ONE, operation_id="get_import", summary="Show an import", responses=_GET)
async def show(import_id: FromPath[UUID], caller: Calling, connection: Reading) -> ImportOut:
    """Show how far an import is, how fast it goes, and what became of its rows."""
    return ImportOut.of(await _found(caller, connection, import_id))


@get(f"{_ONE}/errors", operation_id="list_import_errors", summary="List refused rows", responses=_GET)
async def errors(
    import_id: FromPath[UUID], caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None
) -> ImportErrors:
    """List the rows that were refused so far, in the order of the file, each with the reason."""
    await _found(caller, connection, import_id)
    after = 0 if cursor is None else sending.place_of(cursor, sending.row_number)
    found, more = await sending.refused(connection, caller.program.program_id, import_id, after, limit)
    data = [RefusedRow(row.row, row.id, row.column, row.code, row.message) for row in found]
    return ImportErrors(data, str(more) if more else None)


@get(
    f"{_ONE}/errors.csv",
    operation_id="download_import_errors",
    summary="Download refused rows",
    media_type=_CSV,
    responses=_GET,
)
async def errors_file(import_id: FromPath[UUID], state: State, caller: Calling, connection: Reading) -> Stream:
    """Give the refused rows as they were sent, each behind its reason: put them right, and send the file again.

    What the rows said is kept for 30 days.
    """
    await _found(caller, connection, import_id)
    headers = {"content-disposition": f'attachment; filename="import-{import_id}.errors.csv"'}
    rows = refused_as_csv(state.database, caller.program.program_id, import_id)
    return Stream(rows, media_type=_CSV, headers=headers)


@post(f"{_ONE}/cancel", operation_id="cancel_import", summary="Cancel an import", status_code=200, responses=_POST)
async def cancel(import_id: FromPath[UUID], state: State, caller: Calling) -> ImportOut:
    """Stop an import; what it has recorded stays recorded, and one that has ended stays as it is."""

    async def verb(tx: Tx, _: object) -> list[Sent]:
        return [await sending.cancel(tx.connection, caller.program.program_id, caller.storefront_id, import_id)]

    [facts] = await write(state.database, verb, [None], whole=True)
    return ImportOut.of(facts)


async def _found(caller: Calling, connection: Reading, import_id: UUID) -> Sent:
    return await sending.find(connection, caller.program.program_id, caller.storefront_id, import_id)


router = Router(
    path="/v1",
    tags=["imports"],
    opt=of_room("imports"),
    route_handlers=[start, list_imports, show, errors, errors_file, cancel],
)
