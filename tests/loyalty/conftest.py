import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from loyalty.database import Database, connect
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import Source
from loyalty.settings import Settings
from loyalty.verify import verify
from tests.conftest import TestServers, execute, in_database
from tests.histories import open_town
from tests.stories import Shop
from tests.tampering import POLICIES, tell_everything


@pytest.fixture
def shop(database: Database, source: Source, rules: RulesCache) -> Shop:
    """Give a storefront with a fresh programme behind it."""
    return Shop(database, source, rules)


@pytest.fixture(scope="session")
def everything_url(servers: TestServers, template: str) -> Iterator[str]:
    """Give a database in which everything has happened; tests undo what they do to it, or copy it."""
    name = f"{template}_everything"
    url = in_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")

    async def tell() -> None:
        owner = await asyncpg.connect(url)
        async with connect(Settings(pool_size=2), url) as database:
            await tell_everything(await open_town(database, owner, POLICIES))
        await owner.close()

    asyncio.run(tell())
    yield url
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def seals_file(everything_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of seals that was written while all was well."""
    file = tmp_path_factory.mktemp("seals") / "seals"

    async def write() -> None:
        connection = await asyncpg.connect(everything_url)
        report = await verify(connection, seals_to=file)
        await connection.close()
        assert report.faults == []

    asyncio.run(write())
    return file
