"""The service as a process of its own, and shops in it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from loyalty.auth.actions import create_key
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront
from loyalty.settings import Settings
from tests.browser.serving import free_port, serve
from tests.contract.story import Json


@dataclass(frozen=True)
class Service:
    """Where it answers, and where it keeps what it is told."""

    url: str
    database_url: str

    def open_shop(self, name: str) -> str:
        """Open a shop with a programme of its own; gives its key."""
        return asyncio.run(_opened(self.database_url, name))

    def client(self, key: str) -> httpx.Client:
        """Give a client of a shop."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=120)

    def document(self) -> Json:
        """Give the OpenAPI document."""
        found: Json = httpx.get(f"{self.url}/openapi.json", timeout=120).json()
        return found


async def _opened(database_url: str, name: str) -> str:
    async with connect(Settings(pool_size=2), database_url) as database, database.session() as session:
        program = await start_program(session, name, timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "web")
        assert storefront.storefront_id is not None
        return await create_key(
            session, program_id=program.program_id, mode=program.mode, storefront_id=storefront.storefront_id
        )


@contextmanager
def running(database_url: str, redis_url: str, log: Path) -> Iterator[Service]:
    """Run the service on a migrated database."""
    own = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOYALTY_POOL_SIZE": "4"}
    own["LOYALTY_RATE_LIMIT_PER_MINUTE"] = "0"  # who tries everything asks for a lot
    with serve("loyalty.asgi:create_app", free_port(), {**os.environ, **own}, log) as url:
        yield Service(url, database_url)
