"""A town in which somebody climbs."""

import asyncpg
import httpx
import pytest

from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts
from tests.loyalty.tiers.town import Town


@pytest.fixture
async def town(api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts) -> Town:
    town = Town(api, owner, database, program.program_id)
    await town.at("2026-03-01T09:00")
    await town.joins("ann")
    return town
