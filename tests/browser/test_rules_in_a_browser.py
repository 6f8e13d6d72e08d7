"""Earning rules in a real browser: every page over the harness, and a rule made and published for real."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Locator, expect

from tests.admin.fake_rules import DONE, DRAFT, FAILED, RUNNING, STOPPED
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.guises import guises, with_and_without_scripts
from tests.browser.harness import SECRET
from tests.browser.window import Window

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


@pytest.mark.parametrize(("language", "width"), guises(1280))
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


@pytest.mark.parametrize(("language", "scripts"), with_and_without_scripts())
async def test_a_manager_makes_tries_and_publishes_a_rule(
    open_window: OpenWindow, shop_panel: RealPanel, language: str, *, scripts: bool
) -> None:
    window = await open_window(shop_panel.address, shop_panel.secret, width=1280, language=language, scripts=scripts)
    manager = Manager(window, language, f"{'With' if scripts else 'Without'} {language}")
    await manager.begins_a_draft()
    await manager.writes_a_multiplier()
    await manager.moves_it_up_and_down()
    draft = window.page.url.partition("#")[0]
    await manager.tries_a_basket()
    await manager.starts_a_back_test_and_cancels_it(draft)
    await manager.publishes_it(draft)
    assert window.complaints == []


@dataclass
class Manager:
    """Somebody at a window who makes a rule of that name, in words of the language."""

    window: Window
    language: str
    name: str

    def button(self, text: str) -> Locator:
        return self.window.page.get_by_role("button", name=self.say(text))

    def link(self, text: str) -> Locator:
        return self.window.page.get_by_role("link", name=self.say(text))

    def say(self, text: str) -> str:
        return _FRENCH[text] if self.language == "fr" else text

    def number(self, text: str) -> str:
        return text.replace(".", ",") if self.language == "fr" else text

    async def begins_a_draft(self) -> None:
        await self.window.page.goto(f"{self.window.address}{RULES}")
        await self.button("New draft").first.click()
        rules = self.window.page.locator(".rule-list").first
        await expect(rules).to_contain_text("1 €" if self.language == "fr" else "€1")

    async def writes_a_multiplier(self) -> None:
        page = self.window.page
        await self.link("Add a rule").click()
        await self.link("Multiply points").click()
        factor = page.get_by_label(self.say("Multiply by"))
        await factor.fill("0,5")
        await self.button("Save").click()
        await expect(factor).to_have_attribute("aria-invalid", "true")
        await expect(factor).to_have_value("0,5")
        self.window.complaints.clear()  # the browser itself notes the 422
        await factor.fill(self.number("2.5"))
        await page.get_by_label(self.say("Name"), exact=True).fill(self.name)
        await page.locator("summary", has_text=self.say("On what")).click()
        await page.get_by_label(self.say("Only these categories")).fill("Jams")
        await self.button("Save").click()
        await expect(page.locator(".rule-list").first).to_contain_text(f"×{self.number('2.5')}")
        await expect(page.locator(".against")).to_contain_text(self.name)
        await self.window.keep_picture(f"rules-real-draft-{self.language}")

    async def moves_it_up_and_down(self) -> None:
        page = self.window.page
        rules = page.locator(".rule-list li")
        last = await rules.count() - 1
        await page.get_by_role("button", name=self.say("Up: %(title)s") % {"title": self.name}).click()
        await expect(rules.nth(last - 1)).to_contain_text(self.name)
        await page.get_by_role("button", name=self.say("Down: %(title)s") % {"title": self.name}).click()
        await expect(rules.nth(last)).to_contain_text(self.name)

    async def tries_a_basket(self) -> None:
        page = self.window.page
        await self.link("Try on a basket").click()
        await page.locator("#goods_minor").fill("84")
        await page.locator("summary", has_text=self.say("Products")).click()
        await page.locator("#l0-category").fill("Jams")
        await page.locator("#l0-amount_minor").fill("84")
        await page.locator("#customer").fill("Ann")
        await self.button("Try it").click()
        await expect(page.locator("#outcome")).to_contain_text("Ann Verger")
        # Also the rules that the runs before this one published: whose name it is gives something of its own.
        await expect(page.locator("#outcome")).to_contain_text(self.name)
        await self.window.keep_picture(f"rules-real-tried-{self.language}")

    async def starts_a_back_test_and_cancels_it(self, draft: str) -> None:
        page = self.window.page
        await page.goto(f"{draft}/backtest")
        await self.button("Start the back-test").click()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await self.button("Cancel the back-test").click()
        await expect(page.get_by_role("heading", name=self.say("The back-test was cancelled"))).to_be_visible()

    async def publishes_it(self, draft: str) -> None:
        page = self.window.page
        await page.goto(f"{draft}/publish")
        await self.button("Continue").click()
        await expect(page.locator(".changes")).to_contain_text(self.name)
        await self.window.keep_picture(f"rules-real-confirm-{self.language}")
        await self.button("Publish").click()
        await expect(page.get_by_role("status")).to_contain_text(self.say("Published. It is in force."))
        await page.goto(f"{self.window.address}{RULES}")
        await expect(page.locator("#in-force")).to_be_visible()
        await expect(page.locator(".rule-list").first).to_contain_text(self.name)
        await self.window.keep_picture(f"rules-real-list-{self.language}")


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
