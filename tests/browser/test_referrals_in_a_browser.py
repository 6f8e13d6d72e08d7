"""Referrals in a real browser: every page over the harness. One is released in test_journeys_of_people.py."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.guises import guises
from tests.browser.harness import SECRET

PAGE, NEW = "/admin/p/1/referrals", "/admin/p/1/new-referral-terms"


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
