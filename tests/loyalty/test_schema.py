"""The tables: owned by a programme throughout, distributable by it, and as the code believes them to be."""

import re
from collections.abc import Iterator

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

import migrations
from loyalty.database import APP_ROLE

# Owned by the installation (ledger.md); everything else belongs to a programme.
INSTALLATION = {"program", "user", "session", "sign_in_link"}
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in INSTALLATION]


def keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Give every key of a table: primary, unique (constraint or index), and foreign."""
    yield "primary key", [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | ForeignKeyConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
    for index in table.indexes:
        yield str(index.name), [column.name for column in index.columns]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_programme_is_the_first_column_of_every_key(table: Table) -> None:
    for name, columns in keys(table):
        assert columns[0] == "program_id", name
    assert table.c.program_id.nullable is False


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_of_one_programme_cannot_point_into_another(table: Table) -> None:
    for constraint in table.foreign_key_constraints:
        pairs = {(element.parent.name, element.column.name) for element in constraint.elements}
        assert ("program_id", "program_id") in pairs, constraint.name


def test_every_table_is_either_a_programmes_or_the_installations() -> None:
    assert {table.name for table in SQLModel.metadata.sorted_tables if "program_id" not in table.c} == INSTALLATION - {
        "program"
    }


async def test_every_table_of_a_programme_can_be_distributed_by_it(
    owner: asyncpg.Connection,
) -> None:
    """PostgreSQL refuses a partitioned table whose keys lack the partition key, as a distributed one does."""
    await owner.execute("CREATE SCHEMA distributed; SET search_path = distributed, public")
    for table in TABLES:
        ddl = str(CreateTable(table).compile(dialect=dialect())).rstrip()  # type: ignore[no-untyped-call]
        body = ddl.partition(" WITH (fillfactor")[0]
        await owner.execute(f"{body} PARTITION BY HASH (program_id)")
        for index in table.indexes:
            assert isinstance(index, Index)
            await owner.execute(str(CreateIndex(index).compile(dialect=dialect())))  # type: ignore[no-untyped-call]
        for part in range(2):
            await owner.execute(
                f'CREATE TABLE "{table.name}_{part}" PARTITION OF "{table.name}"'
                f" FOR VALUES WITH (MODULUS 2, REMAINDER {part})"
            )
    made = await owner.fetch(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'distributed' AND relkind = 'p'"
    )
    assert {row["relname"] for row in made} == {table.name for table in TABLES}


async def test_a_key_without_the_programme_would_be_refused(owner: asyncpg.Connection) -> None:
    """Else the test above would prove nothing."""
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="program_id"):
        await owner.execute(
            "CREATE TABLE odd (program_id int, award_id uuid PRIMARY KEY) PARTITION BY HASH (program_id)"
        )


async def test_the_migrations_make_what_the_code_declares(database_url: str) -> None:
    def check(connection: SyncConnection) -> None:
        command.check(migrations.config(connection))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(database_url))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(check)
    finally:
        await engine.dispose()


async def test_keys_checks_and_indexes_are_those_of_the_code(database_url: str, empty_database_url: str) -> None:
    """Alembic's check compares columns; a CHECK that only one side knows would escape it."""
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(empty_database_url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
    finally:
        await engine.dispose()
    # varchar is text here; the rights and Alembic's own table only a migration makes.
    declared, migrated = [
        {
            tuple(re.sub(r"::text(\[\])?|[()]", "", str(part).replace("character varying", "text")) for part in row)
            for row in await described(url)
            if "alembic_version" not in str(row) and row[3] != "rights"
        }
        for url in (empty_database_url, database_url)
    ]
    assert declared == migrated


async def described(url: str) -> list[tuple[object, ...]]:
    """Describe columns, constraints, indexes and rights: all that a migration makes."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT relname, relacl::text, reloptions::text, 'rights', '' FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
            " ORDER BY 1, 2, 3"
        )
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


async def test_down_to_nothing_and_up_again_is_the_same_schema(database_url: str) -> None:
    before = await described(database_url)
    await migrations.downgrade(database_url, "base")
    connection = await asyncpg.connect(database_url)
    left = await connection.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    rights = await connection.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", APP_ROLE)
    await connection.close()
    assert {row["relname"] for row in left} <= {"alembic_version", "alembic_version_pkc"}
    assert rights is False
    await migrations.upgrade(database_url)
    assert await described(database_url) == before


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    before = await described(database_url)
    await migrations.upgrade(database_url)
    assert await described(database_url) == before
    assert await _revision(database_url) == migrations.head()


async def _revision(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT version_num FROM alembic_version"))
    finally:
        await connection.close()
