"""Points and liability in a real browser: every line at every width, and the real application behind it."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

MAY = "/admin/p/1/liability?period=2017-05"


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_page_is_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("points"), SECRET, width=width, language=language)
    await window.open(MAY)
    closing = {"en": "Closing", "fr": "Clôture"}[language]
    await expect(window.page.locator("#roll tbody tr").last).to_contain_text(closing)
    await window.assert_clean_in_both_themes(f"liability-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("points"), SECRET, language="fr")
    await window.open(MAY)
    for width in (1920, 1280, 1101, 1099, 900, 768, 640, 390, 320):
        await window.widen(width)
        await window.keep_picture(f"liability-fr-{width}")
        assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width
        assert await window.page.evaluate(_STICKS_OUT) == [], width


async def test_the_menu_leads_here_and_the_picker_on(open_window: OpenWindow, shop_panel: RealPanel) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret)
    await window.open("/admin/p/1/impact")
    await window.page.get_by_role("link", name="Points & liability").first.click()
    await expect(window.page.get_by_role("heading", level=1)).to_have_text("Points & liability")
    await window.drawn()
    await expect(window.page.locator("#roll tbody tr").first).to_contain_text("Opening")
    await expect(window.page.locator("#worth")).to_contain_text("No breakage is counted.")
    await window.assert_clean()
    async with window.page.expect_download() as file:
        await window.page.get_by_role("link", name="CSV").first.click()
    assert (await file.value).suggested_filename.startswith("liability-")


# What is wider than its card, other than what scrolls in its own box.
_STICKS_OUT = """
() => [...document.querySelectorAll('.card')].flatMap((card) => {
  const edge = card.getBoundingClientRect().right + 1;
  return [...card.querySelectorAll('*')]
    .filter((part) => part.getBoundingClientRect().right > edge && !part.closest('.scroll, .vh, svg'))
    .map((part) => `${part.tagName} ${part.textContent.trim().slice(0, 40)}`);
})
"""
