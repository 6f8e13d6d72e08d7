"""The edge of keyed requests: whatever a caller repeats, its effect is one commit, with the answer pinned in it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from time import monotonic

import asyncpg
import msgspec

from loyalty.database import Connection, Database, MissedGuard, Tx, wait_for_locks
from loyalty.errors import Conflict, InFlight, NotFound, Unavailable
from loyalty.idempotency.facts import Answered, Once, Pinned
from loyalty.idempotency.queries import pin_refusal, pinned
from loyalty.web.problems import refusal

# How long a request waits for others that hold the same key or customer.
WAIT_SECONDS = 2.0
_SHORTEST_WAIT_SECONDS = 0.05
_ATTEMPTS = 8

Verb = Callable[[Tx, Once], Awaitable[tuple[int, bytes]]]


async def write_once(database: Database, once: Once, verb: Verb, *, whole: bool = False) -> Answered:
    """Commit a verb once under its key: the first request does it, every other gets the first answer.

    The verb answers (status, body), and hangs `pin` of these on its append; with `whole` it runs in a transaction, and
    may `pin_alone`. What it refuses as not found or a conflict is pinned too, and is an answer like any other; all
    other refusals are raised, and may be sent again. As in `database.write`, a verb is called again when it was
    overtaken, then under locks, and is never cancelled half-way. `InFlight` after two seconds of waiting.
    """
    return await asyncio.shield(asyncio.ensure_future(_write_once(database, once, verb, whole=whole)))


async def _write_once(database: Database, once: Once, verb: Verb, *, whole: bool) -> Answered:
    until = monotonic() + WAIT_SECONDS
    for attempt in range(_ATTEMPTS):
        try:
            async with database.writer() as connection:
                await wait_for_locks(connection, max(until - monotonic(), _SHORTEST_WAIT_SECONDS))
                if first := await pinned(connection, once):
                    return Answered(first, replayed=True)
                return await _do(connection, once, verb, locked=attempt > 0, whole=whole)
        # Of the key, or of a first sight: in both cases the next look tells.
        except (MissedGuard, asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(0.002 * attempt)
        except asyncpg.LockNotAvailableError:
            return await _answered_meanwhile(database, once)
    msg = "Others keep changing the same customer. Nothing was written; send the same request again."
    raise Unavailable(msg)


async def _do(connection: Connection, once: Once, verb: Verb, *, locked: bool, whole: bool) -> Answered:
    try:
        async with AsyncExitStack() as transaction:
            if locked or whole:
                await transaction.enter_async_context(connection.transaction())
            status, body = await verb(Tx(connection, locked=locked), once)
    except InFlight:
        raise
    except (NotFound, Conflict) as error:
        # Pinned after the verb's own transaction, of which nothing may stay.
        problem = refusal(error, once.request_id)
        status, body = problem.status, msgspec.json.encode(problem)
        await pin_refusal(connection, once, status, body, error.customer_id)
    return Answered(Pinned(status, body, once.request_id), replayed=False)


async def _answered_meanwhile(database: Database, once: Once) -> Answered:
    """Give the answer that came while we gave up waiting for it."""
    async with database.writer() as connection:
        if first := await pinned(connection, once):
            return Answered(first, replayed=True)
    msg = "This request, or another one about the same customer, is still being worked on. Send it again in a second."
    raise InFlight(msg)
