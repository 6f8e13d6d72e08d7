"""How far an answer is: three clicks from the first page, and the one that takes a fourth fails."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page

MOST = 3


@dataclass
class Clicks:
    """Somebody who clicks at most three times. Going somewhere by its address would be cheating."""

    page: Page
    done: int = 0

    async def on(self, what: Locator) -> None:
        """Click, and wait until the page is there."""
        self._count(what)
        await what.click()
        await self.page.wait_for_load_state("load")

    async def look_for(self, box: Locator, text: str) -> None:
        """Type into a search box and press Enter, which is no less than a click."""
        self._count(box)
        await box.fill(text)
        await box.press("Enter")
        await self.page.wait_for_load_state("load")

    def _count(self, what: Locator) -> None:
        self.done += 1
        assert self.done <= MOST, f"click {self.done} of {MOST}: {what}"
