"""What happens around every request: its id, and what bodies are refused before anybody reads them."""

import re
from typing import Any

import msgspec
import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from loyalty.web.bounds import without_nul

_OWN_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_JSON = re.compile(r"application/(json|[\w.+-]+\+json)\b", re.IGNORECASE)


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


async def refuse_bad_bodies(request: Request[Any, Any, Any]) -> None:
    """Refuse bodies that are not JSON, and JSON that PostgreSQL could not store."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    body = await request.body()
    if not body:
        return
    if not _JSON.match(request.headers.get("content-type", "")):
        raise HTTPException(status_code=415, detail="Send the body as `Content-Type: application/json`.")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise ClientException(detail=f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
    if b"\\u0000" in body or b"\x00" in body:
        try:
            without_nul(msgspec.json.decode(body))
        except msgspec.DecodeError as error:
            raise ClientException(detail=f"The body is not JSON: {error}.") from None
