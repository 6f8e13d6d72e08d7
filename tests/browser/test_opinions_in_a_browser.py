"""What customers say, in a real browser: enough answers, few, too few and none, on the Impact page and their own."""

from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.harness import SECRET


async def test_a_score_is_clean_however_many_answers_it_has(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("opinions"), SECRET, width=390, language="fr")
    card = window.page.locator("#opinion")
    for month, said in (("06", "Aucun client n’a répondu"), ("02", "Trop peu de réponses"), ("05", "Non-membres")):
        await window.open(f"/admin/p/1/impact?period=2017-{month}")
        await expect(card).to_contain_text(said)
    await window.assert_clean_in_both_themes("opinions-fr-390")
    await card.get_by_role("link", name="En savoir plus").click()
    await window.drawn()
    await expect(window.page.locator(".example")).to_have_text("100 × 45 ÷ 100 = 45")
    await window.assert_clean()
