"""The panel's pages of surveys in a real browser: every page over the harness, and one survey from draft to its end."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.admin.fake_surveys import ASKING, CASE
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

BASE = "/admin/p/1"
PAGES = {
    "results": f"{BASE}/surveys",
    "list": f"{BASE}/survey-list",
    "one": f"{BASE}/survey-list/{ASKING.survey.survey_id}",
    "form": f"{BASE}/new-survey?kind=tier_change",
    "policy": f"{BASE}/survey-policy",
    "cases": f"{BASE}/survey-cases",
    "case": f"{BASE}/survey-cases/{CASE.case_id}",
    "voices": f"{BASE}/survey-voices",
}


MOST_TELLING = ("results", "form", "case")


@pytest.mark.parametrize(("language", "width"), guises(1280))
async def test_the_pages_of_surveys_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    for name in MOST_TELLING:
        await window.open(PAGES[name])
        await window.assert_clean_in_both_themes(f"surveys-{name}-{language}-{width}")


@pytest.mark.long
@pytest.mark.parametrize(("language", "width"), guises(1280))
async def test_the_other_pages_and_states_of_surveys_are_clean(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    for name in [name for name in PAGES if name not in MOST_TELLING]:
        await window.open(PAGES[name])
        await window.assert_clean_in_both_themes(f"surveys-{name}-{language}-{width}")
    for state in ("simulated", "nobody", "toofew"):
        window.address = in_state(state)
        await window.page.context.add_cookies([{"name": "loyalty", "value": SECRET, "url": window.address}])
        await window.open(PAGES["results"])
        await window.assert_clean_in_both_themes(f"surveys-{state}-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET, language="fr")
    for path in PAGES.values():
        await window.open(path)
        for width in (1181, 860, 640, 320):
            await window.widen(width)
            over = await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert over <= 0, (path, width)


async def test_the_keyboard_narrows_the_answers_down(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET)
    page = window.page
    await window.open(PAGES["results"])
    await page.get_by_role("link", name="Score 8: 41").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/surveys?score=8#answers")
    await expect(page.get_by_role("link", name="Score 8: 41")).to_have_attribute("aria-current", "true")
    await page.get_by_role("link", name="Show all").press("Enter")
    await page.wait_for_url("**/surveys#answers")


async def test_a_survey_is_drafted_published_and_closed_without_a_script(
    open_window: OpenWindow, shop_panel: RealPanel
) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, scripts=False, width=390)
    page = window.page
    await window.open(PAGES["policy"])
    await page.get_by_label("Quarantine in days").fill("60")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("status")).to_contain_text("Published: it holds from now on.")
    await window.open(PAGES["list"])
    await page.get_by_role("link", name="New survey").first.click()
    await page.get_by_role("link", name="After the n-th purchase").click()
    await page.get_by_label("Which purchase").fill("2")
    await page.get_by_label("Question").last.fill("Conseilleriez-vous la Maison Verger ?")
    await page.get_by_role("button", name="Save the draft").click()
    await expect(page.get_by_text("This is needed.")).to_be_visible()
    window.complaints.clear()  # the browser's own, about the 422
    await page.get_by_label("Name").fill("Second purchase")
    await page.get_by_role("button", name="Save the draft").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Second purchase Draft")
    preview = page.locator("section[lang=fr]").get_by_role("link", name="The page")
    await preview.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Conseilleriez-vous la Maison Verger\N{NO-BREAK SPACE}?"
    )
    await page.go_back()
    await page.get_by_role("link", name="Publish").click()
    await expect(page.get_by_role("main")).to_contain_text("Nobody is asked about what happened before.")
    await page.get_by_role("button", name="Publish and ask").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Asking")
    await page.get_by_role("button", name="Close: ask nobody any more").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Closed")
    assert window.complaints == []
