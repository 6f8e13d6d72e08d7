"""Keeping refused calls beside the road: once the answer is out, in a row of one, and nobody waits for it."""

import asyncio
from collections import Counter
from contextlib import suppress
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import structlog
from litestar import Request
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import DecodeError, json, to_builtins

from loyalty.database import Database
from loyalty.programs.queries import Caller
from loyalty.refusals.queries import NewRefusal, keep
from loyalty.refusals.rules import PER_HOUR, is_kept, kept_body
from loyalty.web.requests import BODY, REFUSED_ITEMS

_MOST_WAITING = 200
_PATIENCE_SECONDS = 2.0
_HOUR_SECONDS = 3600
_FIRST_REFUSAL = 400
# Of a query only what says which thing was meant; whatever else a caller wrote there is none of ours.
_OF_QUERY = ("order_id", "storefront")
_WRITES = frozenset({"POST", "PUT"})
# A try writes nothing, and can be tried again.
_NO_WRITES = frozenset({"calculate_points"})
log = structlog.get_logger("loyalty.refusals")


class RefusalKeeper:
    """The row of refused calls that are still to be written, of one process."""

    def __init__(self, database: Database) -> None:
        """Begin to write."""
        self._database = database
        self._waiting: asyncio.Queue[NewRefusal] = asyncio.Queue(_MOST_WAITING)
        self._counted: Counter[UUID] = Counter()
        self._since = monotonic()
        self._writing = asyncio.create_task(self._write())

    def keep(self, new: NewRefusal) -> None:
        """Have a refused call written, soon; one too many is let go."""
        if monotonic() - self._since > _HOUR_SECONDS:
            self._counted.clear()
            self._since = monotonic()
        self._counted[new.key_id] += 1
        if self._counted[new.key_id] <= PER_HOUR:
            with suppress(asyncio.QueueFull):
                self._waiting.put_nowait(new)

    async def written(self) -> None:
        """Wait until all that waits is written, or could not be."""
        await self._waiting.join()

    async def close(self) -> None:
        """Write what still waits, if that is soon done."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.written(), _PATIENCE_SECONDS)
        self._writing.cancel()
        with suppress(asyncio.CancelledError):
            await self._writing

    async def _write(self) -> None:
        while True:
            new = await self._waiting.get()
            try:
                async with self._database.writer() as connection:
                    await keep(connection, new)
            except Exception as error:  # noqa: BLE001 - whatever it is, the call was answered, and the next one waits
                log.warning("refusal_not_kept", request_id=new.request_id, error=repr(error))
            finally:
                self._waiting.task_done()


def keeping_refusals(app: ASGIApp) -> ASGIApp:
    """Keep what is refused of the calls below; a call that is done costs it nothing but a look at the status."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        status, said = 0, b""

        async def sending(message: Message) -> None:
            nonlocal status, said
            if message["type"] == "http.response.start":
                status = message["status"]
            elif status >= _FIRST_REFUSAL and message["type"] == "http.response.body":
                said += message["body"]
            await send(message)

        await app(scope, receive, sending)
        state = scope.get("state", {})
        if (is_kept(status) or REFUSED_ITEMS in state) and "caller" in state and scope.get("method") in _WRITES:
            _keep(Request(scope), status, said)

    return run


def _keep(request: Request[Any, Any, Any], status: int, said: bytes) -> None:
    if request.route_handler.operation_id in _NO_WRITES:
        return
    try:
        keeper: RefusalKeeper = request.app.state.refusals
        for new in _refused_items(request) or [_refused(request, status, said)]:
            keeper.keep(new)
    except Exception as error:  # noqa: BLE001 - the caller has the answer; what is wrong here is no concern of theirs
        log.warning("refusal_not_kept", error=repr(error))


def _refused(request: Request[Any, Any, Any], status: int, said: bytes) -> NewRefusal:
    try:
        problem = json.decode(said)
    except DecodeError:
        problem = {}
    return _made(request, status, problem, request.scope["state"].get(BODY))


def _refused_items(request: Request[Any, Any, Any]) -> list[NewRefusal]:
    """Tell the items of a call with many that were refused by themselves."""
    items = request.scope["state"].get(REFUSED_ITEMS, [])[:PER_HOUR]
    return [
        _made(request, problem.status, to_builtins(problem), json.encode(item), place) for place, item, problem in items
    ]


def _made(
    request: Request[Any, Any, Any], status: int, problem: dict[str, Any], body: bytes | None, place: int | None = None
) -> NewRefusal:
    caller: Caller = request.scope["state"]["caller"]
    kept = kept_body(body, status, str(problem.get("code", "")))
    path, query = request.path_params, {name: request.query_params.get(name) for name in _OF_QUERY}
    told = urlencode({name: value for name, value in query.items() if value})
    member = path.get("customer_id")
    return NewRefusal(
        program_id=caller.program.program_id,
        storefront_id=caller.storefront_id,
        key_id=caller.key_id,
        operation=str(request.route_handler.operation_id),
        path=f"{request.url.path}?{told}" if told else request.url.path,
        status=status,
        problem={name: problem[name] for name in ("code", "title", "status", "detail", "errors") if name in problem},
        request_id=request.scope["state"].get("request_id", ""),
        body=kept.text,
        body_gone=kept.gone,
        names=[*kept.names, *([str(member).lower()] if member else ())],
        order_id=path.get("order_id") or query["order_id"] or kept.order_id,
        place=place,
    )
