"""Segments in a real browser: every state over the harness, and a segment made through the real application."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises, with_and_without_scripts
from tests.browser.harness import SECRET

SEGMENTS, NEW = "/admin/p/1/segments", "/admin/p/1/new-segment"


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_pages_of_segments_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    for path, name in (("", "list"), ("/at-risk", "one"), ("/new", "waiting"), ("/at-risk/edit", "form")):
        await window.open(f"{SEGMENTS}{path}")
        await window.assert_clean_in_both_themes(f"segments-{name}-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET, language="fr")
    for path in ("", "/at-risk", "/at-risk/edit"):
        await window.open(f"{SEGMENTS}{path}")
        for width in (1440, 1181, 1001, 900, 768, 640, 390, 320):
            await window.widen(width)
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_where_there_is_none_the_page_says_what_to_do(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("nobody"), SECRET)
    await window.open(SEGMENTS)
    await expect(window.page.get_by_role("main")).to_contain_text("No segments yet")
    await window.assert_clean_in_both_themes("segments-none")


@pytest.mark.parametrize(("language", "scripts"), with_and_without_scripts())
async def test_a_manager_makes_tries_and_saves_a_segment(
    open_window: OpenWindow, shop_panel: RealPanel, language: str, *, scripts: bool
) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, language=language, scripts=scripts)
    page = window.page
    name = f"{'With' if scripts else 'Without'} {language}"
    say = dict(_FRENCH if language == "fr" else {word: word for word in _FRENCH})
    await page.goto(f"{shop_panel.address}{SEGMENTS}")
    await page.get_by_role("link", name=say["Segments"], exact=True).click()
    await page.get_by_role("link", name=say["New segment"]).first.click()
    await page.get_by_label(say["Name"], exact=True).fill(name)
    for kind in ("spent", "member"):
        await page.get_by_label(say["Condition"], exact=True).select_option(kind)
        await page.get_by_role("button", name=say["Add"], exact=True).click()
    amount = page.get_by_label(say["At least"])
    await amount.fill("much")
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(amount).to_have_attribute("aria-invalid", "true")
    await expect(amount).to_have_value("much")
    await amount.fill("50,5")
    # Enter tries, and saves nothing.
    await amount.press("Enter")
    await expect(page.locator("#tried")).to_contain_text("Ann Verger")
    await expect(page.get_by_label(say["Name"], exact=True)).to_have_value(name)
    await window.keep_picture(f"segments-tried-{language}")
    window.complaints.clear()  # the browser itself notes the 422
    await page.get_by_role("button", name=say["Save"]).click()
    slug = name.lower().replace(" ", "-")
    await expect(page).to_have_url(f"{shop_panel.address}{SEGMENTS}/{slug}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    await expect(page.get_by_role("status")).to_be_visible()
    await window.keep_picture(f"segments-saved-{language}")
    await page.get_by_role("link", name=say["Change"], exact=True).click()
    await page.get_by_role("button", name=say["Remove"]).last.click()
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(page.locator(".asks")).not_to_contain_text(say["Is a member"])
    await page.locator("summary").click()
    await page.get_by_role("button", name=say["Delete for good"]).click()
    await expect(page).to_have_url(f"{shop_panel.address}{SEGMENTS}")
    await expect(page.get_by_role("main")).not_to_contain_text(name)


_FRENCH = {
    "Segments": "Segments",
    "New segment": "Nouveau segment",
    "Name": "Nom",
    "Condition": "Condition",
    "Add": "Ajouter",
    "At least": "Au moins",
    "Save": "Enregistrer",
    "Change": "Modifier",
    "Remove": "Retirer",
    "Is a member": "Est membre",
    "Delete for good": "Supprimer définitivement",
}
