"""A survey on a phone without scripts: in both languages and themes, wide and narrow, by keyboard alone."""

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from playwright.async_api import expect

from loyalty.asgi import create_app
from loyalty.auth.actions import create_key
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront
from loyalty.settings import Settings
from tests.browser.conftest import OpenWindow
from tests.browser.serving import free_port, serve
from tests.browser.window import Window
from tests.conftest import TestServers, execute, in_database, living
from tests.surveys.conftest import Poll

CUSTOMERS = 12
_COLOURS = """[...document.querySelectorAll('.scale input:not(:checked) + span')].map(getComputedStyle)
  .map((style) => [style.color, style.backgroundColor, style.borderTopColor])"""
# Looked at in the long run only.
ALSO = [("en", 320), ("en", 390), ("fr", 390), ("fr", 1280)]


@dataclass
class Asked:
    """The real application, and links of customers who were asked and have not answered."""

    address: str
    links: list[str]

    def link(self) -> str:
        """Take a link that nobody has used."""
        return f"/s/{self.links.pop()}"


@pytest.fixture(scope="session")
def asked(
    servers: TestServers, template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asked]:
    """Serve the application over a shop that has asked its customers."""
    assert chromium
    name, port = f"loyalty_survey_{uuid4().hex}", free_port()
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url, address = in_database(servers.database_url, name), f"http://127.0.0.1:{port}"
    settings = Settings(DATABASE_URL=url, REDIS_URL=servers.redis_url, public_url=address, pool_size=2)
    links = asyncio.run(_tell(settings, url))
    told = {"DATABASE_URL": url, "REDIS_URL": servers.redis_url, "LOYALTY_PUBLIC_URL": address}
    log = tmp_path_factory.mktemp("survey") / "log"
    with serve("loyalty.asgi:create_app", port, {**os.environ, **told}, log) as served:
        yield Asked(served, list(links))
    assert not any(link.partition(".")[2] in log.read_text() for link in links)
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _tell(settings: Settings, url: str) -> list[str]:
    owner = await asyncpg.connect(url)
    async with connect(settings, url) as database:
        async with database.session() as session:
            program = await start_program(session, "Maison Verger", timezone="Europe/Paris", currency="EUR")
            storefront, _ = await ensure_storefront(session, program.program_id, "Web shop")
            key = await create_key(
                session, program_id=program.program_id, mode="live", storefront_id=storefront.storefront_id or 0
            )
        app, headers = create_app(settings), {"Authorization": f"Bearer {key}"}
        async with (
            living(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", headers=headers) as api,
        ):
            poll = Poll(api, owner, database, program.program_id)
            await poll.publishes({"kind": "after_purchase", "days": 0}, reward_points=50)
            for n in range(CUSTOMERS):
                await poll.joins(f"c{n}")
                await poll.buys(f"o{n}", f"c{n}")
            await poll.works()
    await owner.close()
    return [poll.link(n) for n in range(CUSTOMERS)]


async def _picture(window: Window, name: str) -> None:
    """Keep a picture where `PICTURES` says, for people to look at."""
    if folder := os.environ.get("PICTURES"):
        await window.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("language", "width"),
    [("en", 1280), ("fr", 320), *(pytest.param(*pair, marks=pytest.mark.long) for pair in ALSO)],
)
async def test_the_pages_are_clean_in_every_guise(
    open_window: OpenWindow, asked: Asked, language: str, width: int
) -> None:
    window = await open_window(asked.address, width=width, language=language)
    page, link = window.page, asked.link()
    for step, address in (("score", f"{link}?score=9"), ("unsubscribe", f"{link}/unsubscribe")):
        await window.open(address)
        await _picture(window, f"survey-{step}-{language}-{width}")
        await window.assert_clean_in_both_themes(f"survey-{step}-{language}-{width}")
    await window.open(f"{link}?score=9")
    await page.get_by_role("button").click()
    await _picture(window, f"survey-comment-{language}-{width}")
    await window.assert_clean_in_both_themes(f"survey-comment-{language}-{width}")
    await page.get_by_role("textbox").fill("Les légumes sont toujours frais, et l’équipe connaît les saisons.")
    await page.get_by_role("button").click()
    await _picture(window, f"survey-thanks-{language}-{width}")
    await window.assert_clean_in_both_themes(f"survey-thanks-{language}-{width}")
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


async def test_by_keyboard_alone_and_without_scripts_it_is_answered(open_window: OpenWindow, asked: Asked) -> None:
    window = await open_window(asked.address, width=390, scripts=False)
    page = window.page
    await page.goto(f"{asked.address}{asked.link()}")
    await expect(page.get_by_role("radio")).to_have_count(11)
    await expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("What went wrong?")
    await expect(page.get_by_text("Score kept: 3")).to_be_visible()
    await page.get_by_role("textbox").focus()
    await page.keyboard.type("Too slow")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have it.")
    await expect(page.get_by_text("Too slow")).to_be_visible()
    assert window.complaints == []


async def test_with_text_twice_as_large_nothing_sticks_out(open_window: OpenWindow, asked: Asked) -> None:
    window = await open_window(asked.address, width=320, language="fr")
    page = window.page
    await window.open(f"{asked.link()}?score=3")
    # From 0 to 10 every number looks the same, in greys: none is called good or bad.
    drawn = await page.evaluate(_COLOURS)
    assert len(drawn) == 10
    assert len({tuple(one) for one in drawn}) == 1
    assert all(
        max(rgb) - min(rgb) <= 16 for rgb in ([int(part) for part in re.findall(r"\d+", one)[:3]] for one in drawn[0])
    )
    for step in ("score", "comment", "thanks"):
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        await _picture(window, f"survey-{step}-fr-320-200")
        assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, step
        for button in await page.get_by_role("button").all():
            box, card = await button.bounding_box(), await page.locator(".card").bounding_box()
            assert box is not None
            assert card is not None
            assert box["x"] + box["width"] <= card["x"] + card["width"], step
        if step != "thanks":
            await page.get_by_role("button").click()


async def test_a_dead_link_is_friendly_in_the_browsers_language(open_window: OpenWindow, asked: Asked) -> None:
    window = await open_window(asked.address, width=390, language="fr")
    await window.page.goto(f"{asked.address}/s/1.gone")
    await expect(window.page.get_by_role("heading", level=1)).to_have_text("Ce lien ne mène nulle part")
    window.complaints.clear()  # the browser's own, about the 404
    await window.assert_clean_in_both_themes("survey-dead-fr-390")
