"""Keys, imports and exports in a real browser: every state over the harness, and a file sent in the real panel."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.admin.fake_moving import REFUSED, RUNNING, TRIED
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises
from tests.browser.harness import SECRET

BASE = "/admin/p/1"
PAGES = {
    "keys": "/keys",
    "key-form": "/new-key",
    "imports": "/imports",
    "import-refused": f"/imports/{REFUSED}",
    "import-tried": f"/imports/{TRIED}",
    "exports": "/exports",
}


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_pages_of_keys_and_files_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    for name, path in PAGES.items():
        await window.open(f"{BASE}{path}")
        await window.assert_clean_in_both_themes(f"{name}-{language}-{width}")


async def test_nothing_of_them_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET, language="fr")
    for path in [*PAGES.values(), f"/imports/{RUNNING}"]:
        await window.open(f"{BASE}{path}")
        for width in (1440, 1181, 1001, 900, 768, 640, 390, 320):
            await window.widen(width)
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_a_file_is_chosen_and_sent(open_window: OpenWindow, shop_panel: RealPanel, tmp_path: Path) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret)
    page, file = window.page, tmp_path / "members.csv"
    file.write_text("customer_id,joined_at\nc-9,2026-01-05\n", encoding="utf-8")
    await page.goto(f"{shop_panel.address}{BASE}/imports")
    await page.get_by_label("File", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Send the file").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("members.csv")
    await expect(page.get_by_role("main")).to_contain_text("A dry run: every row is checked")
