"""Bringing files in, as the tests of this room do it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts, Source
from tests.loyalty.imports.desk import Desk, Ledger


@pytest.fixture
def desk(database: Database, source: Source, tmp_path: Path) -> Desk:
    """Give a desk on a fresh database."""
    return Desk(database, source, tmp_path)


@pytest.fixture
def ledger(owner: asyncpg.Connection) -> Ledger:
    """Give eyes."""
    return Ledger(owner)


@pytest.fixture
def euros() -> ProgramFacts:
    """Give a programme in euros, for what needs no database."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return ProgramFacts(1, "Shop", "live", "EUR", "Europe/Paris", timedelta(), None, None, {}, at)
