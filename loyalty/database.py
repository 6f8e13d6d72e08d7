"""How the service talks to PostgreSQL: names and types for the tables, the pools, `Tx`, and the edge that commits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

import asyncpg
from asyncpg.pool import Pool, PoolConnectionProxy
from sqlalchemy import DateTime
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.errors import LoyaltyError, Unavailable

if TYPE_CHECKING:
    from loyalty.settings import Settings

# Set before the first table: a constraint without a name of its own gets one that Alembic can find again.
SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    "ck": "%(table_name)s_%(constraint_name)s",
}

# The role that every connection of the service takes. It may only add to the ledger, never change it (`migrations/`).
APP_ROLE = "loyalty_app"

Connection = asyncpg.Connection | PoolConnectionProxy
I = TypeVar("I")  # noqa: E741 - items in, results out
R = TypeVar("R")

_EVERYWHERE = {"application_name": "loyalty", "role": APP_ROLE, "timezone": "UTC", "jit": "off", "lock_timeout": "3s"}
# One plan for all: the money path looks up by key, and planning that anew costs more than doing it. Other joins than by
# index never pay there, whatever an empty table's statistics say.
_MONEY = {
    **_EVERYWHERE,
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "statement_timeout": "5s",
}
_READING = {**_EVERYWHERE, "default_transaction_read_only": "on", "statement_timeout": "60s"}
_CONFIGURING = {**_EVERYWHERE, "statement_timeout": "60s"}

_ACQUIRE_TIMEOUT_SECONDS = 1.0
_RELEASE_TIMEOUT_SECONDS = 10.0
_ATTEMPTS = 8


class Instant(DateTime):
    """A point in time, `timestamptz`. Python sees aware datetimes in UTC."""

    def __init__(self) -> None:
        """Make the column time-zone aware: a naive instant has no meaning here."""
        super().__init__(timezone=True)


@dataclass(frozen=True, slots=True)
class Tx:
    """One connection: everything that must share a commit with money goes through it.

    `locked`: a transaction is open, and the verb locks accounts, then purchases, before it reads. Otherwise the verb's
    append is a statement of its own in autocommit, guarded by versions.
    """

    connection: Connection
    locked: bool = False


class PooledConnection(asyncpg.Connection):
    """Goes back to its pool as it is: taking nothing back saves every write a third of its round trips.

    What changes the session is a method here, which remembers it. (An open transaction is rolled back in any case.)
    """

    _changed = False

    async def wait_for_locks(self, seconds: float) -> None:
        """Wait at most so long for a lock, until the connection is given back."""
        self._changed = True
        await self.fetchval("SELECT set_config('lock_timeout', $1, false)", f"{seconds * 1000:.0f}ms")

    def get_reset_query(self) -> str:
        """Take back what was changed, if anything was."""
        query = super().get_reset_query() if self._changed else ""
        self._changed = False
        return query


async def wait_for_locks(connection: Connection, seconds: float) -> None:
    """Have a pool's connection wait at most so long for a lock, until it is given back."""
    await cast("PooledConnection", connection).wait_for_locks(seconds)


class MissedGuard(Exception):
    """Somebody was faster: a version that was read is no longer there. Nothing was written; read again."""


@dataclass(frozen=True, slots=True)
class Database:
    """The pools of one process: `money` writes by guarded statements, `reading` only reads, `engine` configures."""

    money: Pool
    reading: Pool
    engine: AsyncEngine

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Open a session that commits when the block ends well: configuration, one unit of work."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Connection]:
        """Lend a connection that only reads; `Unavailable` when none is free within a second."""
        async with _lend(self.reading) as connection:
            yield connection

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Connection]:
        """Lend a connection that may write; `Unavailable` when none is free within a second."""
        async with _lend(self.money) as connection:
            yield connection


@asynccontextmanager
async def _lend(pool: Pool) -> AsyncIterator[Connection]:
    try:
        connection = await pool.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS)
    except TimeoutError:
        msg = "All connections to the database are busy. Send the same request again in a second."
        raise Unavailable(msg) from None
    except OSError as error:  # a socket that is not there is another error than one where nobody listens
        msg = "The database cannot be reached. Send the same request again in a second."
        raise Unavailable(msg) from error
    try:
        yield connection
    finally:
        # A budget of its own: asyncpg would take the acquiring's second for it too, and fail after a commit under load.
        await pool.release(connection, timeout=_RELEASE_TIMEOUT_SECONDS)


@asynccontextmanager
async def connect(settings: "Settings", url: str) -> AsyncIterator[Database]:
    """Open the pools of a process, and close them."""
    # min = max: a pool that opens connections under load pays for it when it can least afford to.
    size = settings.pool_size
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url, server_settings=_CONFIGURING), pool_size=2
    )
    pool = partial(asyncpg.create_pool, url, connection_class=PooledConnection)
    async with (
        pool(
            min_size=size, max_size=size, command_timeout=10, server_settings=_MONEY, statement_cache_size=512
        ) as money,
        pool(min_size=2, max_size=max(2, size // 2), command_timeout=65, server_settings=_READING) as r,
    ):
        try:
            yield Database(money, r, engine)
        finally:
            await engine.dispose()


async def write(
    database: Database,
    verb: Callable[[Tx, Sequence[I]], Awaitable[list[R]]],
    items: Sequence[I],
    *,
    whole: bool = False,
) -> list[R]:
    """Commit a money verb over items, one result each; this is the edge.

    First in autocommit (or, with `whole`, in a transaction of its own, for verbs that write more than the money).
    When a guard was missed, again under locks. A unique violation that comes even then (a first sight cannot be
    locked) splits the batch in halves. Never cancelled half-way: a client that hangs up does not decide what is
    committed.
    """
    return await asyncio.shield(asyncio.ensure_future(_write(database, verb, items, whole=whole)))


async def one(database: Database, verb: Callable[[Tx], Awaitable[R]]) -> R:
    """Commit a money verb that is about one thing; as `write`. What it refuses is raised."""

    async def alone(tx: Tx, _: Sequence[None]) -> list[R]:
        return [await verb(tx)]

    [result] = await write(database, alone, [None])
    return result


async def _write(
    database: Database, verb: Callable[[Tx, Sequence[I]], Awaitable[list[R]]], items: Sequence[I], *, whole: bool
) -> list[R]:
    for attempt in range(_ATTEMPTS):
        try:
            async with database.writer() as connection:
                if attempt == 0 and not whole:
                    return await verb(Tx(connection), items)
                return await _in_transaction(Tx(connection, locked=attempt > 0), verb, items, whole=whole)
        except asyncpg.UniqueViolationError:
            if attempt and len(items) > 1:
                middle = len(items) // 2
                first = await _write(database, verb, items[:middle], whole=whole)
                return first + await _write(database, verb, items[middle:], whole=whole)
        except (MissedGuard, asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(0.002 * attempt)
    msg = "Others keep changing the same customer or order. Nothing was written; send the same request again."
    raise Unavailable(msg)


async def _in_transaction(
    tx: Tx, verb: Callable[[Tx, Sequence[I]], Awaitable[list[R]]], items: Sequence[I], *, whole: bool
) -> list[R]:
    """Commit also when the verb refuses, as in autocommit: what it posted before stays. Not what is written `whole`."""
    async with tx.connection.transaction():
        try:
            return await verb(tx, items)
        except LoyaltyError as error:
            if whole:
                raise
            refusal = error
    raise refusal
