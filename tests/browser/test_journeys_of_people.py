"""Five of the ten journeys (test_journeys.py lists them): the first way in, and what is asked and done about people."""

from playwright.async_api import Page, expect
from pyotp import TOTP

from loyalty.clock import utc_now
from tests.browser.clicks import Clicks
from tests.browser.conftest import OpenWindow, RealPanel
from tests.browser.live_shop import FIRST_PAGE, LiveShop
from tests.contract.hostile import ELEMENT, poisoned

_OWNER, _PASSWORD = "owner@localhost", "correct horse battery"


async def test_the_first_owner_comes_in_by_the_printed_link_and_back_by_password_and_code(
    open_window: OpenWindow, shop: LiveShop
) -> None:
    window = await open_window(shop.address)
    page = window.page
    heading = page.get_by_role("heading", level=1)
    await window.open(shop.first_link)
    await window.assert_clean()
    await page.get_by_role("button", name="Sign in").click()
    await expect(heading).to_have_text("Impact")
    await expect(page.locator(".person")).to_contain_text(_OWNER)
    app = await _with_password_and_app(page)
    await page.get_by_role("button", name="Sign out").click()
    await expect(heading).to_have_text("Sign in")
    await page.goto(f"{shop.address}{FIRST_PAGE}")
    await expect(heading).to_have_text("Sign in")
    await page.get_by_label("E-mail").fill(_OWNER)
    await page.get_by_label("Password").fill(_PASSWORD)
    # A code lets in once, so this is the next one; a phone's clock may be so far ahead.
    await page.get_by_label("Code of your app").fill(app.at(utc_now(), counter_offset=1))
    await page.get_by_role("button", name="Sign in").click()
    await expect(heading).to_have_text("Impact")
    assert window.complaints == []
    await page.goto(f"{shop.address}{shop.first_link}")
    await page.get_by_role("button", name="Sign in").click()
    await expect(heading).to_have_text("This link does not work any more")
    await window.keep_picture("link-spent")


