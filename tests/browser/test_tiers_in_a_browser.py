"""Tiers in a real browser: every state over the harness, and tiers published through the real application."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.admin.fake_people import NORA
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

PAGE, NEW = "/admin/p/1/tiers", "/admin/p/1/new-tiers"
MEMBER = f"/admin/p/1/members/{NORA}"


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_pages_of_tiers_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("tiered"), SECRET, width=width, language=language)
    for path, name in ((PAGE, "list"), (NEW, "form"), (MEMBER, "member")):
        await window.open(path)
        await window.assert_clean_in_both_themes(f"tiers-{name}-{language}-{width}")
    await window.open(NEW)
    await window.page.locator("button[value=look]").click()
    await expect(window.page.locator("#compared-title")).to_be_visible()
    await window.assert_clean_in_both_themes(f"tiers-compared-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("tiered"), SECRET, language="fr")
    for path in (PAGE, NEW, MEMBER):
        await window.open(path)
        for width in (1440, 1181, 1001, 900, 768, 640, 390, 320):
            await window.widen(width)
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_a_manager_publishes_tiers_without_a_script(open_window: OpenWindow, shop_panel: RealPanel) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, language="en", scripts=False)
    page = window.page
    await window.open(PAGE)
    await page.get_by_role("link", name="New tiers").click()
    await page.get_by_label("Key").fill("gold")
    await page.get_by_label("Name in English").fill("Gold")
    await page.get_by_label("Name in French").fill("Or")
    await page.get_by_role("button", name="Look at what changes").click()
    await expect(page.get_by_text("This is needed.")).to_be_visible()
    window.complaints.clear()  # the browser itself notes the 422
    await page.get_by_label("Reached from").fill("500")
    await page.get_by_role("button", name="Add a tier").click()
    await page.get_by_label("Key").last.fill("silver")
    await page.get_by_role("button", name="Remove tier 2").click()
    await page.get_by_role("button", name="Look at what changes").last.click()
    await expect(page.get_by_text("Gold: from")).to_be_visible()
    assert window.complaints == []
    await window.keep_picture("tiers-looked-at")
    await page.get_by_role("button", name="Publish").click()
    await expect(page).to_have_url(f"{shop_panel.address}{PAGE}")
    await expect(page.get_by_role("rowheader", name="Gold")).to_be_visible()
    await window.keep_picture("tiers-published")
