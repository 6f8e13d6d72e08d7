"""A shop whose every free text is an attack, and readers of pages and files who notice whether one of them worked.

The story is told with its texts poisoned. A page is read as a browser reads it, never by a pattern: what a poisoned
text opened is there as an element or an attribute, and what only looks like one is text.
"""

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.contract.story import Teller

ELEMENT = "evil-7"
# Ends an attribute and opens an element; computes where a template is filled twice. A path has no slash, an e-mail
# address no space.
_BREAKS_OUT = f"\"'><{ELEMENT} onerror=alert(1)>{{{{7*7}}}}"
# What a text begins with makes it a spreadsheet's formula, or a link that runs.
_BEGINNINGS = ("=1+1", "javascript:alert(1)", "@sum(1)")
# Worded as the shop or a customer likes. Ids come again in later calls: equal texts make equal attacks.
TEXTS = {
    "action_id", "address_hash", "basket", "benefits", "category", "channel", "codes", "customer_id", "description",
    "detractor", "email", "fingerprint", "into", "lead_id", "line_id", "name", "note", "order_id", "passive",
    "promoter", "question", "reason", "refund_id", "sku", "spend_id", "subject",
}  # fmt: skip
# There it is one of our words.
_WORD_OF_OURS = {"record_referral_invitation": {"channel"}}
_RUN_BY_SHEETS = re.compile(r"[=+\-@\t\r\n]")


def poisoned(text: str, *, spaces: bool = True) -> str:
    """Make a text an attack."""
    beginning = _BEGINNINGS[sum(text.encode()) % len(_BEGINNINGS)]
    if "@" in text:
        beginning, spaces = beginning.replace("@", "="), False
    return f"{beginning}{_BREAKS_OUT if spaces else _BREAKS_OUT.replace(' ', '/')}{text}"


class Hostile(Teller):
    """Tells the story with every free text poisoned."""

    def __call__(self, operation: str, body: Any = None, **parameters: Any) -> Any:  # noqa: ANN401 - JSON
        """Call an operation with them."""
        texts = TEXTS - _WORD_OF_OURS.get(operation, set())
        bad = _table(body) if isinstance(body, str) else _bad(body, "", texts)
        return super().__call__(operation, bad, **_bad(parameters, "", texts))


def _bad(value: Any, name: str, texts: set[str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {inner: _bad(held, name if inner in {"en", "fr"} else inner, texts) for inner, held in value.items()}
    if isinstance(value, list):
        return [_bad(held, name, texts) for held in value]
    return poisoned(value, spaces=name != "codes") if isinstance(value, str) and name in texts else value


def _table(text: str) -> str:
    """Poison the ids of a file, and add a row that cannot be read."""
    header, *rows = csv.reader(io.StringIO(text))
    rows = [[poisoned(row[0]) if row[0] else "", *row[1:]] for row in rows]
    written = io.StringIO()
    csv.writer(written).writerows([header, *rows, [poisoned("ivo"), poisoned("today")]])
    return written.getvalue()


class Reader(HTMLParser):
    """Reads a page. `wrong`: what a text of others did there; `met`: how often one stood there and did nothing."""

    def __init__(self, page: str) -> None:
        """Read it."""
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.met = 0
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        told = {name: value or "" for name, value in attrs}
        if tag == ELEMENT or (tag == "script" and "src" not in told) or tag in {"iframe", "object", "embed", "base"}:
            self.wrong.append(f"<{tag}>")
        for name, value in told.items():
            if name.startswith("on") or name == "srcdoc":
                self.wrong.append(f"<{tag} {name}={value[:40]!r}>")
            if name in {"href", "src", "action", "formaction", "hx-get", "hx-post"}:
                if re.match(r"[\s\x00-\x20]*(javascript|data|vbscript):", value, re.IGNORECASE):
                    self.wrong.append(f"<{tag} {name}={value[:40]!r}>")
                if name in {"href", "hx-get"}:
                    self.links.append(value)
            self._meet(value)

    def handle_data(self, data: str) -> None:
        """Look at a text."""
        self._meet(data)

    def handle_comment(self, data: str) -> None:
        """Look at a comment."""
        if ELEMENT in data:
            self.wrong.append(f"<!--{data[:40]}-->")

    def _meet(self, text: str) -> None:
        if ELEMENT in text:
            self.met += 1
            if ">49" in text:
                self.wrong.append(f"computed: {text[:80]!r}")


def formulas(content: bytes) -> Iterator[str]:
    """Give the cells of a file that a spreadsheet would run."""
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
        for cell in row:
            if _RUN_BY_SHEETS.match(cell) and not _is_number(cell):
                yield cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
