"""The measures in a real browser: the real application over the sample, and a harness for the other states."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

KPIS = "/admin/p/1/kpis"
RETENTION = f"{KPIS}/retention_rate"
MAY = "period=2017-05"


@pytest.mark.parametrize(("language", "width"), guises(1280))
async def test_the_pages_are_clean_in_every_guise(
    open_window: OpenWindow, real_panel: RealPanel, language: str, width: int
) -> None:
    window = await open_window(real_panel.address, real_panel.secret, width=width, language=language)
    for path, name in (
        (f"{KPIS}?{MAY}", "kpis"),
        (f"{RETENTION}?{MAY}", "measure"),
        (f"{RETENTION}/customers?{MAY}&segment=member", "behind"),
    ):
        await window.open(path)
        await window.assert_clean_in_both_themes(f"{name}-{language}-{width}")


async def test_the_figures_are_those_of_the_sample(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(f"{RETENTION}?{MAY}")
    assert await window.page.locator(".values .v").all_inner_texts() == ["97.5%", "89.6%", "92.3%"]
    await expect(window.page.locator(".example")).to_have_text("675 ÷ 692 = 97.5%")
    await window.open(f"{KPIS}?{MAY}")
    row = window.page.get_by_role("row").filter(has=window.page.get_by_role("link", name="Customer retention rate"))
    await expect(row).to_contain_text("97.5%")


async def test_more_customers_than_a_page_holds_are_paged(
    open_window: OpenWindow, real_panel: RealPanel, tmp_path: Path
) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    page = window.page
    names = page.locator(".people tbody th a")
    await window.open(f"{RETENTION}/customers?{MAY}&segment=member")
    await expect(names).to_have_count(50)
    first = await names.evaluate_all("all => all.map(a => a.href)")
    await page.get_by_role("link", name="Next page").click()
    await expect(page.get_by_role("link", name="First page")).to_be_visible()
    await expect(names).to_have_count(50)
    assert not set(first) & set(await names.evaluate_all("all => all.map(a => a.href)"))
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="CSV").click()
    await (await coming.value).save_as(tmp_path / "customers.csv")
    with (tmp_path / "customers.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 675 + 1


async def test_the_chart_is_cut_finer_and_the_way_back_leads_back(
    open_window: OpenWindow, real_panel: RealPanel
) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    page = window.page
    await window.open(f"{RETENTION}?{MAY}")
    await page.get_by_role("link", name="Week", exact=True).click()
    await expect(page.locator("#series-title")).to_have_text("By week")
    await expect(page.locator("#series-table tbody tr")).to_have_count(13)
    await page.get_by_role("link", name="Previous month").click()
    await expect(page.locator("#value-title")).to_contain_text("April 2017")
    await expect(page.locator("#series-title")).to_have_text("By week")
    await page.go_back()
    await page.go_back()
    await expect(page.locator("#series-title")).to_have_text("By month")


async def test_the_chart_tells_what_its_table_tells(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    plot = window.page.locator(".plot").first
    for path, says in (
        (f"{KPIS}/aov?{MAY}", "$30.06  ($28.65 to $31.48)"),
        (f"{KPIS}/orders_per_active?{MAY}", "7.77  (7.34 to 8.21)"),
    ):
        await window.open(path)
        await plot.scroll_into_view_if_needed()
        box = await plot.bounding_box()
        assert box is not None
        await plot.hover(position={"x": 60 + (box["width"] - 130) * 4.5 / 12, "y": 100})
        await expect(plot.locator("svg")).to_contain_text("May 2017")
        await expect(plot.locator("svg")).to_contain_text(says)


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret, language="fr")
    for path, name in ((f"{KPIS}?{MAY}", "kpis"), (f"{KPIS}/aov?{MAY}&by=week", "measure")):
        await window.open(path)
        for width in (1440, 1180, 900, 768, 640, 390, 320):
            await window.widen(width)
            await window.keep_picture(f"{name}-fr-{width}")
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_an_interval_that_is_being_computed_comes_by_itself(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("pending"), SECRET)
    page = window.page
    await window.open(f"{RETENTION}?{MAY}")
    await expect(page.get_by_text("Interval being computed")).to_be_visible()
    await window.keep_picture("measure-pending")
    await expect(page.get_by_text("Interval being computed")).to_have_count(0, timeout=10_000)
    await expect(page.locator("#figures .plot svg")).to_contain_text("96.4%")
    await window.assert_clean()


async def test_a_measure_without_its_input_says_what_to_enter(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("bare"), SECRET)
    await window.open(f"{KPIS}/orders_per_active?{MAY}")
    await expect(window.page.locator(".value .empty")).to_contain_text("Enter acquisition costs.")
    await window.assert_clean_in_both_themes("measure-without-input")
    await window.open(f"{KPIS}?{MAY}")
    await window.assert_clean_in_both_themes("kpis-without-input")


@pytest.mark.parametrize("state", ["few", "partial"])
async def test_what_must_be_known_before_quoting_is_said(
    open_window: OpenWindow, in_state: Callable[[str], str], state: str
) -> None:
    window = await open_window(in_state(state), SECRET)
    await window.open(f"{RETENTION}?period=2017-12" if state == "partial" else f"{RETENTION}?{MAY}")
    said = "Partial: 12 of 31 days" if state == "partial" else "Too few data"
    await expect(window.page.locator(".value .chips")).to_contain_text(said)
    await window.assert_clean_in_both_themes(f"measure-{state}")


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("en", 1440),
        ("fr", 320),
        pytest.param("fr", 1280, marks=pytest.mark.long),
        pytest.param("en", 390, marks=pytest.mark.long),
    ],
)
async def test_pictures_are_clean_at_every_width(
    open_window: OpenWindow, in_state: Callable[[str], str], real_panel: RealPanel, language: str, width: int
) -> None:
    window = await open_window(in_state("pictures"), SECRET, width=width, language=language)
    for key in ("repeat_purchase_rate", "days_between_purchases", "time_to_first_redemption"):
        await window.open(f"{KPIS}/{key}?{MAY}")
        await window.assert_clean_in_both_themes(f"picture-{key}-{language}-{width}")
    window = await open_window(real_panel.address, real_panel.secret, width=width, language=language)
    for key in ("repeat_purchase_rate", "days_between_purchases", "base_flow"):
        await window.open(f"{KPIS}/{key}?{MAY}")
        await window.assert_clean_in_both_themes(f"picture-of-the-sample-{key}-{language}-{width}")


async def test_the_funnel_of_the_sample_begins_with_its_figure(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(f"{KPIS}/repeat_purchase_rate?{MAY}")
    rows = await window.page.locator(".funnel tbody td.r").all_inner_texts()
    counted = await window.page.locator(".values dd:nth-of-type(2)").all_inner_texts()
    began, went_on = ([text.split()[0] for text in rows[at : at + 3]] for at in (0, 3))
    assert counted == [f"{did} of {asked}" for did, asked in zip(went_on, began, strict=True)]


async def test_what_is_counted_stands_on_zero(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    for key in ("orders", "active_customers", "base_flow"):
        await window.open(f"{KPIS}/{key}?{MAY}")
        plot = window.page.locator("#series .plot")
        await expect(plot).to_have_attribute("data-chart", "columns")
        assert "0" in await plot.locator("svg text").all_text_contents()


@pytest.mark.parametrize("key", ["revenue", "aov", "retention_rate"])
async def test_where_a_number_comes_from_fits_a_phone(open_window: OpenWindow, real_panel: RealPanel, key: str) -> None:
    window = await open_window(real_panel.address, real_panel.secret, width=390, language="fr")
    await window.open(f"{KPIS}/{key}?{MAY}")
    box = window.page.get_by_role("region", name="D’où vient ce chiffre")
    for width in (390, 320):
        await window.page.set_viewport_size({"width": width, "height": 844})
        assert await box.evaluate("box => box.scrollWidth - box.clientWidth") <= 0, width
    heads = box.get_by_role("columnheader")
    await expect(heads).to_have_text(["Segment", "Numérateur", "Dénominateur", "Valeur"])
    await expect(box.get_by_role("row").nth(1).get_by_role("rowheader")).to_have_text("Membres")
    await expect(box.get_by_role("row").nth(1).get_by_role("cell")).to_have_count(3)
    places = [await heads.nth(at).bounding_box() for at in (1, 2, 3)]
    cells = [await box.get_by_role("row").nth(3).get_by_role("cell").nth(at).bounding_box() for at in (0, 1, 2)]
    for head, cell in zip(places, cells, strict=True):
        assert head is not None
        assert cell is not None
        assert head["x"] + head["width"] == pytest.approx(cell["x"] + cell["width"], abs=1)


async def test_a_month_that_is_not_over_stands_dashed_on_zero(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("counted"), SECRET)
    await window.open(f"{KPIS}/orders?period=2017-12")
    plot = window.page.locator("#series .plot")
    await expect(plot).to_have_attribute("data-chart", "columns")
    await expect(plot.locator("svg path[stroke-dasharray]")).to_have_count(2)
    await expect(window.page.locator("#series .figure-foot")).to_contain_text("the period is not over yet")
    await window.assert_clean_in_both_themes("measure-columns-partial")


async def test_paper_shows_the_table_of_a_picture(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("pictures"), SECRET, theme="dark", width=900)
    await window.open(f"{KPIS}/days_between_purchases?{MAY}")
    await window.page.emulate_media(media="print", color_scheme="dark")
    await expect(window.page.locator("#picture-table")).to_be_visible()
    await window.keep_picture("picture-print")


async def test_paper_shows_the_table_and_and_no_controls(open_window: OpenWindow, real_panel: RealPanel) -> None:
    window = await open_window(real_panel.address, real_panel.secret, theme="dark", width=900)
    await window.open(f"{RETENTION}?{MAY}")
    await window.page.emulate_media(media="print", color_scheme="dark")
    await expect(window.page.locator("#series-table")).to_be_visible()
    for hidden in (".crumbs", ".figure .seg", ".who-links >> nth=0"):
        await expect(window.page.locator(hidden)).to_be_hidden()
    await window.keep_picture("measure-print")
