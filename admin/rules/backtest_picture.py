"""The months of a back-test as pairs of columns, drawn on the server: points given, and points under the draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.format import Format

_TOP, _FLOOR = 12, 150  # pixels
_LEFT = 9.0  # percent of the width: room for the numbers of the axis
_MOST = 24


@dataclass(frozen=True)
class Month:
    """A month: its short name, and both sums."""

    name: str
    real: int
    tried: int


def months_picture(months: Sequence[Month], name: str, f: Format) -> Markup | None:
    """Draw the latest months; None where there is nothing to draw. The numbers stand in the table below."""
    shown = months[-_MOST:]
    top = max((max(month.real, month.tried) for month in shown), default=0)
    if top <= 0:
        return None
    width = (100 - _LEFT) / len(shown)
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = _FLOOR - share * (_FLOOR - _TOP)
        parts.append(_svg('<line class="db-grid" x1="{}" x2="100%" y1="{:.1f}" y2="{:.1f}"/>', _at(_LEFT), y, y))
        label = '<text class="pic-tick" x="{}" dx="-8" y="{:.1f}" text-anchor="end">{}</text>'
        parts.append(_svg(label, _at(_LEFT), y + 4, f.number(round(top * share))))
    every = 2 if len(shown) > 12 else 1  # noqa: PLR2004 - a year
    for place, month in enumerate(shown):
        x = _LEFT + place * width
        parts.append(_column("given", x + width * 0.16, width * 0.32, month.real / top))
        parts.append(_column("tried", x + width * 0.52, width * 0.32, month.tried / top))
        below = '<text class="pic-tick{}" x="{}" y="{}" text-anchor="middle">{}</text>'
        if place % every == 0:
            sparse = " odd" if place % (2 * every) else ""
            parts.append(_svg(below, sparse, _at(x + width / 2), _FLOOR + 18, month.name))
    opening = '<svg class="pic" width="100%" height="{}" role="img" aria-label="{}">{}</svg>'
    return _svg(opening, _FLOOR + 24, name, Markup("").join(parts))


def _column(style: str, x: float, width: float, share: float) -> Markup:
    tall = max(share * (_FLOOR - _TOP), 1.0) if share > 0 else 0.0
    template = '<rect class="bt-{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}" rx="2"/>'
    return _svg(template, style, _at(x), _FLOOR - tall, _at(width), tall)


def _at(percent: float) -> str:
    return f"{percent:.2f}%"


def _svg(template: str, *values: object) -> Markup:
    """Fill a piece of SVG in; every value that is not markup is escaped."""
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file