async def _with_password_and_app(page: Page) -> TOTP:
    """Set a password and an app that shows codes; gives the app."""
    said = page.get_by_role("status")
    await page.get_by_role("link", name="Your way in").click()
    for label in ("New password", "Once more"):
        await page.get_by_label(label).fill(_PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await expect(said).to_contain_text("The password is set.")
    await page.get_by_role("button", name="Set up an app").click()
    app = TOTP((await page.locator("#codes code").inner_text()).replace(" ", ""))
    await page.get_by_label("Code of your app").fill(app.now())
    await page.get_by_label("Your password").fill(_PASSWORD)
    await page.get_by_role("button", name="Ask for codes from now on").click()
    await expect(said).to_contain_text("signing in by password asks for a code")
    return app


async def test_from_the_impact_to_a_person_behind_a_number_is_three_clicks(
    open_window: OpenWindow, real_panel: RealPanel
) -> None:
    window = await open_window(real_panel.address, real_panel.secret)
    await window.open(f"{FIRST_PAGE}?period=2017-05")
    page, clicks = window.page, Clicks(window.page)
    await clicks.on(page.get_by_role("link", name="More about: Retention"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Customer retention rate")
    await clicks.on(page.get_by_role("link", name="Who did not").first)
    await expect(page.locator(".seg [aria-current]").last).to_have_text("Who did not (17)")
    await expect(page.locator(".people tbody tr")).to_have_count(17)
    await clicks.on(page.locator(".people tbody a").first)
    await expect(page.locator(".timeline")).to_be_visible()
    assert window.complaints == []


async def test_why_an_order_gave_its_points_is_three_clicks_away_and_more_are_added(
    open_window: OpenWindow, shop: LiveShop
) -> None:
    window = await shop.opens(open_window)
    page, clicks = window.page, Clicks(window.page)
    await clicks.look_for(page.get_by_role("searchbox", name="Search everything"), "verg")
    await clicks.on(page.get_by_role("link", name="Ann Verger"))
    await clicks.on(page.get_by_role("link", name="Why +84?"))
    await expect(page.locator("#why")).to_contain_text("1 point per €1")
    await window.keep_picture("member-real")
    await window.assert_clean()
    available = page.locator(".strip .v").first
    before = int(await available.inner_text())
    await page.locator("#points").fill("50")
    await expect(page.locator("#adjust .outcome")).to_have_text(f"Available: {before} → {before + 50}.")
    await page.locator("#adjust label").filter(has_text="Remove").click()
    await expect(page.locator("#adjust .outcome")).to_have_text(f"Available: {before} → {before - 50}.")
    await page.locator("#adjust label").filter(has_text="Add").click()
    await page.get_by_label("Reason").fill("Late delivery, agreed by phone")
    await page.get_by_role("button", name="Adjust points").click()
    await expect(page.get_by_role("status")).to_have_text(f"50 points added. Available: {before} → {before + 50}.")
    await expect(page.locator(".timeline")).to_contain_text("Late delivery, agreed by phone · maya@example.com")
    await expect(available).to_have_text(str(before + 50))
    await window.keep_picture("member-real-adjusted")
    await window.assert_clean()


async def test_a_refund_and_what_it_took_is_three_clicks_away(open_window: OpenWindow, shop: LiveShop) -> None:
    shop.tell("purchases/o-c-1/refunds", refund_id="r-1", refunded_at=shop.ago(0.1), goods="30.25")
    window = await shop.opens(open_window)
    page, clicks = window.page, Clicks(window.page)
    await clicks.on(page.get_by_role("link", name="Members", exact=True))
    await clicks.on(page.get_by_role("link", name="Ann Verger"))
    await clicks.on(page.get_by_role("link", name="Why −30?"))
    await expect(page.locator("#why")).to_contain_text("30 taken back of available points")
    assert window.complaints == []


async def test_why_a_referral_waits_is_one_click_away_and_without_a_script_it_is_released(
    open_window: OpenWindow, shop: LiveShop
) -> None:
    shop.tell("referral-terms", method="PUT", referrer_points=500, friend_points=300, minimum="20.00")
    code = shop.ask("members/c-2/referral-code")["code"]
    for friend, who in (("c-31", "Fay Moreau"), ("c-32", "Gus Moreau")):
        shop.tell("members", customer_id=friend, name=who, joined_at=shop.ago(0.1), referral_code=code)
        shop.sells(f"o-{friend}", friend, "60.00", 0.05, customer={"address_hash": "one address"})
    shop.ask_until_there("referrals?state=in_review")
    window = await shop.opens(open_window, scripts=False)
    page, clicks = window.page, Clicks(window.page)
    await clicks.on(page.get_by_role("link", name="Referrals", exact=True))
    waiting = page.get_by_role("region", name="Waiting for you")
    await expect(waiting).to_contain_text("Gus Moreau came by Ben Martin")
    await expect(waiting).to_contain_text("Another friend’s orders went to the same address.")
    await expect(waiting).to_contain_text("Ben Martin gets 500 points, Gus Moreau 300 points")
    await page.get_by_role("button", name="Release Gus Moreau").click()
    await expect(page.get_by_role("status")).to_contain_text("Released. The points are pending")
    await expect(page.get_by_role("row", name="Gus Moreau")).to_contain_text("Bought")
    await expect(waiting).to_have_count(0)
    await window.keep_picture("referrals-released")
    assert window.complaints == []


async def test_in_a_browser_the_text_of_an_attack_is_a_text(open_window: OpenWindow, shop: LiveShop) -> None:
    bad = {name: poisoned(name) for name in ("c-66", "Eve", "tea")}
    told = {"email": poisoned("eve@example.com"), "name": bad["Eve"], "joined_at": shop.ago(9)}
    shop.tell("members", customer_id=bad["c-66"], **told)
    shop.sells(poisoned("o-66"), bad["c-66"], "12.00")
    shop.tell(f"members/{bad['c-66']}/adjustments", points=5, reason=poisoned("So kind"))
    window = await shop.opens(open_window)
    page, opened = window.page, []
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    await page.get_by_role("link", name="Members", exact=True).click()
    await page.get_by_role("link", name=ELEMENT).first.click()
    await expect(page.locator(".timeline")).to_contain_text(bad["Eve"].replace("Eve", "So kind")[3:20])
    assert await page.locator(ELEMENT).count() == 0
    assert opened == []
    await window.assert_clean()
