"""The panel's style sheets, scripts, fonts and pictures, read once and served for ever under their version.

The version is a hash over all of them and part of the address: a file can then be cached without asking again, and the
style sheet finds its font by a relative address. There is no CDN.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

FOLDER = Path(__file__).parent / "static"
SERVED = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
# What every page begins with, each in one file: the first view asks for less.
_TOGETHER = {"bare.css": ("tokens.css", "parts.css"), "frame.css": ("tokens.css", "parts.css", "shell.css")}
_PACKED = {".css", ".js", ".svg"}  # a font is packed already
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class StaticFile:
    """One file, ready to send; `packed` is its gzip twin where that helps."""

    media_type: str
    content: bytes
    packed: bytes | None


@cache
def files() -> dict[str, StaticFile]:
    """Read every file there is to serve, by its path below `static/`."""
    paths = sorted(path for path in FOLDER.rglob("*") if path.suffix in SERVED)
    found = {path.relative_to(FOLDER).as_posix(): _read(path.suffix, path.read_bytes()) for path in paths}
    together = {name: b"\n".join(found[part].content for part in parts) for name, parts in _TOGETHER.items()}
    return found | {name: _read(".css", content) for name, content in together.items()}


@cache
def version() -> str:
    """Hash all of them."""
    digest = sha256()
    for name, file in files().items():
        digest.update(name.encode() + b"\0" + sha256(file.content).digest())
    return digest.hexdigest()[:16]


def asset(name: str) -> str:
    """Give the address of a file; a name that is not there is a mistake of the programmer."""
    if name not in files():
        msg = f"static/{name} does not exist"
        raise KeyError(msg)
    return f"/admin/static/{version()}/{name}"


@get("/static/{asked:str}/{name:path}", sync_to_thread=False, name="panel_static")
def static_file(request: Request[Any, Any, State], asked: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Send a file. Under another version's address (a page from before an upgrade) it is sent, but not to be kept."""
    file = files().get(name.lstrip("/"))
    if file is None:
        raise NotFoundException
    headers = {
        "cache-control": _A_YEAR if asked == version() else "no-cache",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)


def _read(suffix: str, content: bytes) -> StaticFile:
    packed = gzip.compress(content, mtime=0) if suffix in _PACKED else None
    return StaticFile(SERVED[suffix], content, packed)
