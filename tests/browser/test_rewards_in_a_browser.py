"""Rewards in a real browser: every page over the harness, and a pool of codes made through the real application."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.admin.fake_rewards import PAYMENT, VOUCHER
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

REWARDS, NEW = "/admin/p/1/rewards", "/admin/p/1/new-reward"


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_pages_of_rewards_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    pages = {
        "list": REWARDS,
        "pool": f"{REWARDS}/{VOUCHER}",
        "retired": f"{REWARDS}/{PAYMENT}",
        "form": f"{REWARDS}/{VOUCHER}/edit",
        "new": f"{NEW}?kind=points_payment",
    }
    for name, path in pages.items():
        await window.open(path)
        await window.assert_clean_in_both_themes(f"rewards-{name}-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET, language="fr")
    for path in (REWARDS, f"{REWARDS}/{VOUCHER}", f"{REWARDS}/{VOUCHER}/edit", NEW):
        await window.open(path)
        for width in (1440, 1181, 1001, 900, 768, 640, 390, 320):
            await window.widen(width)
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_where_there_is_none_the_page_says_what_to_do(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("nobody"), SECRET)
    await window.open(REWARDS)
    await expect(window.page.get_by_role("main")).to_contain_text("No rewards yet")
    await window.assert_clean_in_both_themes("rewards-none")


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_manager_offers_codes_uploads_them_and_retires_the_reward(
    open_window: OpenWindow, shop_panel: RealPanel, language: str
) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, language=language)
    page = window.page
    say = dict(_FRENCH if language == "fr" else {word: word for word in _FRENCH})
    await page.goto(f"{shop_panel.address}{REWARDS}")
    await page.get_by_role("link", name=say["New reward"]).first.click()
    await page.get_by_role("link", name=say["Voucher code"], exact=True).click()
    await page.get_by_label(say["Name"], exact=True).fill(f"Cinema {language}")
    await page.get_by_label(say["Where codes come from"]).select_option("uploaded")
    price = page.get_by_label(say["Price in points"])
    await price.fill("many")
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(price).to_have_attribute("aria-invalid", "true")
    await price.fill("500")
    window.complaints.clear()  # the browser itself notes the 422
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Cinema {language}")
    await page.get_by_label(say["More codes, one a line"]).fill(f"{language}-1\n{language}-2\n{language}-2")
    await page.get_by_role("button", name=say["Add"], exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("2 codes")
    await window.keep_picture(f"rewards-codes-{language}")
    await page.get_by_role("link", name=say["Change"], exact=True).click()
    await page.get_by_label(say["Stock"]).fill("1")
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(page.locator(".facts")).to_contain_text(say["Stock"])
    await page.get_by_role("button", name=say["Retire"]).click()
    await expect(page.get_by_role("button", name=say["Offer again"])).to_be_visible()
    await page.get_by_role("link", name=say["Rewards"], exact=True).first.click()
    await expect(page.get_by_role("row", name=f"Cinema {language}")).to_contain_text(say["Retired"])


_FRENCH = {
    "Rewards": "Récompenses",
    "New reward": "Nouvelle récompense",
    "Voucher code": "Code d’un bon",
    "Name": "Nom",
    "Where codes come from": "D’où viennent les codes",
    "Price in points": "Prix en points",
    "Save": "Enregistrer",
    "More codes, one a line": "Ajouter des codes, un par ligne",
    "Add": "Ajouter",
    "Change": "Modifier",
    "Stock": "Stock",
    "Retire": "Retirer du catalogue",
    "Offer again": "Proposer à nouveau",
    "Retired": "Retirée",
}
