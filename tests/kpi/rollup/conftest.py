"""A storefront with a programme behind it, and a worker that comes when it is asked to."""

from random import Random

import asyncpg
import pytest

from loyalty.database import Database
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import Source
from tests.kpi.rollup.world import Worker
from tests.stories import Shop


@pytest.fixture
def shop(database: Database, source: Source, rules: RulesCache) -> Shop:
    """Give a storefront in Paris."""
    return Shop(database, source, rules)


@pytest.fixture
def keeper(shop: Shop, owner: asyncpg.Connection) -> Worker:
    """Give a worker that has built nothing yet."""
    return Worker(shop, owner, Random(1))  # noqa: S311 - a worker, not a secret


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every shop be too large to read all its purchases while somebody waits."""
    monkeypatch.setattr("kpi.rollup.reading.FEW_PURCHASES", -1)
