"""Referrals in a real browser: every page over the harness, and one that is released through the real application."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import expect

from loyalty.clock import utc_now
from loyalty.database import connect
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import Source
from loyalty.programs.queries import all_programs
from loyalty.referrals.actions import publish_terms
from loyalty.referrals.terms import Terms
from loyalty.settings import Settings
from tests.browser.conftest import OpenWindow, RealPanel, _real, _small_shop
from tests.browser.guises import guises
from tests.browser.harness import SECRET
from tests.stories import Shop, joining, purchase

if TYPE_CHECKING:
    from tests.conftest import TestServers

PAGE, NEW = "/admin/p/1/referrals", "/admin/p/1/new-referral-terms"
TERMS = Terms(on=True, referrer_points=500, friend_points=300, minimum_minor=2_000)
# Bob came by Ann, bought, and waits for staff.
_SUSPICIOUS = """
INSERT INTO referral (program_id, referral_id, friend_id, referrer_id, state, reason, version, terms_version,
  claimed_at, purchase_id, recorded_at)
SELECT 1, $1, b.customer_id, a.customer_id, 'in_review', 'shared_trace', 1, 1, $2, p.purchase_id, $2
FROM customer_alias a, customer_alias b, purchase p
WHERE a.external_id = 'c-1' AND b.external_id = 'c-2' AND p.order_id = '1003'
"""


async def _referred(url: str) -> None:
    """Tell of a small shop in which Bob came by Ann, and bought."""
    await _small_shop(url)
    async with connect(Settings(pool_size=1), url) as database:
        async with database.reader() as connection:
            [program] = await all_programs(connection)
            storefront = await connection.fetchval("SELECT storefront_id FROM storefront")
        shop = Shop(database, Source(program, storefront, "default", "key:none", "req_shop"), RulesCache())
        await shop.join(joining("c-2", 40))
        await shop.buy(purchase("1003", 5000, "c-2", on=41))
        async with database.writer() as connection, connection.transaction():
            await publish_terms(connection, program.program_id, TERMS, "test")
    owner = await asyncpg.connect(url)
    await owner.execute(_SUSPICIOUS, uuid4(), utc_now())
    await owner.close()


@pytest.fixture(scope="module")
def referred_panel(
    servers: "TestServers", template: str, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealPanel]:
    """Serve the real application over a shop with a suspicious referral."""
    assert chromium
    with _real(servers, template, _referred, tmp_path_factory.mktemp("referred") / "log") as panel:
        yield panel


@pytest.mark.parametrize(("language", "width"), guises(1440))
async def test_the_pages_of_referrals_are_clean_in_every_guise(
    open_window: OpenWindow, in_state: Callable[[str], str], language: str, width: int
) -> None:
    window = await open_window(in_state("several"), SECRET, width=width, language=language)
    for path, name in ((PAGE, "list"), (NEW, "form")):
        await window.open(path)
        await window.assert_clean_in_both_themes(f"referrals-{name}-{language}-{width}")


async def test_nothing_sticks_out_at_any_width(open_window: OpenWindow, in_state: Callable[[str], str]) -> None:
    window = await open_window(in_state("several"), SECRET, language="fr")
    for path in (PAGE, NEW):
        await window.open(path)
        for width in (1440, 1181, 1001, 900, 768, 640, 390, 320):
            await window.widen(width)
            assert await window.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


async def test_a_manager_releases_a_suspicious_referral_without_a_script(
    open_window: OpenWindow, referred_panel: RealPanel
) -> None:
    window = await open_window(referred_panel.address, referred_panel.secret, scripts=False)
    page = window.page
    await window.open(PAGE)
    await expect(page.get_by_text("Ann Verger gets 500 points, Customer c-2 300 points")).to_be_visible()
    await page.get_by_role("button", name="Release Customer c-2").click()
    await expect(page.get_by_role("status")).to_contain_text("Released. The points are pending")
    await expect(page.get_by_role("cell", name="Rewarded").or_(page.get_by_role("cell", name="Bought"))).to_be_visible()
    await expect(page.get_by_role("button", name="Release Customer c-2")).to_have_count(0)
    await window.keep_picture("referrals-released")
