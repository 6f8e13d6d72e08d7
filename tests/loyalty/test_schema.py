"""The tables as the migrations make them: as the code believes them to be, up and down and up again."""

import re

import asyncpg
from alembic import command
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import migrations
from loyalty.database import APP_ROLE


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
