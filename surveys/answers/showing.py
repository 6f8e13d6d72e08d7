"""The frame of every page of a survey: whose shop, which language, what the questions say, and the templates."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from litestar import Response

from loyalty.account_page.showing import NAMES, Shop, language_of
from loyalty.auth.rules import csrf_token
from loyalty.format import Format
from loyalty.i18n import LANGUAGES
from loyalty.programs.facts import ProgramFacts
from loyalty.web.customer_pages import AnyRequest, initials, page
from surveys.answers.actions import Link
from surveys.plans.times import locked_at

TEMPLATES = Path(__file__).parent / "templates"


def format_of(request: AnyRequest, link: Link) -> Format:
    """Give the way to write in the reader's language: what the address asks for, the customer's, the browser's."""
    return Format(language_of(request, link.opened.language), link.program.currency)


def asked(request: AnyRequest) -> str:
    """Give what the address asks for in words, to be carried on: a reader who chose a language keeps it."""
    chosen = request.query_params.get("lang", "")
    return f"?{urlencode({'lang': chosen})}" if chosen in LANGUAGES else ""


def show(
    name: str, request: AnyRequest, link: Link, token: str, values: Mapping[str, object], status: int = 200
) -> Response[str]:
    """Render a page of a survey."""
    program, opened, f = link.program, link.opened, format_of(request, link)
    bought = opened.bought_at
    frame = {
        "shop": _shop(program, f.language),
        "base": f"/s/{token}",
        "asked": asked(request),
        "csrf": csrf_token(token),
        "until": _day(f, program, opened.ends_at),
        "bought": None if bought is None else _day(f, program, bought),
        "other": _other(request, f.language),
        "locked": _locked(f, link),
    }
    return page(TEMPLATES, name, f.language, {**frame, **values}, status=status)


def show_nobody(request: AnyRequest, kind: str, status: int, reference: str = "") -> Response[str]:
    """Render a page that is nobody's, in the language that the browser accepts, with a way to the other one."""
    language = language_of(request)
    values = {
        "shop": None,
        "base": "",
        "asked": "",
        "until": "",
        "other": _other(request, language),
        "kind": kind,
        "reference": reference,
    }
    return page(TEMPLATES, "message.html", language, values, status=status)


def _day(f: Format, program: ProgramFacts, at: datetime) -> str:
    return f.date(at.astimezone(program.zone).date(), "d MMMM y")


def _locked(f: Format, link: Link) -> str:
    """Say until when the answer can be changed; "" when it cannot."""
    first = link.opened.first_scored_at
    return f.instant(locked_at(first), link.program.timezone) if first is not None and link.editable else ""


def _other(request: AnyRequest, language: str) -> dict[str, str]:
    """Lead to the same page in the other language, with the score that it was opened with."""
    code = LANGUAGES[(LANGUAGES.index(language) + 1) % len(LANGUAGES)]
    kept = {name: request.query_params[name] for name in ("score", "change") if name in request.query_params}
    return {"code": code, "name": NAMES[code], "address": f"?{urlencode({**kept, 'lang': code})}"}


def _shop(program: ProgramFacts, language: str) -> Shop:
    origin = (program.data_origin or {}).get(language, "")
    return Shop(program.name, initials(program.name), program.mode == "test", origin)
