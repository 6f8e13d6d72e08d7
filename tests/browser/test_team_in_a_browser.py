"""The door, the team, one's own page and the audit log in a real browser; and a colleague's first day."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

BASE = "/admin/p/1"
PAGES = {name: f"/{name}" for name in ("team", "account", "audit", "health", "settings")}


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_pages_of_the_team_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    outside = await open_window(in_state("several"), width=width, language=language)
    await outside.open("/admin/sign-in")
    await outside.assert_clean_in_both_themes(f"door-{language}-{width}")
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    # So that there is something to read in the audit log.
    await window.open(f"{BASE}/account")
    await window.page.locator(".keys .end button").click()
    await window.open(f"{BASE}/team")
    await window.page.locator("#email").fill("nora@example.com")
    await window.page.locator("form.block button[type=submit]").click()
    for name, path in PAGES.items():
        await window.open(f"{BASE}{path}")
        await window.assert_clean_in_both_themes(f"{name}-{language}-{width}")


async def test_a_colleague_is_let_in_sets_a_password_and_comes_back_with_it(
    open_window: OpenWindow, shop_panel: RealPanel
) -> None:
    maya = await open_window(shop_panel.address, shop_panel.secret)
    await maya.page.goto(f"{shop_panel.address}{BASE}/members")
    await maya.page.get_by_role("link", name="Team", exact=True).click()
    await maya.page.get_by_label("E-mail").fill("noah@example.com")
    await maya.page.get_by_label("Manager").check()
    await maya.page.get_by_role("button", name="Let in, and make a link").click()
    link = urlsplit(await maya.page.locator("#made").input_value()).path

    noah = await open_window(shop_panel.address, scripts=False)
    await noah.page.goto(f"{shop_panel.address}{link}")
    await noah.page.get_by_role("button", name="Sign in").click()
    await noah.page.get_by_role("link", name="Your way in").click()
    for label in ("New password", "Once more"):
        await noah.page.get_by_label(label).fill("correct horse battery")
    await noah.page.get_by_role("button", name="Set the password").click()
    await expect(noah.page.get_by_role("status")).to_contain_text("The password is set.")
    await noah.page.get_by_role("button", name="Sign out").click()
    await noah.page.get_by_label("E-mail").fill("noah@example.com")
    await noah.page.get_by_label("Password").fill("correct horse battery")
    await noah.page.get_by_role("button", name="Sign in").click()
    await expect(noah.page.get_by_role("link", name="Your way in")).to_be_visible()

    await maya.page.get_by_role("link", name="Audit log", exact=True).click()
    await maya.page.get_by_label("Who").select_option("noah@example.com")
    await maya.page.get_by_role("button", name="Show").click()
    table = maya.page.get_by_role("table")
    await expect(table).to_contain_text("Signed in by password")
    await expect(table).to_contain_text("Set their password")
    await expect(table).not_to_contain_text("Took somebody into the team")
    # Nothing does what is to be done later here, and the page of the service's health says so.
    await maya.page.get_by_role("link", name="Health", exact=True).click()
    await expect(maya.page.get_by_role("alert")).to_contain_text("need")
    await expect(maya.page.get_by_role("main")).to_contain_text("Never seen")
