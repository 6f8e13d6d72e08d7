"""French is whole: on a French page stands no text that the English one has, but names, data and words of both."""

import re
from html.parser import HTMLParser

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from tests.admin.every_page import DOOR, NO_PAGES, PAGES

# Equal in both languages.
WORDS = {
    "CSV", "Codes", "Condition", "Conditions", "Date", "E-mail", "Exports", "Impact", "Imports", "Menu", "Mode",
    "Net promoter score", "Note", "Occasions", "Plan", "Points", "Question", "Score", "Segment", "Segments", "Stock",
    "Version", "Worker", "minutes", "points", "pp", "version", "segment", "Lots", "Action", "Actions", "Pages",
}  # fmt: skip
# What the shop, its customers and its staff named, as the fake desk knows them.
DATA = {
    "$5 off", "A-1002", "A draft", "A gift on your birthday", "After a purchase", "America/New_York", "Amélie",
    "Ann Weber", "Big", "Bo", "Checkout", "Cinema ticket", "Complete Journey", "CJ", "Fay Brown", "Free delivery",
    "Golden Friday", "Golden autumn", "Gone", "Good customers who may be lost", "Jams", "Late delivery on 28 December",
    "Livraison offerte", "Lovely", "Loyalty", "Market stall", "Mug", "New", "New here", "New York", "Nightly",
    "Nora", "Fieldstone", "Weber",
    "Old till", "Pay with points", "Pear jam", "Promoters", "Rochefoucauld-Montmorency", "Too slow", "USD",
    "Un cadeau d’anniversaire", "Very important", "Web shop", "Whitfield", "Winter", "agreed by phone", "and",
    "at-risk", "de la", "lately", "NORA-22", "gold", "review", "spenders", "surveys", "too dear", "b", "A-<1001>",
    "A-1003", "Store 322", "/v1/purchases", "req-1",
}  # fmt: skip
_SPOKEN = {"aria-label", "title", "placeholder", "alt"}
_ADDRESSES = r"\S+@\S+|https?://\S+|\S+\.csv"
_KNOWN = re.compile(
    "|".join(
        [_ADDRESSES, *(rf"(?<!\w){re.escape(told)}(?!\w)" for told in sorted(WORDS | DATA, key=len, reverse=True))]
    )
)
_EMPTY = {"meta", "link", "input", "br", "img", "hr"}
# What is said in another language on purpose is marked so; code is said as it is.
_CODE = {"script", "style", "code", "pre", "kbd"}


class Texts(HTMLParser):
    """What a page says to eyes and to a screen reader, without code and what is marked as another language."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A field for words in a language shows those that the service has in it.
        of_a_language = (dict(attrs).get("name") or "").startswith(("en-", "fr-"))
        foreign = of_a_language or (tag != "html" and "lang" in dict(attrs))
        if tag not in _EMPTY:
            self._inside.append("code" if foreign else tag)
        if not foreign and not _CODE & set(self._inside):
            self.said |= {_told(value) for name, value in attrs if name in _SPOKEN and value}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not _CODE & set(self._inside):
            self.said.add(_told(data))


def _told(text: str) -> str:
    return " ".join(text.split())


def _untold(text: str) -> bool:
    """Tell whether a word is left of a text without what may be equal in both languages."""
    return any(letter.isalpha() for letter in _KNOWN.sub("", text))


def test_on_a_french_page_stands_no_english(inside: TestClient[Litestar]) -> None:
    left = set()
    for name, path in PAGES.items():
        if name == DOOR:
            inside.cookies.clear()
        mark = "&" if "?" in path else "?"
        english, french = (Texts(inside.get(f"{path}{mark}lang={to}").text).said for to in ("en", "fr"))
        assert len(french - english) > 3, name
        left |= {f"{name}: {text}" for text in english & french if _untold(text)}
        if name == DOOR:
            inside.cookies.set("loyalty", "a-secret")
    assert sorted(left) == []


def test_every_page_is_in_the_list(inside: TestClient[Litestar]) -> None:
    shapes = [
        re.compile(re.sub(r"\\?\{[^}]+\\?\}", "[^/]+", route.path) + r"$")
        for route in inside.app.routes
        if isinstance(route, HTTPRoute)
        and "GET" in route.methods
        and route.path.startswith("/admin/p/")
        and not route.path.endswith((".csv", *NO_PAGES))
    ]
    pages = [path.partition("?")[0] for path in PAGES.values()]
    assert len(shapes) > 40
    assert [shape.pattern for shape in shapes if not any(shape.match(page) for page in pages)] == []
