"""Pictures of one period, drawn on the server: columns of a distribution, and a curve that rises in steps.

SVG with percent coordinates, text in pixels, colours by class, as in `figures.py`. The numbers stand in tables beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

_TOP, _FLOOR = 22, 104  # pixels: below the mark's text, above the ticks
_MAIN, _REST = 91.0, 94.5  # percent of the width: where the axis ends, where the column of the rest begins
_CURVE = 190
_HALFWAY = 55.0


@dataclass(frozen=True)
class Tick:
    """A text below an axis, at so many percent of its length."""

    at: float
    text: str


def columns(
    style: str, heights: Sequence[float], ticks: Sequence[Tick], rest: str, mark: Tick | None, name: str
) -> Markup:
    """Draw columns from 0 to 1 side by side; the last of `heights` holds the rest, apart from the axis.

    `mark` is a line across the columns with its text; `name` says the picture in words.
    """
    *main, beyond = heights
    width = _MAIN / max(len(main), 1)
    parts = [_column(style, place * width, width, height) for place, height in enumerate(main)]
    parts.append(_column(style, _REST, 100 - _REST, beyond))
    parts.append(_svg('<line class="pic-axis" x1="0" x2="{}" y1="{}" y2="{}"/>', _at(_MAIN), _FLOOR, _FLOOR))
    parts.append(_svg('<line class="pic-axis" x1="{}" x2="100%" y1="{}" y2="{}"/>', _at(_REST), _FLOOR, _FLOOR))
    below = '<text class="pic-tick" x="{}" y="{}" text-anchor="{}">{}</text>'
    for tick in ticks:
        anchor = "start" if tick.at == 0 else "end" if tick.at == 100 else "middle"  # noqa: PLR2004 - percent
        parts.append(_svg(below, _at(tick.at * _MAIN / 100), _FLOOR + 17, anchor, tick.text))
    parts.append(_svg(below, "100%", _FLOOR + 17, "end", rest))
    if mark:
        parts.append(_mark(mark.at * _MAIN / 100, _FLOOR, mark.text))
    return _picture("pic", _FLOOR + 22, name, parts)


def curve(
    shares: Sequence[float],
    bands: Sequence[tuple[float, float]],
    ticks: Sequence[Tick],
    levels: Sequence[Tick],
    mark: Tick | None,
    name: str,
) -> Markup:
    """Draw a share that rises from step to step, with the band of its interval, over an axis from 0 to 1.

    There is a share and a band for each place, evenly apart; `levels` are texts beside the axis, in percent of it.
    """
    last = max(len(shares) - 1, 1)
    parts = []
    for level in levels:
        y = _CURVE - level.at / 100 * (_CURVE - _TOP)
        parts.append(_svg('<line class="db-grid" x1="0" x2="100%" y1="{:.1f}" y2="{:.1f}"/>', y, y))
        template = '<text class="pic-tick" x="-8" y="{:.1f}" text-anchor="end">{}</text>'
        parts.append(_svg(template, y + 4, level.text))
    stretched = '<svg y="{}" width="100%" height="{}" viewBox="0 0 {} 1" preserveAspectRatio="none">'
    parts.append(_svg(stretched, _TOP, _CURVE - _TOP, last))
    lows, highs = [1 - low for low, _ in bands], [1 - high for _, high in bands]
    back = "".join(f"V{y:.4f}H{x}" for x, y in reversed(list(enumerate(lows))))
    parts.append(_svg('<path class="pic-band" d="{}{}Z"/>', _steps(highs), back))
    parts.append(_svg('<path class="pic-curve" d="{}"/></svg>', _steps([1 - share for share in shares])))
    for tick in ticks:
        anchor = "start" if tick.at == 0 else "end" if tick.at == 100 else "middle"  # noqa: PLR2004 - percent
        template = '<text class="pic-tick" x="{}" y="{}" text-anchor="{}">{}</text>'
        parts.append(_svg(template, _at(tick.at), _CURVE + 17, anchor, tick.text))
    if mark:
        half = (_CURVE + _TOP) / 2
        parts.append(_svg('<line class="pic-half" x1="0" x2="{}" y1="{}" y2="{}"/>', _at(mark.at), half, half))
        parts.append(_mark(mark.at, _CURVE, mark.text))
    return _picture("pic", _CURVE + 22, name, parts)


def _column(style: str, x: float, width: float, height: float) -> Markup:
    """Draw a column with a little room beside it; what is not nothing can be seen."""
    tall = max(height * (_FLOOR - _TOP), 1.0) if height > 0 else 0.0
    template = '<rect class="pic-{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>'
    room = min(width * 0.14, 0.5)
    return _svg(template, style, _at(x + room / 2), _FLOOR - tall, _at(width - room), tall)


def _mark(x: float, floor: int, text: str) -> Markup:
    """Draw a line from top to bottom, its text on the side where there is more room."""
    anchor, aside = ("start", 6) if x < _HALFWAY else ("end", -6)
    line = _svg('<line class="pic-mark" x1="{}" x2="{}" y1="4" y2="{}"/>', _at(x), _at(x), floor)
    template = '<text class="pic-said" x="{}" dx="{}" y="14" text-anchor="{}">{}</text>'
    return line + _svg(template, _at(x), aside, anchor, text)


def _steps(heights: Sequence[float]) -> str:
    """Go along level, and up or down at each place."""
    steps = "".join(f"H{place + 1}V{after:.4f}" for place, (_, after) in enumerate(pairwise(heights)))
    return f"M0 {heights[0]:.4f}{steps}"


def _picture(style: str, height: int, name: str, parts: Sequence[Markup]) -> Markup:
    opening = '<svg class="{}" width="100%" height="{}" role="img" aria-label="{}">{}</svg>'
    return _svg(opening, style, height, name, Markup("").join(parts))


def _svg(template: str, *values: object) -> Markup:
    """Fill a piece of SVG in; every value that is not markup is escaped."""
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file


def _at(percent: float) -> str:
    return f"{percent:.2f}%"
