"""A member's own page on a phone without scripts, in both languages and themes, wide and narrow."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import expect

from loyalty.asgi import create_app
from loyalty.auth.actions import create_key, sign_in, sign_in_link
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront, set_policies
from loyalty.settings import Settings
from tests.browser.conftest import OpenWindow
from tests.browser.guises import guises
from tests.browser.serving import free_port, serve
from tests.conftest import TestServers, execute, in_database, living
from tests.nora import POLICIES, Nora


@dataclass(frozen=True)
class Verger:
    """The real application, with Nora's link, that of somebody who has just joined, and a session of the panel."""

    address: str
    nora: str
    newcomer: str
    secret: str


@pytest.fixture(scope="session")
def verger(
    servers: TestServers, template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Verger]:
    """Serve the application over Nora's story."""
    assert chromium
    name, port = f"loyalty_own_page_{uuid4().hex}", free_port()
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url, address = in_database(servers.database_url, name), f"http://127.0.0.1:{port}"
    settings = Settings(DATABASE_URL=url, REDIS_URL=servers.redis_url, public_url=address, pool_size=2)
    nora, newcomer, secret = asyncio.run(_tell(settings, url))
    told = {"DATABASE_URL": url, "REDIS_URL": servers.redis_url, "LOYALTY_PUBLIC_URL": address}
    told["SMTP_URL"] = "smtp://127.0.0.1:1"
    log = tmp_path_factory.mktemp("verger") / "log"
    with serve("loyalty.asgi:create_app", port, {**os.environ, **told}, log) as served:
        yield Verger(served, nora, newcomer, secret)
    assert nora.partition(".")[2] not in log.read_text()
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _tell(settings: Settings, url: str) -> tuple[str, str, str]:
    async with connect(settings, url) as database:
        async with database.session() as session:
            program = await start_program(session, "Maison Verger", timezone="Europe/Paris", currency="EUR")
            await set_policies(session, "Maison Verger", POLICIES)
            storefront, _ = await ensure_storefront(session, program.program_id, "Web shop")
            key = await create_key(
                session, program_id=program.program_id, mode="live", storefront_id=storefront.storefront_id or 0
            )
            link = urlsplit(await sign_in_link(session, "http://x", "maya@example.com")).path
        async with database.writer() as writer:
            opened = await sign_in(writer, link.rpartition("/")[2])
            now = await writer.fetchval("SELECT clock_timestamp()")
        assert opened is not None
    async with _client(settings, key) as api:
        nora = Nora(api, now)
        await nora.lives()
        await nora.call("POST", "members", customer_id="new", joined_at=nora.ago(0))
        newcomer = (await nora.call("POST", "members/new/page-links"))["url"].rpartition("/")[2]
        return await nora.link(), newcomer, opened.secret


@asynccontextmanager
async def _client(settings: Settings, key: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with living(app):
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://loyalty.test", headers=headers
        ) as client:
            yield client


@pytest.mark.parametrize(("language", "width"), guises(1280))
async def test_the_page_is_clean_in_every_guise(
    open_window: OpenWindow, verger: Verger, language: str, width: int
) -> None:
    window = await open_window(verger.address, width=width, language=language)
    for path, name in (("", "page"), ("/history", "history"), ("/leave", "leave"), ("/delete", "delete")):
        await window.open(f"/me/{verger.nora}{path}?lang={language}")
        await window.assert_clean_in_both_themes(f"own-{name}-{language}-{width}")
    await window.open(f"/me/{verger.newcomer}?lang={language}")
    await window.assert_clean_in_both_themes(f"own-newcomer-{language}-{width}")


async def test_a_dead_link_is_friendly_in_the_browsers_language(open_window: OpenWindow, verger: Verger) -> None:
    window = await open_window(verger.address, width=390, language="fr")
    await window.page.goto(f"{verger.address}/me/1.gone")
    await expect(window.page.get_by_role("heading", level=1)).to_have_text("Ce lien ne fonctionne plus")
    window.complaints.clear()  # the browser's own, about the 404
    await window.assert_clean_in_both_themes("own-dead-fr-390")


async def test_nothing_of_it_sticks_out_at_any_width(open_window: OpenWindow, verger: Verger) -> None:
    window = await open_window(verger.address, language="fr")
    await window.open(f"/me/{verger.nora}?lang=fr")
    for width in (1280, 960, 768, 640, 480, 390, 320):
        await window.widen(width)
        assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_without_scripts_a_member_changes_the_language_shares_and_stays(
    open_window: OpenWindow, verger: Verger
) -> None:
    window = await open_window(verger.address, width=390, scripts=False)
    page = window.page
    await page.goto(f"{verger.address}/me/{verger.nora}")
    await page.get_by_role("button", name="Français").click()
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.get_by_role("status")).to_have_text("Gardé.")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("226 points to spend")

    # The browser lets the form's answer lead there; whether there is a network does not matter.
    async with page.context.expect_event("request", lambda request: request.url.startswith("https://wa.me/")) as asked:
        await page.get_by_role("button", name="WhatsApp").click()
    assert (await asked.value).url.startswith("https://wa.me/?text=Try%20Maison%20Verger")
    assert window.complaints == []

    await page.get_by_role("link", name="Leave the programme").click()
    await expect(page.get_by_role("main")).to_contain_text("Your 353 points stay yours")
    await page.get_by_role("link", name="Stay").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("226 points to spend")


async def test_staff_make_a_link_and_copy_it(open_window: OpenWindow, verger: Verger) -> None:
    window = await open_window(verger.address, verger.secret)
    page = window.page
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await window.open("/admin/p/1/members?q=nora")
    await page.get_by_role("link", name="Nora Whitfield").click()
    await page.get_by_role("button", name="Make a link to their own page").click()
    made = await page.get_by_role("textbox", name="Link to the member’s own page").input_value()
    assert made.startswith(f"{verger.address}/me/1.")
    await page.get_by_role("button", name="Copy the link").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == made
    await window.assert_clean_in_both_themes("own-link-in-the-panel")
    await window.open(made.removeprefix(verger.address))
    await expect(page.get_by_role("heading", level=1)).to_have_text("226 points to spend")
