"""The ledger against a model in plain Python: random histories, time jumps, retries; every lot, at every step."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from loyalty.asgi import create_app
from loyalty.auth.actions import create_key
from loyalty.database import connect
from loyalty.earning.actions import publish
from loyalty.earning.queries import RulesCache
from loyalty.programs.actions import create_program, ensure_storefront, program_facts
from loyalty.programs.facts import Source
from loyalty.rewards.actions import offer_reward
from loyalty.settings import Settings
from tests.conftest import living
from tests.model.drivers import PythonDriver
from tests.model.machine import Opened, World
from tests.model.periods import Policy
from tests.model.rows import FROZEN
from tests.model.spending import Spending
from tests.model.strategies import PRICES
from tests.model.wire import HttpDriver
from tests.plain_model import MANY_RULES, RULES
from tests.stories import Shop

LONG = settings().max_examples > 1000


def histories(quick: int) -> settings:
    """Tell how many histories of 40 steps: in `make test` as many as half a minute allows, and none to shrink."""
    return settings(
        max_examples=1500 if LONG else quick,
        stateful_step_count=40,
        deadline=None,
        phases=[Phase.reuse, Phase.generate, Phase.shrink] if LONG else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@asynccontextmanager
async def opened(runner: asyncio.Runner, database_url: str, redis_url: str) -> AsyncIterator[World]:
    """Give a database whose clock stands still, the service before it, and how to open a programme in both."""
    owner = await asyncpg.connect(database_url)
    await owner.execute(FROZEN)
    app = create_app(Settings(DATABASE_URL=database_url, REDIS_URL=redis_url, pool_size=2))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        living(app),
        connect(Settings(pool_size=2), database_url) as database,
        httpx.AsyncClient(transport=transport, base_url="http://loyalty.test") as client,
    ):

        async def program(policy: Policy, many: bool) -> Opened:  # noqa: FBT001 - one of two
            async with database.session() as session:
                made = await create_program(session, f"Programme {uuid4()}", timezone="Europe/Paris", currency="EUR")
                made.policies = policy
                await session.flush()
                facts = program_facts(made)
                await publish(session, facts.program_id, MANY_RULES if many else RULES)
                storefront, _ = await ensure_storefront(session, facts.program_id, "shop")
                assert storefront.storefront_id is not None
                key = await create_key(
                    session, program_id=facts.program_id, mode="live", storefront_id=storefront.storefront_id
                )
            rewards = {}
            async with database.writer() as connection:
                for price in PRICES:
                    offer = {"name": f"{price} points", "price_points": price, "settings": {"amount_minor": 500}}
                    reward = await offer_reward(connection, facts.program_id, kind="fixed_discount", **offer)
                    rewards[price] = reward.reward_id
            source = Source(facts, storefront.storefront_id, "default", "key/1", "req")
            return Opened(source, key, rewards)

        yield World(runner, database, owner, client, program)
    await owner.close()


@pytest.fixture
def world(database_url: str, redis_url: str) -> Iterator[World]:
    """Give a world in a loop that outlives the examples."""
    with asyncio.Runner() as runner:
        context = opened(runner, database_url, redis_url)
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


def test_the_verbs_do_what_the_model_does(world: World) -> None:
    class ThroughVerbs(Spending):
        def drive(self, programme: Opened) -> PythonDriver:
            return PythonDriver(Shop(world.database, programme.source, RulesCache()), programme.rewards)

    ThroughVerbs.world = world
    run_state_machine_as_test(ThroughVerbs, settings=histories(40))


def test_the_api_does_what_the_model_does(world: World) -> None:
    class ThroughTheApi(Spending):
        def drive(self, programme: Opened) -> HttpDriver:
            shop = Shop(world.database, programme.source, RulesCache())
            return HttpDriver(world.client, programme.key, programme.rewards, shop)

    ThroughTheApi.world = world
    run_state_machine_as_test(ThroughTheApi, settings=histories(20))
