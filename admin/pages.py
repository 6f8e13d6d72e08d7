"""Rendering: the templates in the reader's language, and the headers that every page goes out with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from shlex import quote
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from litestar import Request, Response
from litestar.datastructures import Cookie, State
from markupsafe import Markup, escape

from admin.format import place
from admin.icons import icon
from admin.static_files import FOLDER, asset
from loyalty.i18n import LANGUAGES, choose_language, words_in

AnyRequest = Request[Any, Any, State]

# Nothing from elsewhere, nothing inline: a page whose data somebody else wrote cannot run a script.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

THEMES = ("light", "dark")
_KEPT_FOR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Reader:
    """How somebody reads: the language, and the theme if they chose one (else the system's)."""

    language: str
    theme: str


def reader_of(request: AnyRequest) -> Reader:
    """Find out from the address, the cookies, and what the browser accepts."""
    language = choose_language(
        asked=_asked(request).get("lang"),
        kept=request.cookies.get("lang"),
        accept=request.headers.get("accept-language", ""),
    )
    theme = request.cookies.get("theme", "")
    return Reader(language, theme if theme in THEMES else "")


def page(
    request: AnyRequest, template: str, values: Mapping[str, object] | None = None, *, status: int = 200
) -> Response[str]:
    """Render a page."""
    written = _template(request, template).render(_values(request, values or {}))
    return Response(written, status_code=status, media_type="text/html", headers=HEADERS, cookies=kept(request))


def part(request: AnyRequest, template: str, block: str, values: Mapping[str, object]) -> Response[str]:
    """Render one block of a page's template, for a script to put in the place of the old one."""
    found = _template(request, template)
    written = "".join(found.blocks[block](found.new_context(_values(request, values))))
    return Response(written, media_type="text/html", headers=HEADERS)


def redirect(address: str, cookies: list[Cookie] | None = None) -> Response[None]:
    """Send the browser elsewhere, by GET."""
    headers = {**HEADERS, "location": address}
    return Response(None, status_code=303, headers=headers, cookies=cookies or [])


def kept(request: AnyRequest) -> list[Cookie]:
    """Remember a language that the address asks for."""
    asked = _asked(request).get("lang")
    if asked not in LANGUAGES:
        return []
    return [
        Cookie(
            "lang",
            value=asked,
            path="/admin",
            max_age=_KEPT_FOR_SECONDS,
            samesite="lax",
            httponly=True,
            secure=request.url.scheme == "https",
        )
    ]


@cache
def environment(language: str) -> Environment:
    """Make the templates' surroundings: one a language, so that macros speak it too."""
    made = Environment(
        loader=FileSystemLoader(FOLDER.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    words = words_in(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: words.unfilled((message,)),
        lambda singular, plural, n: words.unfilled((singular, plural), n),
        newstyle=True,
        pgettext=lambda context, message: words.unfilled((message,), context=context),
    )
    made.filters |= {
        "initials": _initials,
        "with_code": _with_code,
        "city": lambda timezone: place(timezone, language),
        "shell": quote,
    }
    made.globals |= {"icon": icon, "asset": asset, "language": language}
    return made


def _template(request: AnyRequest, name: str) -> Template:
    return environment(reader_of(request).language).get_template(name)


def _values(request: AnyRequest, values: Mapping[str, object]) -> dict[str, object]:
    reader = reader_of(request)
    return {**values, "reader": reader, "other_language": _other_language(request, reader)}


def _initials(name: str) -> str:
    """Abbreviate a programme's name for its badge."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def _with_code(text: str) -> Markup:
    """Set what stands between `backticks` as code."""
    parts = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def _asked(request: AnyRequest) -> dict[str, str]:
    return dict(parse_qsl(request.url.query))


def _other_language(request: AnyRequest, reader: Reader) -> dict[str, str]:
    """Link to the same page in the next language."""
    code = LANGUAGES[(LANGUAGES.index(reader.language) + 1) % len(LANGUAGES)]
    query = urlencode({**_asked(request), "lang": code})
    return {"code": code, "address": f"{request.url.path}?{query}"}
