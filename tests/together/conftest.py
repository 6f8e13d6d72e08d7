from collections.abc import AsyncIterator

import asyncpg
import pytest

from loyalty.database import connect
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import Source
from loyalty.settings import Settings
from tests.stories import Shop
from tests.together.crowd import Crowd
from tests.together.meeting import Meeting


@pytest.fixture
async def shop(database_url: str, source: Source, rules: RulesCache) -> AsyncIterator[Shop]:
    """Give a shop with sixteen connections."""
    async with connect(Settings(pool_size=16), database_url) as database:
        yield Shop(database, source, rules)


@pytest.fixture
async def meeting(shop: Shop) -> AsyncIterator[Meeting]:
    """Give a place to race; whatever happened there, the ledger must verify, and nobody may have deadlocked."""
    meeting = Meeting(shop)
    yield meeting
    report = await shop.verified()
    assert report.checked["purchases_gave_what_they_are_worth"] > 0
    assert "DeadlockDetectedError" not in meeting.refused, meeting.refused


@pytest.fixture
async def crowd(shop: Shop, owner: asyncpg.Connection) -> AsyncIterator[Crowd]:
    """Give a crowd of callers; whatever they did, the ledger must verify, and nobody may have deadlocked."""
    crowd = Crowd(shop, owner)
    yield crowd
    await crowd.is_sound()
