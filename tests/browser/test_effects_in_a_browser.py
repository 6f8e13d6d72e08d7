"""The programme's effect in a real browser: the card, the return and the pages beside it, in every state there is."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.admin.fake_effects import SEEN
from tests.browser.conftest import OpenWindow
from tests.browser.harness import SECRET

BASE = "/admin/p/1/impact"
# The first two pass by every part of the card and of both pages.
STATES = ["inconclusive", "estimated"]
MORE = [state for state in SEEN if state not in STATES]
_STICKS_OUT = "document.documentElement.scrollWidth - window.innerWidth"


@pytest.mark.parametrize("state", [*STATES, *(pytest.param(state, marks=pytest.mark.long) for state in MORE)])
async def test_an_effect_is_clean_to_read_in_every_state(
    open_window: OpenWindow, in_state: Callable[[str], str], state: str
) -> None:
    window = await open_window(in_state(f"effect-{state}"), SECRET, width=390, language="fr")
    for name, path in (("impact", "?period=2017-05"), ("holdout", "/holdout"), ("gap", "/gap")):
        await window.open(f"{BASE}{path}")
        await window.assert_clean_in_both_themes(f"effect-{state}-{name}")
        for width in (320, 768, 1440):
            await window.widen(width)
            assert await window.page.evaluate(_STICKS_OUT) <= 0, (name, width)
        await window.widen(390)


async def test_an_inconclusive_value_is_opened_and_a_gap_explained(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("effect-inconclusive"), SECRET)
    page = window.page
    await window.open(f"{BASE}?period=2017-05")
    value = page.locator(".levels details p")
    await expect(value).to_be_hidden()
    await page.get_by_text("Show the estimate").click()
    await expect(value).to_contain_text("Do not quote")
    await page.get_by_role("link", name="Why a gap is not an effect").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("gap")
