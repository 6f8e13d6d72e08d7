"""What somebody of the team comes for, from the first page to the answer, over the service and its worker.

The other journeys are walked where their pages are tried: the first day of a colleague, the customers behind a figure,
an adjustment, a suspicious referral, and a key's life.
"""

import asyncio
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from loyalty.auth.actions import create_key, sign_in, sign_in_link
from loyalty.clock import utc_now
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront
from loyalty.settings import Settings
from tests.browser.clicks import Clicks
from tests.browser.conftest import OpenWindow
from tests.browser.window import Window
from tests.conftest import TestServers, execute, in_database
from tests.contract.hostile import ELEMENT, poisoned
from tests.contract.service import running

FIRST_PAGE = "/admin/p/1/impact"
_WORKER_MS = 60_000


@dataclass
class Shop:
    """A shop with its panel: what it tells, and where its manager is signed in."""

    address: str
    secret: str
    api: httpx.Client
    told: list[str] = field(default_factory=list)

    def tell(self, path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        """Tell the service something."""
        self.told.append(path)
        key = {"Idempotency-Key": f"journey-{len(self.told)}"}
        answer = self.api.post(f"/v1/{path}", json=body, headers=key)
        assert answer.is_success, answer.text
        return answer.json()

    def ago(self, days: float) -> str:
        """Write a moment so many days ago."""
        return (utc_now() - timedelta(days=days)).isoformat()

    def sells(self, order_id: str, who: str, goods: str, days: float = 1) -> None:
        """Sell something."""
        self.tell(
            "purchases", order_id=order_id, placed_at=self.ago(days), currency="EUR", goods=goods, customer_id=who
        )

    async def opens(self, open_window: OpenWindow) -> Window:
        """Open the manager's window on the first page."""
        window = await open_window(self.address, self.secret)
        await window.open(FIRST_PAGE)
        return window


@pytest.fixture(scope="module")
def shop(
    servers: TestServers, template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Run the service and its worker over a shop with two members."""
    assert chromium
    name = f"loyalty_journeys_{uuid4().hex}"
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = in_database(servers.database_url, name)
    key, secret = asyncio.run(_opened(url))
    # A database of Redis that no worker's own tests empty.
    redis = f"{servers.redis_url}{'&' if '?' in servers.redis_url else '?'}db=14"
    with (
        running(url, redis, tmp_path_factory.mktemp("journeys") / "log") as service,
        service.client(key) as api,
    ):
        shop = Shop(service.url, secret, api)
        for customer, who in (("c-1", "Ann Verger"), ("c-2", "Ben Martin")):
            shop.tell("members", customer_id=customer, name=who, joined_at=shop.ago(40))
            shop.sells(f"o-{customer}", customer, "84.50", 20)
        yield shop
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _opened(url: str) -> tuple[str, str]:
    async with connect(Settings(pool_size=1), url) as database:
        async with database.session() as session:
            program = await start_program(session, "Maison Verger", timezone="Europe/Paris", currency="EUR")
            storefront, _ = await ensure_storefront(session, program.program_id, "Web shop")
            key = await create_key(
                session, program_id=program.program_id, mode="live", storefront_id=storefront.storefront_id or 0
            )
            link = await sign_in_link(session, "http://x", "maya@example.com")
        async with database.writer() as writer:
            opened = await sign_in(writer, link.rpartition("/")[2])
    assert opened is not None
    return key, opened.secret


async def test_a_refund_and_what_it_took_is_three_clicks_away(open_window: OpenWindow, shop: Shop) -> None:
    shop.tell("purchases/o-c-1/refunds", refund_id="r-1", refunded_at=shop.ago(0.1), goods="30.25")
    window = await shop.opens(open_window)
    page, clicks = window.page, Clicks(window.page)
    await clicks.on(page.get_by_role("link", name="Members", exact=True))
    await clicks.on(page.get_by_role("link", name="Ann Verger"))
    await clicks.on(page.get_by_role("link", name="Why −30?"))
    await expect(page.locator("#why")).to_contain_text("30 taken back of available points")
    assert window.complaints == []


async def test_a_rule_is_made_tried_on_the_past_and_published(open_window: OpenWindow, shop: Shop) -> None:
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
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Done", timeout=_WORKER_MS)
    await expect(page.get_by_role("main")).to_contain_text("+100.0%")
    await page.goto(f"{draft}/publish")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("status")).to_contain_text("Published. It is in force.")
    assert window.complaints == []


async def test_a_reward_is_offered_and_who_took_it_is_two_clicks_away(open_window: OpenWindow, shop: Shop) -> None:
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


async def test_a_survey_is_asked_answered_and_its_case_closed(open_window: OpenWindow, shop: Shop) -> None:
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


async def test_refused_rows_are_put_right_and_sent_again(open_window: OpenWindow, shop: Shop, tmp_path: Path) -> None:
    window = await shop.opens(open_window)
    page, clicks, file = window.page, Clicks(window.page), tmp_path / "members.csv"
    file.write_text("customer_id,joined_at\nc-8,2026-01-05T09:00:00Z\nc-9,yesterday\n", encoding="utf-8")
    await clicks.on(page.get_by_role("link", name="Imports and exports"))
    await _sent(page, file)
    await expect(page.get_by_role("main")).to_contain_text("yesterday", timeout=_WORKER_MS)
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
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Done", timeout=_WORKER_MS)
    await expect(page.locator(".facts div", has_text="Refused")).to_contain_text("0")
    await window.open("/admin/p/1/members?q=c-9")
    await expect(page.get_by_role("link", name="Customer c-9")).to_be_visible()
    assert window.complaints == []


async def _sent(page: Page, file: Path) -> None:
    await page.get_by_label("What its rows are").select_option("members")
    await page.get_by_label("File", exact=True).set_input_files(file)
    await page.get_by_label("Record the rows").check()
    await page.get_by_role("button", name="Send the file").click()


async def test_in_a_browser_the_text_of_an_attack_is_a_text(open_window: OpenWindow, shop: Shop) -> None:
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
