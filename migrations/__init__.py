"""The database's history. `loyalty migrate` runs it; `head` tells which revision the code expects."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

HERE = Path(__file__).parent


def config(connection: Connection | None = None) -> Config:
    """Configure Alembic for this folder; with a connection, it migrates over that."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    settings.attributes["connection"] = connection
    return settings


def head() -> str:
    """Name the newest revision."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database up to a revision, in one transaction. Two at once: one waits for the other."""
    await _run(url, lambda connection: command.upgrade(config(connection), revision))


async def downgrade(url: str, revision: str) -> None:
    """Take the database back down to a revision."""
    await _run(url, lambda connection: command.downgrade(config(connection), revision))


async def _run(url: str, work: Callable[[Connection], None]) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url, server_settings={"lock_timeout": "10s"})
    )
    try:
        async with engine.begin() as connection:
            # Starters of one database that race must not make the same tables at once.
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(726563)")
            await connection.run_sync(work)
    finally:
        await engine.dispose()
