"""Chromium, and the panel to look at: the real application over the sample, and a harness for the other states."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import uuid4

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from loyalty.customers.facts import Profile
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.settings import Settings
from tests.admin.fake_desk import ORIGIN
from tests.browser.live_shop import LiveShop, let_in, live_shop
from tests.browser.serving import free_port, serve
from tests.browser.window import Window
from tests.conftest import execute, in_database
from tests.kpi.sample import load_sample
from tests.stories import Shop, joining, purchase, refund

if TYPE_CHECKING:
    from tests.conftest import TestServers

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE = 640


class OpenWindow(Protocol):
    """Opens a window; see the fixture `open_window`."""

    async def __call__(
        self,
        address: str,
        secret: str = "",
        *,
        width: int = 1440,
        theme: Literal["light", "dark"] = "light",
        language: str = "en",
        scripts: bool = True,
    ) -> Window:
        """Open it."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, keep it in one worker and in one event loop: one browser, and the sample loaded once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Find Chromium: `CHROMIUM` names it, or it is on the path."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("LOYALTY_BROWSER_REQUIRED"):
        pytest.fail("There is no Chromium, and LOYALTY_BROWSER_REQUIRED is set.")
    if found is None:
        pytest.skip("There is no Chromium: set CHROMIUM to its path, or install it.")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Start a browser; each window is a context of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_window(browser: Browser) -> AsyncIterator[OpenWindow]:
    """Open a window on an address: `await open_window(address, secret, width=390, theme="dark", language="fr")`."""

    opened: list[BrowserContext] = []

    async def open_it(
        address: str,
        secret: str = "",
        *,
        width: int = 1440,
        theme: Literal["light", "dark"] = "light",
        language: str = "en",
        scripts: bool = True,
    ) -> Window:
        context = await browser.new_context(
            viewport={"width": width, "height": 900 if width > PHONE else 844},
            color_scheme=theme,
            reduced_motion="reduce",
            locale={"en": "en-US", "fr": "fr-FR"}[language],
            java_script_enabled=scripts,
        )
        if secret:
            await context.add_cookies([{"name": "loyalty", "value": secret, "url": address}])
        opened.append(context)
        window = Window(await context.new_page(), address)
        await window.listen()
        return window

    yield open_it
    for context in opened:
        await context.close()


@dataclass(frozen=True)
class RealPanel:
    """The real application over some programme, and the secret of somebody's session."""

    address: str
    secret: str


@pytest.fixture(scope="session")
def real_panel(
    servers: "TestServers", template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealPanel]:
    """Serve the real application over the public sample."""
    assert chromium
    with _real(servers, template, _sample, tmp_path_factory.mktemp("panel") / "log") as panel:
        yield panel


@pytest.fixture(scope="session")
def shop_panel(
    servers: "TestServers", template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealPanel]:
    """Serve the real application over a small shop, told through the real verbs."""
    assert chromium
    with _real(servers, template, _small_shop, tmp_path_factory.mktemp("shop") / "log") as panel:
        yield panel


@pytest.fixture(scope="session")
def shop(
    servers: "TestServers", template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveShop]:
    """Run the service and its worker over a shop that goes on telling."""
    assert chromium
    with live_shop(servers, template, tmp_path_factory.mktemp("journeys")) as shop:
        yield shop


@contextmanager
def _real(
    servers: "TestServers", template: str, furnish: Callable[[str], Awaitable[None]], log: Path
) -> Iterator[RealPanel]:
    name, port = f"loyalty_panel_{uuid4().hex}", free_port()
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url, public_url = in_database(servers.database_url, name), f"http://127.0.0.1:{port}"
    secret = asyncio.run(_furnished(url, furnish))
    addresses = {"DATABASE_URL": url, "REDIS_URL": servers.redis_url, "LOYALTY_PUBLIC_URL": public_url}
    with serve("loyalty.asgi:create_app", port, {**os.environ, **addresses}, log) as address:
        yield RealPanel(address, secret)
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _sample(url: str) -> None:
    connection = await asyncpg.connect(url)
    await load_sample(connection)
    # The sample's purchases earn nothing, but a member's page reads their points.
    await connection.execute(
        "INSERT INTO account (program_id, customer_id, version, settled_at, head_hash)"
        " SELECT program_id, customer_id, 1, recorded_at, '' FROM customer"
    )
    origin = msgspec.json.encode(ORIGIN).decode()
    await connection.execute("UPDATE program SET name = 'Complete Journey', data_origin = $1", origin)
    await connection.close()


async def _small_shop(url: str) -> None:
    """Tell of Ann, who joined after her first order and sent something back, and of Bob, who left."""
    async with connect(Settings(pool_size=1), url) as database:
        async with database.session() as session:
            program = await start_program(session, "Maison Verger", timezone="Europe/Paris", currency="EUR")
            storefront, _ = await ensure_storefront(session, program.program_id, "Web shop")
        source = Source(program, storefront.storefront_id, storefront.namespace, "key:none", "req_shop")
        shop = Shop(database, source, RulesCache())
        ann = Profile(name="Ann Verger", email="ann@example.com")
        await shop.buy(purchase("1000", 1999, "c-1", on=-2))
        await shop.join(joining("c-1", profile=ann), joining("c-2", 0, 30))
        lines = [
            {"line_id": str(n), "kind": kind, "quantity": 1, "amount_minor": minor, "sku": sku, "category": category}
            for n, (kind, minor, sku, category) in enumerate(
                [("goods", 2490, "Pear jam", "Jams"), ("gift_card", 2000, "Gift card", None)]
            )
        ]
        await shop.buy(purchase("1001", 2490, "c-1", on=3, lines=lines), purchase("1002", 8450, "c-1", on=9))
        await shop.take_back(refund("1002", "r-1", 3025, on=12))


async def _furnished(url: str, furnish: Callable[[str], Awaitable[None]]) -> str:
    """Furnish a database and let somebody in; gives the session's secret."""
    await furnish(url)
    return await let_in(url)


@pytest.fixture(scope="session")
def in_state(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Serve the harness; gives the address of the panel in a state of that name."""
    assert chromium
    port, log = free_port(), tmp_path_factory.mktemp("harness") / "log"
    with serve("tests.browser.harness:create_app", port, os.environ, log):
        yield lambda state: f"http://{state}.localhost:{port}"
