"""The Impact page of the real application over the public sample, in a real browser."""

import csv
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises

IMPACT = "/admin/p/1/impact"
MAY = f"{IMPACT}?period=2017-05"


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_page_is_clean_in_every_guise(
    open_window: OpenWindow, real_panel: RealPanel, language: str, width: int
) -> None:
    window = await open_window(real_panel.address, real_panel.secret, width=width, language=language)
    await window.open(MAY)
    answer = {"en": "We cannot say yet.", "fr": "Nous ne pouvons pas encore le dire."}[language]
    await expect(window.page.get_by_role("heading", level=2).first).to_have_text(answer)
    await window.assert_clean_in_both_themes(f"impact-{language}-{width}")


async def test_the_figures_are_those_of_the_sample(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(MAY)
    values = await window.page.locator(".tile .v").all_inner_texts()
    assert values == ["97.5%", "89.6%", "95.9%", "83.2%", "$30.06", "$28.18", "7.77", "3.55"]
    await expect(window.page.locator("#note")).to_contain_text("1,178 + 1,264 − 367 = 2,075 buyers")
    await expect(window.page.locator(".fresh")).to_contain_text("13,641 purchases counted in May")


@pytest.mark.parametrize("period", ["2017-09", "2017-Q3"])
async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, real_panel: RealPanel, period: str) -> None:
    window = await open_window(real_panel.address, real_panel.secret, language="fr")
    await window.open(f"{IMPACT}?period={period}")
    for width in (1920, 1400, 1399, 1180, 1024, 900, 768, 640, 390, 320):
        await window.widen(width)
        await window.keep_picture(f"impact-fr-{period}-{width}")
        assert await window.page.evaluate(_STICKS_OUT_OF_ITS_CARD) == [], width
        assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_the_picker_leads_through_the_year_and_back(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    page = window.page
    await window.open(IMPACT)
    heading = page.locator(".tiles-head h2")
    await expect(heading).to_contain_text("December 2017")
    await expect(page.get_by_role("link", name="Next month")).to_be_disabled()
    await page.get_by_role("link", name="Previous month").click()
    await expect(heading).to_contain_text("November 2017")
    await page.get_by_label("Period", exact=True).last.select_option("2017-05")
    await expect(heading).to_contain_text("May 2017")
    assert page.url.endswith("?period=2017-05")
    await page.get_by_label("Length of the periods").select_option("quarter")
    await expect(heading).to_contain_text("Q2 2017")
    assert page.url.endswith("?period=2017-Q2")
    await page.go_back()
    await expect(heading).to_contain_text("May 2017")
    await expect(page.get_by_label("Length of the periods")).to_have_value("month")
    await page.go_back()
    await expect(heading).to_contain_text("November 2017")
    await window.drawn()
    await window.assert_clean()


async def test_the_picker_needs_no_script(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret, scripts=False)
    page = window.page
    await page.goto(f"{real_panel.address}{MAY}")
    await page.get_by_label("Length of the periods").select_option("year")
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator(".tiles-head h2")).to_contain_text("2017")
    assert page.url.endswith("?period=2017")


async def test_from_the_keyboard_a_choice_waits(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    page = window.page
    await window.open(MAY)
    await expect(page.get_by_role("button", name="Show")).to_be_hidden()
    await page.get_by_label("Length of the periods").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("button", name="Show")).to_be_visible()
    await expect(page.locator(".tiles-head h2")).to_contain_text("May 2017")
    await page.get_by_role("button", name="Show").press("Enter")
    await expect(page.locator(".tiles-head h2")).to_contain_text("Q2 2017")


async def test_the_theme_is_remembered_by_the_server(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(MAY)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert await window.page.evaluate(ground) == "rgb(247, 247, 244)"
    await window.page.locator(".person .js-theme").click()
    assert await window.page.evaluate(ground) == "rgb(15, 17, 19)"
    await window.open(MAY)
    assert await window.page.locator("html").get_attribute("data-theme") == "dark"
    assert await window.page.evaluate(ground) == "rgb(15, 17, 19)"
    await window.assert_clean()


async def test_the_chart_is_drawn_from_its_table(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(MAY)
    plot = window.page.locator("#retention .plot")
    assert await plot.get_attribute("aria-label") == await plot.get_attribute("data-about")
    await expect(plot.locator("svg")).to_contain_text("96.4%")
    await plot.scroll_into_view_if_needed()
    await plot.hover(position={"x": 265, "y": 100})
    await expect(plot.locator("svg")).to_contain_text("June 2017")
    await expect(plot.locator("svg")).to_contain_text("96.4%  (95.1% to 97.3%)")
    await window.page.locator("#retention-twin").click()
    row = window.page.locator("#retention-table tr[data-chosen]")
    await expect(row).to_contain_text("675 / 692")
    await window.keep_picture("impact-table-open")
    await window.assert_clean()


async def test_files_come_as_files(open_window: OpenWindow, real_panel: RealPanel, tmp_path: Path) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(MAY)
    async with window.page.expect_download() as coming:
        await window.page.locator(".head-acts").get_by_role("link", name="CSV").click()
    download = await coming.value
    assert download.suggested_filename == "impact-2017-05.csv"
    await download.save_as(tmp_path / "impact.csv")
    with (tmp_path / "impact.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1][:7] == ["Retention", "Members", "May 2017", "97.543353", "%", "675", "692"]


async def test_every_question_has_an_answer_on_the_page(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(MAY)
    anchors = await window.page.locator("main a[href^='#']").evaluate_all("all => all.map(a => a.hash.slice(1))")
    assert len(anchors) > len(set(anchors)) > 4
    for anchor in set(anchors):
        await expect(window.page.locator(f"[id='{anchor}']")).to_have_count(1)


async def test_paper_is_light_and_shows_the_table(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret, theme="dark", width=900)
    await window.open(MAY)
    await window.page.emulate_media(media="print", color_scheme="dark")
    await expect(window.page.locator("nav.side")).to_be_hidden()
    await expect(window.page.get_by_role("link", name="Next month")).to_be_hidden()
    await expect(window.page.locator("#retention-table")).to_be_visible()
    assert await window.page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    await window.keep_picture("impact-print")


# What is wider than its card, other than tables that scroll in their own box.
_STICKS_OUT_OF_ITS_CARD = """
() => [...document.querySelectorAll('.card')].flatMap((card) => {
  const edge = card.getBoundingClientRect().right + 1;
  return [...card.querySelectorAll('*')]
    .filter((part) => part.getBoundingClientRect().right > edge && !part.closest('.scroll, .vh, svg'))
    .map((part) => `${part.tagName} ${part.textContent.trim().slice(0, 40)}`);
})
"""
