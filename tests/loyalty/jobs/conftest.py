"""A bench with workers, and the row of a job."""

import pytest

from loyalty.database import Database
from tests.loyalty.jobs.workers import Bench


@pytest.fixture
def bench(database: Database) -> Bench:
    """Give a database for workers; their Redis is away."""
    return Bench(database)
