"""The door and the menu of the real application, and the states that the sample does not have."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.harness import SECRET


async def test_the_door_is_clean(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, width=390, language="fr")
    await window.open("/admin/sign-in")
    await window.assert_clean_in_both_themes("sign-in-fr-390")


async def test_on_a_phone_the_menu_slides_in(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret, width=390)
    await window.open("/admin/p/1/impact?period=2017-05")
    menu = window.page.get_by_role("navigation", name="Main")
    await expect(menu).to_be_hidden()
    await window.page.get_by_role("button", name="Menu").click()
    await expect(menu).to_be_visible()
    await window.page.screenshot()
    await window.assert_clean()
    await window.page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("few", "17 members; a difference is shown from 30."),
        ("partial", "Partial: 12 of 31 days"),
        ("empty", "No purchases yet"),
        ("unset", "No programme yet"),
    ],
)
async def test_every_state_is_clean(
    open_window: OpenWindow, in_state: Callable[[str], str], state: str, says: str
) -> None:
    window = await open_window(in_state(state), SECRET)
    period = {"partial": "2017-12"}.get(state, "2017-05")
    await window.open("/admin/impact" if state == "unset" else f"/admin/p/1/impact?period={period}")
    await expect(window.page.get_by_role("main")).to_contain_text(says)
    await window.assert_clean_in_both_themes(f"state-{state}")


async def test_a_failure_offers_to_try_again(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("broken"), SECRET)
    await window.open("/admin/p/1/impact")
    await expect(window.page.get_by_role("link", name="Try again")).to_be_visible()
    await window.keep_picture("state-broken")
    window.complaints.clear()  # the browser itself notes the 500
    await window.assert_clean()


async def test_other_programmes_are_one_click_away(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET)
    await window.open("/admin/p/1/impact?period=2017-05")
    await window.page.locator("details.program summary").click()
    await window.page.screenshot()
    await window.assert_clean()
    await window.page.get_by_role("link", name="Maison Verger").click()
    await expect(window.page.locator(".program summary")).to_contain_text("Maison Verger")
    assert "/admin/p/2/impact" in window.page.url
