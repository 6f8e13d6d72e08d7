"""Bars drawn on the server, one a row: each stands on an axis from 0 that all rows of a table share."""

from collections.abc import Sequence

from markupsafe import Markup

_PICTURE = '<svg class="wf" width="100%" height="42" aria-hidden="true">{}</svg>'
_BAR = '<rect class="wf-{}" x="{:.2f}%" y="9" width="{:.2f}%" height="24" rx="2"/>'
_SHARE = '<rect class="wf-{}" x="0" y="{}" width="{:.2f}%" height="15" rx="2"/>'
_WHOLE = '<svg class="whole" width="100%" height="20" aria-hidden="true">{}</svg>'
_PART = '<rect class="part-{}" x="{:.2f}%" y="1" width="{:.2f}%" height="18" rx="2"/>'
_RULE = '<line class="wf-to" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>'


def step(style: str, low: int, high: int, top: int, *, before: int | None, after: int | None) -> Markup:
    """Draw a step of a waterfall from `low` to `high` of `top`, dotted towards the rows above and below.

    `before` and `after` are the places where the running sum is handed over; the numbers stand beside it as text.
    """
    scale = 100 / max(top, 1)
    parts = [_svg(_BAR, style, low * scale, max((high - low) * scale, 0.4))]
    if before is not None:
        parts.append(_svg(_RULE, before * scale, before * scale, 0, 9))
    if after is not None:
        parts.append(_svg(_RULE, after * scale, after * scale, 33, 42))
    return _svg(_PICTURE, Markup("").join(parts))


def shares(bars: Sequence[tuple[str, float]]) -> Markup:
    """Draw shares of a whole below each other, at most two, each in its style; the numbers stand beside it as text."""
    first = 5 if len(bars) > 1 else 13
    parts = [
        _svg(_SHARE, style, first + 18 * place, max(share * 100, 0.4)) for place, (style, share) in enumerate(bars)
    ]
    return _svg(_PICTURE, Markup("").join(parts))


def parts_of_a_whole(parts: Sequence[tuple[str, int]]) -> Markup:
    """Draw the parts of a whole after each other, each in its style; the numbers stand beside it as text."""
    scale = 100 / max(sum(n for _, n in parts), 1)
    bars, before = [], 0
    for style, n in parts:
        if n:
            bars.append(_svg(_PART, style, before * scale, n * scale))
        before += n
    return _svg(_WHOLE, Markup("").join(bars))


def _svg(template: str, *values: object) -> Markup:
    """Fill a piece of SVG in; every value that is not markup is escaped."""
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file
