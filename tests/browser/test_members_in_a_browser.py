"""The people in a real browser: every state over the harness, and adjustments that are refused or sent twice."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.admin.fake_people import BARE, NORA, award
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

MEMBERS = "/admin/p/1/members"
PAGE = f"{MEMBERS}/{NORA}"


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_list_and_a_member_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    await window.open(MEMBERS)
    await window.assert_clean_in_both_themes(f"members-{language}-{width}")
    await window.open(f"{PAGE}?why={award(12)}")
    await expect(window.page.locator("#why")).to_be_visible()
    await window.assert_clean_in_both_themes(f"member-{language}-{width}")
    await window.open(f"{PAGE}/erase")
    await window.assert_clean_in_both_themes(f"member-erase-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET, language="fr")
    for path, name in ((MEMBERS, "members"), (f"{PAGE}?why={award(12)}", "member")):
        await window.open(path)
        for width in (1440, 1181, 1024, 900, 768, 640, 390, 320):
            await window.widen(width)
            await window.keep_picture(f"{name}-fr-{width}")
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width
            assert await window.page.evaluate(_STICKS_OUT) == [], width


@pytest.mark.parametrize(
    ("state", "path", "says"),
    [
        ("nobody", MEMBERS, "No members yet"),
        ("nobody", f"{MEMBERS}?q=nobody", "Nobody was found"),
        ("nobody", f"{MEMBERS}?state=left", "Nobody has left"),
        ("several", f"{MEMBERS}/{BARE}", "Nothing happened yet."),
    ],
)
async def test_every_empty_state_says_what_to_do(
    open_window: OpenWindow, in_state: Callable[[str], str], state: str, path: str, says: str
) -> None:
    window = await open_window(in_state(state), SECRET)
    await window.open(path)
    await expect(window.page.get_by_role("main")).to_contain_text(says)
    await window.assert_clean_in_both_themes(f"state-people-{says.split()[1].lower()}")


async def test_the_reasons_open_and_close_from_the_keyboard(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("several"), SECRET)
    await window.open(PAGE)
    why = window.page.get_by_role("link", name="Why −27?")
    await why.focus()
    await window.page.keyboard.press("Enter")
    await expect(window.page.locator("#why")).to_contain_text("20 taken back of available points")
    await expect(why).to_have_attribute("aria-expanded", "true")
    await why.focus()
    await window.page.keyboard.press("Enter")
    await expect(window.page.locator("#why")).to_have_count(0)
    await window.page.go_back()
    await expect(window.page.locator("#why")).to_have_count(1)


async def test_an_analyst_sees_no_form(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("analyst"), SECRET)
    await window.open(PAGE)
    await expect(window.page.get_by_role("heading", name="Lots")).to_be_visible()
    await expect(window.page.get_by_role("button", name="Adjust points")).to_have_count(0)


async def test_what_is_refused_is_said_beside_the_field(open_window: OpenWindow, shop_panel: RealPanel) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret)
    page = window.page
    await window.open(f"{MEMBERS}?state=left")
    await page.get_by_role("link", name="Customer c-2").click()
    await page.get_by_role("radio", name="Add").focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    await page.keyboard.type("999")
    await page.keyboard.press("Tab")
    await page.keyboard.type("A mistake")
    await page.get_by_role("button", name="Adjust points").press("Enter")
    field = page.locator("#points")
    await expect(field).to_be_focused()
    await expect(field).to_have_accessible_description("No points are available, so none can be removed.")
    await expect(page.get_by_label("Reason")).to_have_value("A mistake")
    await expect(page.get_by_role("radio", name="Remove")).to_be_checked()
    window.complaints.clear()  # the browser itself notes the 409
    await window.assert_clean_in_both_themes("member-refused")


async def test_without_a_script_a_double_click_adjusts_once(open_window: OpenWindow, shop_panel: RealPanel) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, scripts=False)
    page = window.page
    await page.goto(f"{shop_panel.address}{MEMBERS}?state=left")
    await page.get_by_role("link", name="Customer c-2").click()
    await page.locator("#points").fill("7")
    await page.get_by_label("Reason").fill("Goodwill")
    await page.get_by_role("button", name="Adjust points").dblclick()
    await expect(page.get_by_role("status")).to_have_text("7 points added. Available: 0 → 7.")
    await expect(page.get_by_text("Goodwill")).to_have_count(1)
    await expect(page.locator(".strip .v").first).to_have_text("7")


# What is wider than its card, other than what scrolls in its own box.
_STICKS_OUT = """
() => [...document.querySelectorAll('.card')].flatMap((card) => {
  const edge = card.getBoundingClientRect().right + 1;
  return [...card.querySelectorAll('*')]
    .filter((part) => part.getBoundingClientRect().right > edge && !part.closest('.scroll, .vh, svg'))
    .map((part) => `${part.tagName} ${part.textContent.trim().slice(0, 40)}`);
})
"""
