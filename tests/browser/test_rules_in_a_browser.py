"""Earning rules in a real browser: every page over the harness, and a rule made and published for real."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.admin.fake_rules import DONE, DRAFT, FAILED, RUNNING, STOPPED
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.harness import SECRET

RULES = "/admin/p/1/rules"
_DRAFT = f"{RULES}/drafts/{DRAFT}"
_BASKET = f"draft={DRAFT}&goods_minor=84&placed_at=&customer=&l0-sku=Pear+jam&l0-category=Jams&l0-amount_minor=84"
PAGES = {
    "list": RULES,
    "version": f"{RULES}/versions/3",
    "draft": _DRAFT,
    "kinds": f"{_DRAFT}/new-rule",
    "bonus": f"{_DRAFT}/new-rule?kind=fixed_bonus",
    "rule": f"{_DRAFT}/rules/double",
    "tried": f"{RULES}/try?{_BASKET}",
    "publish": f"{_DRAFT}/publish",
    "backtests": f"{_DRAFT}/backtest",
    "done": f"{RULES}/backtests/{DONE}",
    "failed": f"{RULES}/backtests/{FAILED}",
    "stopped": f"{RULES}/backtests/{STOPPED}",
}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_pages_of_rules_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    for name, path in PAGES.items():
        await window.open(path)
        await window.assert_clean_in_both_themes(f"rules-{name}-{language}-{width}")


async def test_a_back_test_that_runs_asks_how_far_it_is(
    open_window: OpenWindow, in_state: Callable[[str], str]
) -> None:
    window = await open_window(in_state("several"), SECRET)
    async with window.page.expect_response(lambda r: r.request.headers.get("hx-request") == "true") as again:
        await window.page.goto(f"{window.address}{RULES}/backtests/{RUNNING}")
    assert (await again.value).ok
    await expect(window.page.get_by_role("progressbar")).to_have_attribute("value", "50")
    await expect(window.page.get_by_role("status")).to_have_text("650 of 1,300 decisions")
    await window.assert_clean()
    await window.keep_picture("rules-running")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_manager_makes_tries_and_publishes_a_rule(  # noqa: PLR0915 - one story
    open_window: OpenWindow, shop_panel: RealPanel, language: str, *, scripts: bool
) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, width=1280, language=language, scripts=scripts)
    page = window.page
    say = dict(_FRENCH if language == "fr" else {word: word for word in _FRENCH})
    name = f"{'With' if scripts else 'Without'} {language}"

    await page.goto(f"{shop_panel.address}{RULES}")
    await page.get_by_role("button", name=say["New draft"]).first.click()
    await expect(page.locator(".rule-list").first).to_contain_text("1 €" if language == "fr" else "€1")
    await page.get_by_role("link", name=say["Add a rule"]).click()
    await page.get_by_role("link", name=say["Multiply points"]).click()
    factor = page.get_by_label(say["Multiply by"])
    await factor.fill("0,5")
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(factor).to_have_attribute("aria-invalid", "true")
    await expect(factor).to_have_value("0,5")
    window.complaints.clear()  # the browser itself notes the 422
    await factor.fill("2,5" if language == "fr" else "2.5")
    await page.get_by_label(say["Name"], exact=True).fill(name)
    await page.locator("summary", has_text=say["On what"]).click()
    await page.get_by_label(say["Only these categories"]).fill("Jams")
    await page.get_by_role("button", name=say["Save"]).click()
    await expect(page.locator(".rule-list").first).to_contain_text("×2,5" if language == "fr" else "×2.5")
    await expect(page.locator(".against")).to_contain_text(name)
    await window.keep_picture(f"rules-real-draft-{language}")

    rules = page.locator(".rule-list li")
    last = await rules.count() - 1
    await page.get_by_role("button", name=say["Up: %(title)s"] % {"title": name}).click()
    await expect(rules.nth(last - 1)).to_contain_text(name)
    await page.get_by_role("button", name=say["Down: %(title)s"] % {"title": name}).click()
    draft = page.url.partition("#")[0]

    await page.get_by_role("link", name=say["Try on a basket"]).click()
    await page.locator("#goods_minor").fill("84")
    await page.locator("summary", has_text=say["Products"]).click()
    await page.locator("#l0-category").fill("Jams")
    await page.locator("#l0-amount_minor").fill("84")
    await page.locator("#customer").fill("Ann")
    await page.get_by_role("button", name=say["Try it"]).click()
    await expect(page.locator("#outcome")).to_contain_text("Ann Verger")
    # Also the rules that the runs before this one published: whose name it is gives something of its own.
    await expect(page.locator("#outcome")).to_contain_text(name)
    await window.keep_picture(f"rules-real-tried-{language}")

    await page.goto(f"{draft}/backtest")
    await page.get_by_role("button", name=say["Start the back-test"]).click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await page.get_by_role("button", name=say["Cancel the back-test"]).click()
    await expect(page.get_by_role("heading", name=say["The back-test was cancelled"])).to_be_visible()

    await page.goto(f"{draft}/publish")
    await page.get_by_role("button", name=say["Continue"]).click()
    await expect(page.locator(".changes")).to_contain_text(name)
    await window.keep_picture(f"rules-real-confirm-{language}")
    await page.get_by_role("button", name=say["Publish"]).click()
    await expect(page.get_by_role("status")).to_contain_text(say["Published. It is in force."])
    await page.goto(f"{shop_panel.address}{RULES}")
    await expect(page.locator("#in-force")).to_be_visible()
    await expect(page.locator(".rule-list").first).to_contain_text(name)
    assert window.complaints == []
    await window.keep_picture(f"rules-real-list-{language}")


_FRENCH = {
    "New draft": "Nouveau brouillon",
    "Add a rule": "Ajouter une règle",
    "Multiply points": "Multiplier les points",
    "Multiply by": "Multiplier par",
    "Save": "Enregistrer",
    "Name": "Nom",
    "On what": "Sur quoi",
    "Only these categories": "Seulement ces catégories",
    "Up: %(title)s": "Monter : %(title)s",
    "Down: %(title)s": "Descendre : %(title)s",
    "Try on a basket": "Essayer sur un panier",
    "Products": "Produits",
    "Try it": "Essayer",
    "Start the back-test": "Lancer le test",
    "Cancel the back-test": "Annuler le test",
    "The back-test was cancelled": "Le test rétrospectif a été annulé",
    "Continue": "Continuer",
    "Publish": "Publier",
    "Published. It is in force.": "Publiée. Elle est en vigueur.",
}
