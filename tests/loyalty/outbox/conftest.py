"""A place for consumers that forgets them after the test, and a bench of workers."""

import pytest

from loyalty.database import Database
from loyalty.outbox import consumer
from tests.loyalty.jobs.workers import Bench


@pytest.fixture(autouse=True)
def nobody_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without consumers."""
    monkeypatch.setattr(consumer, "_consumers", {})


@pytest.fixture
def bench(database: Database) -> Bench:
    """Give a database for workers; their Redis is away."""
    return Bench(database)
