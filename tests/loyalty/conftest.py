import pytest

from loyalty.database import Database
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import Source
from tests.stories import Shop


@pytest.fixture
def shop(database: Database, source: Source, rules: RulesCache) -> Shop:
    """Give a storefront with a fresh programme behind it."""
    return Shop(database, source, rules)
