"""What somebody of the team comes for, from the first page to the answer, over the service and its worker:

1. the first way in, by the printed link; back by a password and a code   (these five: test_journeys_of_people.py)
2. from the impact to the customers behind a number
3. why an order gave its points; more are added for a reason
4. a refund, and what it took
5. why a referral waits, and releasing it
6. a rule is made, tried on the past, and published                       (these five: here)
7. a reward is offered, and who took it
8. a survey is asked and answered, and its case closed
9. a key is made and rotated
10. a file with bad rows is put right and sent again

What is a question takes three clicks at most.
"""

import csv
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.clicks import Clicks
from tests.browser.conftest import OpenWindow
from tests.browser.live_shop import FIRST_PAGE, WORKER_MS, LiveShop

_KEY_ENDS_SECONDS = 5


async def test_a_rule_is_made_tried_on_the_past_and_published(open_window: OpenWindow, shop: LiveShop) -> None:
    window = await shop.opens(open_window)
    page = window.page
    await page.get_by_role("link", name="Rules", exact=True).click()
    await page.get_by_role("button", name="New draft").first.click()
    await page.get_by_role("link", name="Add a rule").click()
    await page.get_by_role("link", name="Multiply points").click()
    await page.get_by_label("Multiply by").fill("2")
    await page.get_by_label("Name", exact=True).fill("Double in spring")
    await page.get_by_role("button", name="Save").click()
    draft = page.url.partition("#")[0]
    await page.get_by_role("link", name="Back-test").click()
    await page.get_by_role("button", name="Start the back-test").click()
    # The page asks by itself how far it is.
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Done", timeout=WORKER_MS)
    await expect(page.get_by_role("main")).to_contain_text("+100.0%")
    await page.goto(f"{draft}/publish")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("status")).to_contain_text("Published. It is in force.")
    assert window.complaints == []


async def test_a_reward_is_offered_and_who_took_it_is_two_clicks_away(open_window: OpenWindow, shop: LiveShop) -> None:
    window = await shop.opens(open_window)
    page = window.page
    await page.get_by_role("link", name="Rewards", exact=True).click()
    await page.get_by_role("link", name="New reward").first.click()
    await page.get_by_label("Name", exact=True).fill("Two euros off")
    await page.get_by_label("Price in points").fill("20")
    await page.get_by_role("textbox", name="Amount off an order").fill("2")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Two euros off")
    reward = page.url.rpartition("/")[2]
    shop.tell("redemptions", customer_id="c-2", reward_id=reward, capture=True)
    await window.open(FIRST_PAGE)
    clicks = Clicks(page)
    await clicks.on(page.get_by_role("link", name="Rewards", exact=True))
    await clicks.on(page.get_by_role("link", name="Two euros off"))
    await expect(page.get_by_role("row", name="Ben Martin")).to_contain_text("20")
    assert window.complaints == []


async def test_a_survey_is_asked_answered_and_its_case_closed(open_window: OpenWindow, shop: LiveShop) -> None:
    window = await shop.opens(open_window)
    page = window.page
    await page.get_by_role("link", name="Surveys", exact=True).click()
    survey = await _published(page)
    asked = urlsplit(shop.tell(f"surveys/{survey}/invitations", customer_id="c-1")["url"]).path
    phone = await open_window(shop.address, width=390, scripts=False)
    await phone.page.goto(f"{shop.address}{asked}")
    await phone.page.locator('input[name=score][value="3"]').check()
    await phone.page.get_by_role("button", name="Send my score").click()
    await phone.page.get_by_role("textbox").fill("The jam was mouldy")
    await phone.page.get_by_role("button", name="Send my comment").click()
    await window.open(FIRST_PAGE)
    clicks = Clicks(page)
    await clicks.on(page.get_by_role("link", name="Surveys", exact=True))
    await clicks.on(page.get_by_role("link", name="Cases", exact=True))
    await clicks.on(page.get_by_role("link", name="Ann Verger"))
    await expect(page.get_by_role("main")).to_contain_text("The jam was mouldy")
    await page.get_by_label("Outcome").select_option(index=1)
    await page.get_by_role("button", name="Close the case").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Closed")
    assert (window.complaints, phone.complaints) == ([], [])


