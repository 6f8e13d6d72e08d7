"""Every page of the panel in every guise, on one sheet to look at: `make screenshots`.

    python -m tests.browser.screenshots [--folder build/screenshots] [--only keys,team] [--check]

Both languages, wide and on a phone, light and dark, over the harness; `--check` has each looked at by axe, too, and for
errors, for what the policy forbids or comes from elsewhere, and for what sticks out.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, async_playwright

from tests.admin.every_page import DOOR, PAGES
from tests.browser.conftest import NAMES
from tests.browser.harness import SECRET
from tests.browser.serving import free_port, serve
from tests.browser.window import Window

LANGUAGES, WIDTHS, THEMES = ("en", "fr"), (1440, 390), ("light", "dark")
_LOCALES = {"en": "en-US", "fr": "fr-FR"}
# Of which the browser itself notes that there is no such page.
_NOWHERE = "nowhere"
_STYLE = """
body { font: 14px system-ui; margin: 24px; background: #ddd; } section { margin: 0 0 32px; }
div { display: flex; gap: 12px; align-items: flex-start; overflow-x: auto; }
figure { margin: 0; } img { height: 420px; border: 1px solid #999; } figcaption { font-size: 12px; }
"""


def sheet(pictures: Mapping[str, list[str]]) -> str:
    """Write the sheet: a row for each page, its pictures by guise."""
    rows = "".join(
        f"<section><h2>{escape(page)}</h2><div>"
        + "".join(
            f'<figure><a href="{name}.png"><img src="{name}.png" alt="{name}" loading="lazy"></a>'
            f"<figcaption>{name}</figcaption></figure>"
            for name in names
        )
        + "</div></section>"
        for page, names in pictures.items()
    )
    return f'<!doctype html><meta charset="utf-8"><title>Every page</title><style>{_STYLE}</style>{rows}\n'


async def take(browser: Browser, address: str, told: Namespace, pictures: dict[str, list[str]]) -> list[str]:
    """Take all pictures; gives what a reader would have complained about."""
    wrong: list[str] = []
    for language in LANGUAGES:
        for width in WIDTHS:
            context = await browser.new_context(
                viewport={"width": width, "height": 900}, locale=_LOCALES[language], reduced_motion="reduce"
            )
            await context.add_cookies([{"name": "loyalty", "value": SECRET, "url": address}])
            for name, path in PAGES.items():
                if told.only and name not in told.only.split(","):
                    continue
                if name == DOOR:
                    await context.clear_cookies()
                    await context.add_cookies([{"name": "lang", "value": language, "url": f"{address}/admin"}])
                window = Window(await context.new_page(), address)
                await window.listen()
                await window.open(path)
                for theme in THEMES:
                    await _one(window, theme, f"{name}-{language}-{width}-{theme}", pictures.setdefault(name, []))
                if name == _NOWHERE:
                    window.complaints.clear()
                if told.check:
                    wrong += await _complaints(window, f"{name}-{language}-{width}")
                await window.page.close()
                if name == DOOR:
                    await context.add_cookies([{"name": "loyalty", "value": SECRET, "url": address}])
            await context.close()
    return wrong


async def _one(window: Window, theme: Literal["light", "dark"], name: str, names: list[str]) -> None:
    await window.page.emulate_media(color_scheme=theme)
    await window.drawn()
    await window.keep_picture(name)
    names.append(name)


async def _complaints(window: Window, name: str) -> list[str]:
    try:
        await window.assert_clean()
    except AssertionError as error:
        return [f"{name}: {error or window.complaints}"]
    return []


async def _run(told: Namespace, folder: Path) -> list[str]:
    pictures: dict[str, list[str]] = {}
    port, chromium = free_port(), os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with (
        tempfile.TemporaryDirectory() as logs,
        serve("tests.browser.harness:create_app", port, os.environ, Path(logs) / "log"),
    ):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            wrong = await take(browser, f"http://several.localhost:{port}", told, pictures)
            await browser.close()
    (folder / "index.html").write_text(sheet(pictures), encoding="utf-8")
    return wrong


def main() -> None:
    """Take them."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--folder", default="build/screenshots")
    parser.add_argument("--only", default="", help="pages, parted by commas")
    parser.add_argument("--check", action="store_true", help="also look for what a reader would complain about")
    told = parser.parse_args()
    folder = Path(told.folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["LOYALTY_SCREENSHOTS"] = str(folder)
    wrong = asyncio.run(_run(told, folder))
    print(f"{folder / 'index.html'}")  # noqa: T201 - a command line
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
