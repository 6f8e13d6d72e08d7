"""The service as a process of its own, and shops in it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from loyalty.auth.actions import create_key
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront
from loyalty.settings import Settings
from tests.browser.serving import ROOT, free_port
from tests.contract.story import Json

_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Service:
    """Where it answers, and where it keeps what it is told."""

    url: str
    database_url: str

    def open_shop(self, name: str, mode: str = "live") -> str:
        """Open a shop with a programme of its own; gives its key."""
        return asyncio.run(_opened(self.database_url, name, mode))

    def client(self, key: str) -> httpx.Client:
        """Give a client of a shop."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=120)

    def document(self) -> Json:
        """Give the OpenAPI document."""
        found: Json = httpx.get(f"{self.url}/openapi.json", timeout=120).json()
        return found


async def _opened(database_url: str, name: str, mode: str) -> str:
    async with connect(Settings(pool_size=2), database_url) as database, database.session() as session:
        program = await start_program(session, name, timezone="Europe/Paris", currency="EUR", mode=mode)
        storefront, _ = await ensure_storefront(session, program.program_id, "web")
        assert storefront.storefront_id is not None
        return await create_key(
            session, program_id=program.program_id, mode=program.mode, storefront_id=storefront.storefront_id
        )


@contextmanager
def running(database_url: str, redis_url: str, log: Path) -> Iterator[Service]:
    """Run the service and its worker on a migrated database."""
    own = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOYALTY_POOL_SIZE": "4"}
    own["LOYALTY_RATE_LIMIT_PER_MINUTE"] = "0"  # who tries everything asks for a lot
    own["LOYALTY_LINK_KEYS"] = "k" * 32
    with log.open("wb") as said, ended(_started(port := free_port(), {**os.environ, **own}, said)) as process:
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + _PATIENCE_SECONDS
        while not _answers(url):
            assert process.poll() is None, log.read_text()[-2_000:]
            assert time.monotonic() < until, log.read_text()[-2_000:]
            time.sleep(0.2)
        yield Service(url, database_url)


def _started(port: int, env: dict[str, str], said: BinaryIO) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "loyalty.cli", "serve", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said)


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """End a process in good order, whatever happens meanwhile."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez").is_success
    except httpx.TransportError:
        return False