async def _published(page: Page) -> str:
    """Publish the policy and a survey that is asked on request."""
    await page.get_by_role("link", name="Policy", exact=True).click()
    await page.get_by_role("button", name="Publish").click()
    await page.get_by_role("link", name="Surveys", exact=True).last.click()
    await page.get_by_role("link", name="New survey").first.click()
    await page.get_by_role("link", name="When the storefront asks for a link").click()
    await page.get_by_label("Name").fill("By hand")
    await page.get_by_role("button", name="Save the draft").click()
    await page.get_by_role("link", name="Publish").click()
    await page.get_by_role("button", name="Publish and ask").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Asking")
    return urlsplit(page.url).path.rpartition("/")[2]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_key_is_made_rotated_and_the_old_one_revoked(
    open_window: OpenWindow, shop: LiveShop, *, scripts: bool
) -> None:
    window = await shop.opens(open_window, scripts=scripts)
    page, name = window.page, f"Till {'with' if scripts else 'without'}"
    await page.get_by_role("link", name="Keys", exact=True).click()
    await page.get_by_role("link", name="New key").first.click()
    await page.get_by_label("What it is for").fill(name)
    await page.get_by_label("Record, edit, refund and cancel purchases.").check()
    await page.get_by_role("button", name="Make the key").click()
    first = await page.locator("#made").input_value()
    assert first.startswith("lk_live_1_")
    row = page.locator(".keys li", has_text=name)
    await row.locator("summary", has_text="Rotate").click()
    await row.get_by_role("button", name="Make the new key").click()
    second = await page.locator("#made").input_value()
    assert second not in {"", first}
    # Both work meanwhile.
    assert [_recorded(shop, key, f"{name} {number}") for number, key in enumerate((first, second))] == [201, 201]
    old = page.locator(".keys li", has_text="A newer one has taken over").filter(has_text=name)
    await old.locator("summary", has_text="Revoke").click()
    await old.get_by_role("button", name="Revoke for good").click()
    await expect(page.get_by_role("status")).to_contain_text("The key is revoked.")
    await expect(page.locator(".keys li", has_text=name)).to_have_count(1)
    assert _recorded(shop, second, f"{name} 2") == 201
    if scripts:  # once is enough of what may take seconds
        assert _refused_in_time(shop, first, f"{name} 3")
    assert window.complaints == []


def _recorded(shop: LiveShop, key: str, order_id: str) -> int:
    """Record a purchase as a till with this key would; gives the status of the answer."""
    told = {"order_id": order_id, "placed_at": shop.ago(0.1), "currency": "EUR", "goods": "5.00"}
    asked = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{shop.address}/v1/purchases", json=told, headers=asked, timeout=60).status_code


def _refused_in_time(shop: LiveShop, key: str, order_id: str) -> bool:
    """Tell whether a key that was revoked is refused within the seconds that the page speaks of."""
    until = time.monotonic() + _KEY_ENDS_SECONDS
    while (status := _recorded(shop, key, order_id)) != 401 and time.monotonic() < until:
        time.sleep(0.2)
    return status == 401


async def test_refused_rows_are_put_right_and_sent_again(
    open_window: OpenWindow, shop: LiveShop, tmp_path: Path
) -> None:
    window = await shop.opens(open_window)
    page, clicks, file = window.page, Clicks(window.page), tmp_path / "members.csv"
    file.write_text(
        "customer_id,joined_at,name\nc-8,2026-01-05T09:00:00Z,\nc-9,yesterday,Zoé Vergnaud\n", encoding="utf-8"
    )
    await clicks.on(page.get_by_role("link", name="Imports and exports"))
    await _sent(page, file)
    await expect(page.get_by_role("main")).to_contain_text("yesterday", timeout=WORKER_MS)
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Refused rows").click()
    await (await coming.value).save_as(repaired := tmp_path / "repaired.csv")
    with repaired.open(encoding="utf-8-sig", newline="") as read:
        header, *rows = csv.reader(read)
    [row] = rows
    row[header.index("joined_at")] = "2026-01-06T09:00:00Z"
    with repaired.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows([header, row])
    await page.get_by_role("link", name="Imports and exports").first.click()
    await _sent(page, repaired)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Done", timeout=WORKER_MS)
    await expect(page.locator(".facts div", has_text="Refused")).to_contain_text("0")
    await window.open("/admin/p/1/members")
    await clicks.look_for(page.get_by_role("searchbox", name="Name, e-mail or the shop’s id"), "verg")
    await expect(page).to_have_url(f"{shop.address}/admin/p/1/members?q=verg")
    await expect(page.get_by_role("link", name="Zoé Vergnaud")).to_be_visible()
    await expect(page.get_by_role("link", name="Ben Martin")).to_have_count(0)
    assert window.complaints == []


async def _sent(page: Page, file: Path) -> None:
    await page.get_by_label("What its rows are").select_option("members")
    await page.get_by_label("File", exact=True).set_input_files(file)
    await page.get_by_label("Record the rows").check()
    await page.get_by_role("button", name="Send the file").click()
