"""The public sample in a database of its own, loaded once per worker."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest

from loyalty.database import Connection, connect
from loyalty.settings import Settings
from tests.conftest import execute, in_database
from tests.kpi.sample import load_sample

if TYPE_CHECKING:
    from tests.conftest import TestServers


@pytest.fixture(scope="session")
def sample_url(servers: "TestServers", template: str) -> Iterator[str]:
    """Load the Complete Journey sample with memberships from map A; give its address."""
    name = f"loyalty_sample_{uuid4().hex}"
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = in_database(servers.database_url, name)

    async def load() -> None:
        connection = await asyncpg.connect(url)
        await load_sample(connection)
        await connection.close()

    asyncio.run(load())
    yield url
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def sample(sample_url: str) -> AsyncIterator[Connection]:
    """Give a connection to the sample, as the service has one: it only reads, with the rights of the service."""
    async with connect(Settings(pool_size=2), sample_url) as database, database.reader() as connection:
        yield connection
