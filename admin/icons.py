"""Icons, drawn into the page: Tabler's outline set, only those in use (`icons/`). They never carry meaning alone."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parent / "icons"

_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


@cache
def icon(name: str, style: str = "") -> Markup:
    """Draw an icon of 18 px; `style` adds classes to it."""
    inside = _INSIDE.search((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    if inside is None:
        msg = f"icons/{name}.svg is not an SVG"
        raise ValueError(msg)
    paths = "".join(line.strip() for line in inside[1].replace(_FRAME, "").splitlines())
    opening = '<svg class="{}" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">'
    return Markup(opening + "{}</svg>").format(f"i {style}".strip(), Markup(paths))  # noqa: S704 - our own files
