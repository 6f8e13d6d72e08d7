"""A shop with its panel, over the service and its worker: it goes on telling while somebody of the team looks."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from loyalty.auth.actions import create_key, sign_in, sign_in_link
from loyalty.clock import utc_now
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront
from loyalty.settings import Settings
from tests.browser.window import Window
from tests.conftest import execute, in_database
from tests.contract.service import running

if TYPE_CHECKING:
    from tests.browser.conftest import OpenWindow
    from tests.conftest import TestServers

FIRST_PAGE = "/admin/p/1/impact"
WORKER_MS = 60_000
_PATIENCE_SECONDS = 60
_LINK = re.compile(r"/admin/sign-in/\S+")


@dataclass
class LiveShop:
    """A shop: what it tells, where its manager is signed in, and the link that its first start printed."""

    address: str
    secret: str
    first_link: str
    api: httpx.Client
    told: list[str] = field(default_factory=list)

    def tell(self, path: str, *, method: str = "POST", **body: object) -> Any:  # noqa: ANN401 - JSON
        """Tell the service something."""
        self.told.append(path)
        key = {"Idempotency-Key": f"journey-{len(self.told)}"}
        answer = self.api.request(method, f"/v1/{path}", json=body, headers=key)
        assert answer.is_success, answer.text
        return answer.json()

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask the service something."""
        answer = self.api.get(f"/v1/{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def ask_until_there(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Ask until the worker has done what makes a list of something."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not (found := self.ask(path)["data"]):
            assert time.monotonic() < until, path
            time.sleep(0.1)
        return found

    def ago(self, days: float) -> str:
        """Write a moment so many days ago."""
        return (utc_now() - timedelta(days=days)).isoformat()

    def sells(self, order_id: str, who: str, goods: str, days: float = 1, **also: object) -> None:
        """Sell something."""
        told = {"order_id": order_id, "placed_at": self.ago(days), "currency": "EUR", "goods": goods, **also}
        self.tell("purchases", **told, customer_id=who)

    async def opens(self, open_window: "OpenWindow", *, scripts: bool = True) -> Window:
        """Open the manager's window on the first page."""
        window = await open_window(self.address, self.secret, scripts=scripts)
        if scripts:
            await window.open(FIRST_PAGE)
        else:  # where nothing is drawn by script, nothing is waited for
            await window.page.goto(f"{self.address}{FIRST_PAGE}")
        return window


@contextmanager
def live_shop(servers: "TestServers", template: str, folder: Path) -> Iterator[LiveShop]:
    """Run the service and its worker over a shop with two members."""
    name = f"loyalty_journeys_{uuid4().hex}"
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url, log = in_database(servers.database_url, name), folder / "log"
    key = asyncio.run(_opened(url))
    # A database of Redis that no worker's own tests empty.
    redis = f"{servers.redis_url}{'&' if '?' in servers.redis_url else '?'}db=14"
    with running(url, redis, log) as service, service.client(key) as api:
        # Nobody is let in before it is printed: it is printed where nobody ever was.
        first_link = _printed(log)
        shop = LiveShop(service.url, asyncio.run(let_in(url)), first_link, api)
        for customer, who in (("c-1", "Ann Verger"), ("c-2", "Ben Martin")):
            shop.tell("members", customer_id=customer, name=who, joined_at=shop.ago(40))
            shop.sells(f"o-{customer}", customer, "84.50", 20)
        yield shop
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _opened(url: str) -> str:
    async with connect(Settings(pool_size=1), url) as database, database.session() as session:
        program = await start_program(session, "Maison Verger", timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "Web shop")
        return await create_key(
            session, program_id=program.program_id, mode="live", storefront_id=storefront.storefront_id or 0
        )


def _printed(log: Path) -> str:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not (found := _LINK.search(log.read_text())):
        assert time.monotonic() < until, log.read_text()[-2_000:]
        time.sleep(0.05)
    return found[0]


async def let_in(url: str) -> str:
    """Let somebody of the team in; gives the secret of the session."""
    async with connect(Settings(pool_size=1), url) as database:
        async with database.session() as session:
            link = urlsplit(await sign_in_link(session, "http://x", "maya@example.com")).path
        async with database.writer() as writer:
            opened = await sign_in(writer, link.rpartition("/")[2])
    assert opened is not None
    return opened.secret
