"""What all pages for customers share: templates in their language, headers, icons, style sheets. No scripts at all.

They are opened by a link that is a secret. So no address of one leaves the browser (no referrer), no cache keeps it,
no search engine lists it, and nothing from elsewhere is loaded.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from loyalty.i18n import words_in

AnyRequest = Request[Any, Any, State]

FOLDER = Path(__file__).parent / "static" / "customers"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'self' {actions}; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
}
_SERVED = {".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
_PACKED = {".css", ".svg"}
_A_YEAR = "public, max-age=31536000, immutable"
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


@dataclass(frozen=True)
class _File:
    media_type: str
    content: bytes
    packed: bytes | None


@cache
def _files() -> dict[str, _File]:
    paths = sorted(path for path in FOLDER.iterdir() if path.suffix in _SERVED)
    return {path.name: _read(path) for path in paths}


def _read(path: Path) -> _File:
    content = path.read_bytes()
    packed = gzip.compress(content, mtime=0) if path.suffix in _PACKED else None
    return _File(_SERVED[path.suffix], content, packed)


@cache
def _version() -> str:
    digest = sha256()
    for name, file in _files().items():
        digest.update(name.encode() + b"\0" + sha256(file.content).digest())
    return digest.hexdigest()[:16]


def asset(name: str) -> str:
    """Give the address of a style sheet, font or picture; a name that is not there is a mistake of the programmer."""
    if name not in _files():
        msg = f"{name} does not exist"
        raise KeyError(msg)
    return f"/assets/{_version()}/{name}"


@get("/assets/{asked:str}/{name:str}", sync_to_thread=False, include_in_schema=False)
def customer_asset(request: AnyRequest, asked: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Send a file. Under another version's address (a page from before an upgrade) it is sent, but not to be kept."""
    file = _files().get(name)
    if file is None:
        raise NotFoundException
    headers = {
        "cache-control": _A_YEAR if asked == _version() else "no-cache",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)


@cache
def icon(name: str) -> Markup:
    """Draw an icon into the page: Tabler's outline set, only those in use. They never carry meaning alone."""
    inside = _INSIDE.search((FOLDER / "icons" / f"{name}.svg").read_text(encoding="utf-8"))
    if inside is None:
        msg = f"icons/{name}.svg is not an SVG"
        raise ValueError(msg)
    paths = "".join(line.strip() for line in inside[1].replace(_FRAME, "").splitlines())
    return Markup('<svg class="i" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">{}</svg>').format(
        Markup(paths)  # noqa: S704 - our own files
    )


@cache
def environment(templates: Path, language: str) -> Environment:
    """Make the surroundings of a room's templates in one language."""
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
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
    made.globals |= {"icon": icon, "asset": asset, "language": language}
    return made


def headers(actions: str = "") -> dict[str, str]:
    """Give the headers of a page. `actions`: where its forms may lead besides here, as sources of a policy."""
    policy = HEADERS["content-security-policy"].format(actions=actions).replace(" ;", ";")
    return {**HEADERS, "content-security-policy": policy}


def page(
    templates: Path, name: str, language: str, values: Mapping[str, object], *, status: int = 200, actions: str = ""
) -> Response[str]:
    """Render a page for a customer."""
    written = environment(templates, language).get_template(name).render(values)
    return Response(written, status_code=status, media_type="text/html", headers=headers(actions))


def redirect(address: str, actions: str = "") -> Response[None]:
    """Send the browser elsewhere, by GET."""
    return Response(None, status_code=303, headers={**headers(actions), "location": address})


def initials(name: str) -> str:
    """Abbreviate a shop's name for its mark."""
    return "".join(word[0] for word in name.split()[:2]).upper()
