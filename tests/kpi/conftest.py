"""A PostgreSQL for the tests of the key figures: an empty database per test, and one with the sample, loaded once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from loyalty.embedded import acquire
from tests.kpi.sample import load_sample

_ROOMS = ("programs", "customers", "points", "purchases", "earning")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Run a server for the session; give the address of each of its databases."""
    with acquire(tmp_path_factory.mktemp("servers"), fsync=False) as servers:
        yield lambda name: servers.database_url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def template(server: Callable[[str], str]) -> str:
    """Make a database with all the tables, to be copied."""
    for room in _ROOMS:
        import_module(f"loyalty.{room}.tables")

    async def create(connection: asyncpg.Connection) -> None:
        dialect = postgresql.dialect()
        for table in SQLModel.metadata.sorted_tables:
            await connection.execute(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                await connection.execute(str(CreateIndex(index).compile(dialect=dialect)))

    _run(server("postgres"), lambda connection: connection.execute("CREATE DATABASE kpi_template"))
    _run(server("kpi_template"), create)
    return "kpi_template"


@pytest_asyncio.fixture
async def database(server: Callable[[str], str], template: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection to a fresh database with empty tables."""
    name = f"kpi_{uuid4().hex}"
    main = await asyncpg.connect(server("postgres"))
    await main.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    connection = await asyncpg.connect(server(name), server_settings={"jit": "off", "timezone": "UTC"})
    try:
        yield connection
    finally:
        await connection.close()
        await main.execute(f"DROP DATABASE {name}")
        await main.close()


@pytest.fixture(scope="session")
def sample_url(server: Callable[[str], str], template: str) -> str:
    """Load the Complete Journey sample with memberships from map A, once; give its address."""
    _run(server("postgres"), lambda connection: connection.execute(f"CREATE DATABASE sample TEMPLATE {template}"))
    _run(server("sample"), load_sample)
    return server("sample")


@pytest_asyncio.fixture
async def sample(sample_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection to the sample."""
    connection = await asyncpg.connect(sample_url, server_settings={"jit": "off", "timezone": "UTC"})
    yield connection
    await connection.close()


def _run(url: str, work: Callable[[asyncpg.Connection], Coroutine[Any, Any, object]]) -> None:
    async def connected() -> None:
        connection = await asyncpg.connect(url)
        try:
            await work(connection)
        finally:
            await connection.close()

    asyncio.run(connected())
