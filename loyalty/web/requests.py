"""What happens around every request: its id, and what bodies are refused before anybody reads them."""

import json
import re
from functools import cache
from types import NoneType
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from loyalty.web.bounds import parts_of, without_nul
from loyalty.web.problems import invalid_from

_OWN_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_JSON = re.compile(r"application/(json|[\w.+-]+\+json)\b", re.IGNORECASE)
# An option of handlers that read their body themselves, piece by piece: it is a file, and no JSON.
OWN_BODY = "reads_its_own_body"
# Under these a request's state has its body, and what was refused of a call with many items: (place, item, problem).
BODY, REFUSED_ITEMS = "body", "refused_items"


def request_ids(app: ASGIApp) -> ASGIApp:
    """Give every request an id (the caller's `X-Request-Id`, if usable), and tell it in the answer.

    With it goes what others left in the request's state under `headers`, whatever the answer is.
    """

    async def with_id(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        told = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        found = told.decode() if _OWN_ID.fullmatch(told) else str(uuid7())
        scope.setdefault("state", {})["request_id"] = found

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = scope["state"].get("headers", ())
                message["headers"] = [*message["headers"], (b"x-request-id", found.encode()), *told]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=found):
            await app(scope, receive, send_with_id)

    return with_id


def allowed(request: Request[Any, Any, Any]) -> Response[None]:
    """Tell every method of a path. The framework knows those of the handlers that it met first, and no others."""
    here = request.scope["path_template"]
    methods = {method for route in request.app.routes if route.path_format == here for method in route.methods}
    return Response(None, status_code=204, headers={"Allow": ", ".join(sorted(methods))})


def refuse_bad_addresses(request: Request[Any, Any, Any]) -> None:
    """Refuse a NUL in a path or query; PostgreSQL stores none, and none could be found."""
    for name, value in (*request.path_params.items(), *request.query_params.multi_items()):
        if isinstance(value, str):
            without_nul(value, f"/{name}")


async def refuse_bad_bodies(request: Request[Any, Any, Any]) -> None:
    """Refuse bodies that are not JSON, and JSON that PostgreSQL could not store; but not those of `OWN_BODY`."""
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.route_handler.opt.get(OWN_BODY):
        return
    body = await request.body()
    if not body:
        return
    request.scope["state"][BODY] = body
    if not _JSON.match(request.headers.get("content-type", "")):
        raise HTTPException(status_code=415, detail="Send the body as `Content-Type: application/json`.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ClientException(detail=f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
    without_twins(text)
    if b"\\u0000" in body or b"\x00" in body:
        try:
            without_nul(msgspec.json.decode(body))
        except msgspec.DecodeError as error:
            raise ClientException(detail=f"The body is not JSON: {error}.") from None
    _fitting(request, body)


def _fitting(request: Request[Any, Any, Any], body: bytes) -> None:
    """Refuse what has another type than the documented one: the framework would take `"7"` for a number."""
    field = request.route_handler.parsed_data_field
    kinds = [part for part in parts_of(field.annotation) if part is not NoneType] if field else []
    if not kinds or not isinstance(kinds[0], type) or not issubclass(kinds[0], msgspec.Struct):
        return
    try:
        _decoder(kinds[0]).decode(body)
    except msgspec.ValidationError as error:
        raise invalid_from(error) from None
    except msgspec.DecodeError as error:
        raise ClientException(detail=f"The body is not JSON: {error}.") from None


@cache
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def without_twins(text: str) -> None:
    """Refuse a field told twice in one object: whoever reads the body would have to choose."""
    try:
        json.loads(text, object_pairs_hook=_told_once, parse_int=float)
    except json.JSONDecodeError:
        return  # whoever decodes it in earnest says what is wrong


def _told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for place, name in enumerate(names) if name in names[:place])
        raise ClientException(detail=f"The body tells {twin!r} twice in one object.")
    return told
