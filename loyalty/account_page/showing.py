"""The frame of every page here: whose shop, which language, and the templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from litestar import Response

from loyalty.account_page.actions import Followed
from loyalty.auth.rules import csrf_token
from loyalty.format import Format
from loyalty.i18n import LANGUAGES, choose_language
from loyalty.programs.facts import ProgramFacts
from loyalty.web.customer_pages import AnyRequest, initials, page

TEMPLATES = Path(__file__).parent / "templates"
# Where a share may lead: a form's answer is a way out of the page, and the browser asks whether it may.
SHARES = "mailto: sms: https://wa.me https://api.whatsapp.com"
NAMES = {"en": "English", "fr": "Français"}


@dataclass(frozen=True)
class Shop:
    """Whose programme it is. `origin`: where the data comes from, when it is a sample."""

    name: str
    mark: str
    test: bool
    origin: str


@dataclass(frozen=True)
class Language:
    """A language to read in: its code, its own name, whether it is this one."""

    code: str
    name: str
    chosen: bool


def language_of(request: AnyRequest, kept: str | None = None) -> str:
    """Find the language: what the address asks for, the member's own, what the browser accepts."""
    asked = request.query_params.get("lang")
    return choose_language(asked=asked, kept=kept, accept=request.headers.get("accept-language", ""))


def own_format(request: AnyRequest, program: ProgramFacts, kept: str | None) -> Format:
    """Give the way to write figures in the member's language."""
    return Format(language_of(request, kept), program.currency)


def show(
    name: str,
    followed: Followed,
    token: str,
    f: Format,
    values: Mapping[str, object],
    *,
    status: int = 200,
) -> Response[str]:
    """Render a page of somebody."""
    program = followed.program
    until = f.date(followed.expires_at.astimezone(program.zone).date(), "d MMMM y")
    frame = {
        "shop": _shop(program, f.language),
        "token": token,
        "base": f"/me/{token}",
        "csrf": csrf_token(token),
        "until": until,
        "other": None,
        "languages": [Language(code, NAMES[code], code == f.language) for code in LANGUAGES],
    }
    return page(TEMPLATES, name, f.language, {**frame, **values}, status=status, actions=SHARES)


def show_nobody(request: AnyRequest, kind: str, status: int, reference: str = "") -> Response[str]:
    """Render a page that is nobody's, in the language that the browser accepts, with a way to the other one."""
    language = language_of(request)
    code = LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
    other = {"code": code, "name": NAMES[code], "address": f"?{urlencode({'lang': code})}"}
    values = {"shop": None, "until": "", "other": other, "kind": kind, "reference": reference}
    return page(TEMPLATES, "message.html", language, values, status=status)


def show_goodbye(followed: Followed, f: Format, kind: str, text: str) -> Response[str]:
    """Render the last page that somebody sees: the link to it leads nowhere any more."""
    frame = {"shop": _shop(followed.program, f.language), "until": "", "other": None}
    return page(TEMPLATES, "goodbye.html", f.language, {**frame, "kind": kind, "text": text})


def _shop(program: ProgramFacts, language: str) -> Shop:
    origin = (program.data_origin or {}).get(language, "")
    return Shop(program.name, initials(program.name), program.mode == "test", origin)
