"""What every test may ask for: real servers, a fresh migrated database, a programme with a storefront.

The servers are the embedded ones, in memory where there is enough of it, shared by all workers of a run, unless
`TEST_DATABASE_URL` and `TEST_REDIS_URL` name others. Each worker migrates one template; each test gets a copy of it, so
no test sees another's rows.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings
from litestar import Litestar
from redis import Redis

import migrations
from loyalty.asgi import create_app
from loyalty.auth.actions import create_key
from loyalty.background import register_consumers
from loyalty.database import Database, connect
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.embedded import acquire
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.settings import Settings
from tests import memory

# `HYPOTHESIS_PROFILE=long` (in `make test-long`) looks further, and elsewhere every time.
settings.register_profile("quick", max_examples=100, derandomize=True, deadline=None)
settings.register_profile("long", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

POSTGRESQL = 18
REDIS_DATABASES = 16
# Made once for many tests, and dear to make: who asks for one of them runs on one worker.
DEAR = ("sample_url", "everything_url", "ledger_url", "distributed_url")
# A pool so small opens its connections when they are asked for: most tests need one or two of a dozen.
SMALL_POOL = 4


@dataclass(frozen=True)
class TestServers:
    """The addresses of the servers of this run."""

    __test__ = False

    database_url: str
    redis_url: str


def in_database(url: str, name: str) -> str:
    """Give the address of another database on the same server."""
    scheme, netloc, _, query, fragment = urlsplit(url)
    # urlunsplit drops the empty host of `postgresql://postgres@/name?host=…`; here it is "postgres@", so it stays.
    return urlunsplit((scheme, netloc, f"/{name}", query, fragment))


def execute(url: str, *statements: str) -> object:
    """Run statements, each on its own, outside any test's event loop; gives the last one's first value."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                value = await connection.fetchval(statement)
        finally:
            await connection.close()
        return value

    return asyncio.run(run())


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Name this worker of pytest-xdist; `main` when there is only one."""
    found = getattr(request.config, "workerinput", {"workerid": "main"})
    return str(found["workerid"])


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[TestServers]:
    """Give the servers of this run; starts the embedded ones where no address was given."""
    database_url, redis_url = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    with ExitStack() as stack:
        if not (database_url and redis_url):
            base = tmp_path_factory.getbasetemp()
            ours = base if worker == "main" else base.parent
            home = Path(os.environ.get("LOYALTY_TEST_HOME") or ours / "servers")
            embedded = stack.enter_context(acquire(home, fsync=False))
            version = execute(embedded.database_url, "SELECT current_setting('server_version_num')::int / 10000")
            assert version == POSTGRESQL, f"the wheel's PostgreSQL is {version}, not {POSTGRESQL}"
            database_url, redis_url = database_url or embedded.database_url, redis_url or embedded.redis_url
        yield TestServers(database_url, redis_url)


@pytest.fixture(scope="session")
def administer(servers: TestServers) -> Iterator[Callable[[str], object]]:
    """Give a way to run a statement of the superuser's on a connection that is kept."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:

        async def connected() -> asyncpg.Connection:
            return await asyncpg.connect(servers.database_url)

        connection = runner.run(connected())
        yield lambda statement: runner.run(connection.execute(statement))
        runner.run(connection.close())


@pytest.fixture(scope="session")
def template(servers: TestServers, worker: str) -> Iterator[str]:
    """Migrate a database once per worker; the tests get copies of it."""
    # Several runs may share a server: the name is this process's own.
    name = f"loyalty_test_{worker}_{os.getpid()}"
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    execute(servers.database_url, drop, f"CREATE DATABASE {name}")
    asyncio.run(migrations.upgrade(in_database(servers.database_url, name)))
    yield name
    execute(servers.database_url, drop)


@pytest.fixture
def empty_database_url(servers: TestServers) -> Iterator[str]:
    """Give the address of a database in which nothing is."""
    name = f"loyalty_test_{uuid4().hex}"
    execute(servers.database_url, f"CREATE DATABASE {name}")
    yield in_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(servers: TestServers, template: str, administer: Callable[[str], object]) -> Iterator[str]:
    """Give the address of a fresh, migrated database of the superuser; dropped after the test."""
    name = f"loyalty_test_{uuid4().hex}"
    # In memory it is faster to copy files than to log pages; on a disk it is not.
    strategy = "FILE_COPY" if str(memory.MEMORY) in servers.database_url else "WAL_LOG"
    administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {strategy}")
    yield in_database(servers.database_url, name)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session", autouse=True)
