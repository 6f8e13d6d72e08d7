"""A browser window that notices what a reader would not: errors, broken rules, what sticks out."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import ConsoleMessage, Page, Request, expect

# WCAG 2.2 AA and the best practices.
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
_DOOR = "/admin/sign-in"
_SIDEWAYS = "document.documentElement.scrollWidth - window.innerWidth"
_LOOKS, _LOOK_SECONDS = 60, 0.05
_LISTEN = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@dataclass
class Window:
    """One page of a browser. `complaints` collects console errors, uncaught exceptions, and requests elsewhere."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    async def listen(self) -> None:
        """Begin to notice."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._look_where)
        await self.page.add_init_script(_LISTEN)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _look_where(self, request: Request) -> None:
        """Note what a page of ours would load from elsewhere."""
        parts, ours = urlsplit(request.url), urlsplit(self.page.url).netloc
        if parts.scheme in {"http", "https"} and not request.is_navigation_request() and ours not in {"", parts.netloc}:
            self.complaints.append(f"from elsewhere: {request.url}")

    async def open(self, path: str) -> None:
        """Open a page, not the door in its place, and wait until its chart, if it has one, is drawn."""
        await self.page.goto(f"{self.address}{path}")
        assert _DOOR in path or _DOOR not in self.page.url
        await self.drawn()

    async def drawn(self) -> None:
        """Wait until what is drawn by script is drawn."""
        await self.page.wait_for_load_state("load")
        await expect(self.page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
        if await self.page.locator("[data-chart]").count():
            await self.page.locator("html[data-drawn]").wait_for(state="attached")

    async def widen(self, width: int) -> None:
        """Change the width, and wait a while until what is drawn by script has followed."""
        await self.page.set_viewport_size({"width": width, "height": 900})
        for _ in range(_LOOKS):
            if await self.page.evaluate(_SIDEWAYS) <= 0:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        # One more, so that a chart that only just fits has been drawn.
        await self.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    async def assert_clean(self) -> None:
        """Insist on no console error, no broken content security policy, no finding of axe, nothing that sticks out."""
        assert self.complaints == []
        assert await self.page.evaluate("window.violations") == []
        await self._assert_accessible(RULES)
        assert await self.page.evaluate(_SIDEWAYS) <= 0

    async def assert_clean_in_both_themes(self, name: str) -> None:
        """Insist on it, keep pictures of both themes, and try the contrast of the dark one: only colours change."""
        await self.page.emulate_media(color_scheme="light")
        await self.keep_picture(f"{name}-light")
        await self.assert_clean()
        await self.page.emulate_media(color_scheme="dark")
        await self.keep_picture(f"{name}-dark")
        await self._assert_accessible(CONTRAST)

    async def _assert_accessible(self, rules: Mapping[str, object]) -> None:
        found = await Axe().run(self.page, options={**rules, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()

    async def keep_picture(self, name: str) -> None:
        """Keep a picture of the whole page in the folder `LOYALTY_SCREENSHOTS`, for the eyes of those who made it."""
        if folder := os.environ.get("LOYALTY_SCREENSHOTS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
