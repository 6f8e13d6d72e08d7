"""Programmes over HTTP: the bearer key becomes a `Caller`, and a request a `Source` of writes."""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from loyalty.auth.scopes import needed
from loyalty.database import Connection, Database
from loyalty.errors import Unauthorized, Unavailable
from loyalty.idempotency.facts import Once
from loyalty.idempotency.rules import fingerprint
from loyalty.programs.facts import Source
from loyalty.programs.queries import Caller, caller_of, note_use
from loyalty.web.requests import allowed, refuse_bad_addresses, refuse_bad_bodies

# A revoked or expired key may live this much longer. Without it every call would cost a look-up of its own.
_KNOWN_SECONDS = 5.0
_MOST_KNOWN = 10_000
_NOTED_SECONDS = 600.0


# What a handler asks for. They are the application's own objects, not something that came over the wire.
Calling = NamedDependency[SkipValidation[Caller]]
Writing = NamedDependency[SkipValidation[Source]]
Reading = NamedDependency[SkipValidation[Connection]]


class KnownKeys:
    """The keys that called a moment ago."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[str, tuple[float, Caller]] = {}
        self._noted: dict[UUID, float] = {}

    async def caller(self, database: Database, key: str) -> Caller | None:
        """Find who calls with a key, from memory for 5 seconds. What is not found is not remembered."""
        now = time.monotonic()
        known = self._known.get(key)
        if known and now - known[0] < _KNOWN_SECONDS:
            return known[1]
        async with database.reader() as connection:
            caller = await caller_of(connection, key)
        if caller is not None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = (now, caller)
            await self._note(database, caller, now)
        return caller

    async def _note(self, database: Database, caller: Caller, now: float) -> None:
        """Note that a key is used; a call does not fail because that cannot be noted now."""
        if now - self._noted.get(caller.key_id, -_NOTED_SECONDS) < _NOTED_SECONDS:
            return
        with suppress(Unavailable, asyncpg.PostgresError, OSError, TimeoutError):
            async with database.writer() as connection:
                await note_use(connection, caller)
            if len(self._noted) >= _MOST_KNOWN:
                self._noted.clear()
            self._noted[caller.key_id] = now


async def admit(request: Request[Any, Any, State]) -> Response[None] | None:
    """Let nobody in without a valid key that may do it and has requests left, and no body that nobody could store."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        msg = "Send the storefront's key: `Authorization: Bearer lk_live_…`. `loyalty keys create` makes one."
        raise Unauthorized(msg)
    caller = await request.app.state.known_keys.caller(request.app.state.database, key.strip())
    if caller is None:
        msg = "This key is unknown, expired or revoked."
        raise Unauthorized(msg)
    request.scope["state"]["caller"] = caller
    if taken := await request.app.state.rate_limits.take(caller.key_id):
        request.scope["state"]["headers"] = taken.headers
        taken.refuse_excess()
    caller.require(*needed(request.route_handler.opt, request.method))
    refuse_bad_addresses(request)
    await refuse_bad_bodies(request)
    return allowed(request) if request.method == "OPTIONS" else None


async def provide_caller(request: Request[Any, Any, State]) -> Caller:
    """Tell who calls."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


async def provide_source(request: Request[Any, Any, State], caller: Calling) -> Source:
    """Tell where a write comes from."""
    request_id = request.scope["state"]["request_id"]
    return Source(caller.program, caller.storefront_id, caller.namespace, f"key:{caller.key_id}", request_id)


async def provide_connection(request: Request[Any, Any, State]) -> AsyncIterator[Connection]:
    """Lend a connection that only reads, for the length of a request."""
    async with request.app.state.database.reader() as connection:
        yield connection


def once(source: Source, key: str, operation: str, body: object) -> Once:
    """Name a keyed request of a storefront; keys of different storefronts never meet."""
    scope = f"storefront/{source.storefront_id}"
    return Once(source.program.program_id, scope, key, fingerprint(operation, body), source.request_id)
