"""The costs in a real browser: in every guise over the harness, and entered through the real application."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

KPIS = "/admin/p/1/kpis"
COSTS = f"{KPIS}/costs"
MAY = "period=2017-05"


@pytest.mark.parametrize(("language", "width"), guises(1280))
async def test_the_pages_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    for state in ("costs", "bare"):
        window = await open_window(in_state(state), SECRET, width=width, language=language)
        await window.open(f"{COSTS}?{MAY}&measure=cac&done=spend")
        await window.assert_clean_in_both_themes(f"costs-{state}-{language}-{width}")
        await window.open(f"{KPIS}/cac?{MAY}")
        await window.assert_clean_in_both_themes(f"measure-without-costs-{state}-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("costs"), SECRET, language="fr")
    await window.open(COSTS)
    for width in (1440, 1181, 1024, 900, 768, 640, 390, 320):
        await window.widen(width)
        await window.keep_picture(f"costs-fr-{width}")
        assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width
        if width >= 390:
            assert await window.page.evaluate(_SCROLLS, ".entered .scroll:has(table)") == [], width


async def test_a_missing_figure_is_entered_and_withdrawn(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    page = window.page
    await window.open(f"{KPIS}/cac?{MAY}")
    source = page.get_by_role("article").filter(has_text="Where does this number come from?")
    await expect(source).to_contain_text("Enter what you spent on winning customers")
    await expect(source.get_by_role("table")).to_have_count(0)
    await source.get_by_role("link", name="Enter it").click()
    await expect(page.get_by_label("For", exact=True)).to_have_value("acquisition")
    await expect(page.get_by_label("Booked on")).to_have_value("2017-05-01")
    await page.get_by_label("Amount").fill("460")
    await page.get_by_role("button", name="Enter this spend").click()
    await expect(page.get_by_role("status")).to_have_text("Entered. The figures count it from now on.")
    await page.get_by_role("link", name="Customer acquisition cost (CAC)").click()
    await expect(page.locator(".values .v")).to_have_text("$10.00")
    await expect(page.locator(".source .formula.example")).to_have_text("$460.00 ÷ 46 = $10.00")
    await page.go_back()
    await page.get_by_role("button", name="Withdraw $460.00 of 1 May 2017").click()
    await expect(page.get_by_role("status")).to_have_text("Withdrawn. The figures no longer count it.")
    await window.open(f"{KPIS}/cac?{MAY}")
    await expect(page.locator(".value .empty")).to_contain_text("No figure")
    assert window.complaints == []


async def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    open_window: OpenWindow, real_panel: RealPanel
) -> None:
    window = await open_window(real_panel.address, real_panel.secret, scripts=False)
    page = window.page
    await page.goto(f"{real_panel.address}{COSTS}?{MAY}")
    await page.get_by_label("Cost of a point USD").fill("0,5")
    await page.get_by_label("Never spent").fill("20")
    await page.get_by_role("button", name="Enter this cost").click()
    cost = page.get_by_label("Cost of a point USD")
    await expect(cost).to_be_focused()
    await expect(cost).to_have_accessible_description("Write an amount in USD with at most six decimals, as 0.005.")
    await expect(cost).to_have_value("0,5")
    await expect(page.get_by_label("Never spent")).to_have_value("20")
    await expect(page.get_by_text("No cost of a point is entered")).to_be_visible()


# The boxes whose content is wider than they are.
_SCROLLS = """
(chosen) => [...document.querySelectorAll(chosen)]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.getAttribute('aria-label')} ${box.scrollWidth} > ${box.clientWidth}`)
"""