def small_pools() -> Iterator[None]:
    """Have small pools open what they are asked for, and not all of it for every test."""
    create_pool = asyncpg.create_pool

    def create(*told: object, min_size: int, max_size: int, **more: object) -> object:
        return create_pool(*told, min_size=0 if max_size <= SMALL_POOL else min_size, max_size=max_size, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asyncpg, "create_pool", create)
        yield


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Give the pools of a process, on a fresh database."""
    async with connect(Settings(pool_size=4), database_url) as database:
        yield database


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection with all rights, past the service's role: to look, and to plant what must be found."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def program(database: Database) -> ProgramFacts:
    """Give a programme as it is at birth: one point per whole euro."""
    async with database.session() as session:
        return await start_program(session, "Shop", timezone="Europe/Paris", currency="EUR")


@pytest.fixture
async def source(database: Database, program: ProgramFacts) -> Source:
    """Give a storefront of the programme as the origin of writes."""
    async with database.session() as session:
        storefront, _ = await ensure_storefront(session, program.program_id, "web shop")
    assert storefront.storefront_id is not None
    return Source(program, storefront.storefront_id, storefront.namespace, "key/test", "req_test")


@pytest.fixture
def rules() -> RulesCache:
    """Give an empty cache of rules, as a process has at its start."""
    return RulesCache()


@pytest.fixture
def redis_url(servers: TestServers, worker: str) -> str:
    """Give the address of an empty database of Redis; each worker has its own number."""
    number = (int(worker.removeprefix("gw")) + 1) % REDIS_DATABASES if worker != "main" else 0
    mark = "&" if "?" in servers.redis_url else "?"
    url = f"{servers.redis_url}{mark}db={number}"
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


@asynccontextmanager
async def living(app: Litestar) -> AsyncIterator[None]:
    """Keep an application started. In a task of its own: what enters a lifespan must leave it, and fixtures do not."""
    started, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await over.wait()

    life, start = asyncio.create_task(live()), asyncio.create_task(started.wait())
    await asyncio.wait({life, start}, return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        start.cancel()
        life.result()
    yield
    over.set()
    await life


@pytest.fixture(scope="session")
def made() -> tuple[Settings, Litestar]:
    """Make the application once: that takes longer than most tests do."""
    settings = Settings(pool_size=4, link_keys=["k" * 32])  # type: ignore[list-item] - as a setting is told
    return settings, create_app(settings)


@pytest.fixture
async def app(made: tuple[Settings, Litestar], database_url: str, redis_url: str) -> AsyncIterator[Litestar]:
    """Give the whole application, started on this test's database."""
    settings, app = made
    settings.database_url, settings.redis_url = database_url, redis_url
    register_consumers()
    async with living(app):
        yield app


@pytest.fixture
async def key(database: Database, program: ProgramFacts, source: Source) -> str:
    """Give the bearer key of the storefront."""
    async with database.session() as session:
        return await create_key(
            session, program_id=program.program_id, mode=program.mode, storefront_id=source.storefront_id
        )


@pytest.fixture
async def api(app: Litestar, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a storefront's client, signed in with its key."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        yield client


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known, and a place for the servers: the workers of this run inherit it."""
    # Dozens of processes start in a run: without what Python keeps of a file it has read, each would read all again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    gc.set_threshold(20_000, 20, 20)  # what tests leave is much and small, and a look at everything is dear
    if not hasattr(config, "workerinput") and "LOYALTY_TEST_HOME" not in os.environ and (folder := memory.take()):
        os.environ["LOYALTY_TEST_HOME"] = str(folder)
        config.add_cleanup(partial(memory.give_back, folder))
    config.addinivalue_line(
        "markers", "browser: needs Chromium; where there is none it is skipped, and the summary counts it"
    )


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes minutes first, so that one worker is not left with it when the other is done."""
    items.sort(key=lambda item: item.path.parent.name != "sample")
    for item in items:
        for shared in [name for name in DEAR if name in getattr(item, "fixturenames", ())][:1]:
            item.add_marker(pytest.mark.xdist_group(shared))


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays to the end: thousands of tests, and the whole service."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say how many browser tests did not run: a green line must not hide that nobody looked."""
    skipped = [report for report in terminalreporter.getreports("skipped") if "browser" in report.keywords]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests did not run: no Chromium was found.", yellow=True)
