"""Settings, servers and pools for a command: the ones that the environment names, else the embedded ones."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
from pydantic import ValidationError

import migrations
from loyalty.cli.refusals import note
from loyalty.database import APP_ROLE, Connection, Database, connect
from loyalty.embedded import Servers as Embedded
from loyalty.embedded import ServersDidNotStart, acquire
from loyalty.errors import Invalid, Unavailable
from loyalty.settings import Settings

_CONNECT_SECONDS = 10
_LOOK_EVERY_SECONDS = 1.0
_REVISION = "SELECT version_num FROM alembic_version"
# Nested loops are never right for whole tables, and are what the planner takes when it believes them to be empty.
_PATIENT = {
    "application_name": "loyalty",
    "role": APP_ROLE,
    "timezone": "UTC",
    "jit": "off",
    "default_transaction_read_only": "on",
    "enable_nestloop": "off",
}
_NOT_THERE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
_LOST = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)


class NotMigrated(Invalid):
    """The tables are not those that this version of the service works with."""

    code = "not_migrated"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are. `embedded`: the database is our own; `redis_url` is None where nobody asked for it."""

    database_url: str
    redis_url: str | None
    embedded: bool


def load_settings() -> Settings:
    """Read the settings from the environment; `Invalid` names the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        variable = name if name.isupper() else f"LOYALTY_{name.upper()}"
        msg = f"The setting {variable} is wrong: {first['msg']}."
        raise Invalid(msg) from None


@contextmanager
def servers(settings: Settings, *, redis: bool = False) -> Iterator[Servers]:
    """Give the servers for as long as the block runs; starts the embedded ones only where an address is missing."""
    database_url, redis_url = settings.database_url, settings.redis_url
    with ExitStack() as stack:
        if not database_url or (redis and not redis_url):
            embedded = stack.enter_context(acquire(settings.home))
            if redis:
                stack.enter_context(_revived(embedded))
            database_url, redis_url = database_url or embedded.database_url, redis_url or embedded.redis_url
        yield Servers(database_url, redis_url, embedded=not settings.database_url)


@contextmanager
def _revived(embedded: Embedded) -> Iterator[None]:
    """Have the embedded servers started again when they died, as long as a command runs that needs both."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_SECONDS):
            try:
                embedded.revive()
            except (ServersDidNotStart, OSError) as error:
                note(f"The embedded servers ended, and cannot be started again: {error}. Trying on.")

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


@asynccontextmanager
async def open_database(settings: Settings, url: str, *, pool_size: int = 2) -> AsyncIterator[Database]:
    """Open the pools of a command on a database that has been migrated; what it writes, consumers are told of."""
    from loyalty.background import register_consumers

    register_consumers()
    await check_migrated(url)
    try:
        async with connect(settings.model_copy(update={"pool_size": pool_size}), url) as database:
            yield database
    except _LOST as error:
        raise _lost(error) from error


@asynccontextmanager
async def patient_reader(url: str) -> AsyncIterator[Connection]:
    """Open a connection that reads whole tables and may take its time; on a database that has been migrated."""
    await check_migrated(url)
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS, server_settings=_PATIENT)
    try:
        yield connection
    except _LOST as error:
        raise _lost(error) from error
    finally:
        await connection.close()


async def refresh_statistics(url: str) -> None:
    """Let PostgreSQL look at its tables after many rows have come in, as the role that owns them.

    Autovacuum does so within a minute or two, but not where embedded servers end with the command, and until then a
    new programme looks empty to the planner. A role that owns no table only gets a warning.
    """
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    try:
        await connection.execute("ANALYZE (SKIP_LOCKED)")
    finally:
        await connection.close()


async def check_migrated(url: str) -> None:
    """Refuse a database at another revision than this version of the service expects."""
    found, expected = await revision(url), migrations.head()
    if found is None:
        msg = "The database has not been set up yet: run `loyalty migrate`."
        raise NotMigrated(msg)
    if found != expected:
        msg = (
            f"The database is at revision {found}, this version of the service needs {expected}: run `loyalty migrate`."
        )
        raise NotMigrated(msg)


async def revision(url: str) -> str | None:
    """Tell the revision of a database, None before the first; `Unavailable` says which setting leads to it."""
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    except (*_NOT_THERE, ValueError) as error:
        msg = f"Cannot reach the database {_shown(url)}: {_reason(error)}. DATABASE_URL says where it is."
        raise Unavailable(msg) from error
    try:
        found: str | None = await connection.fetchval(_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    else:
        return found
    finally:
        await connection.close()


def _lost(error: Exception) -> Unavailable:
    msg = f"The database does not answer any more ({_reason(error)}). Run the command again: nothing is done twice."
    return Unavailable(msg)


def _shown(url: str) -> str:
    """Name a database without its password."""
    try:
        parts = urlsplit(url)
        where = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    except ValueError:
        return "(the address cannot be read)"
    return f"{parts.path.lstrip('/') or '(no name)'} at {where}"


def _reason(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
