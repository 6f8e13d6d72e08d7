"""The score's own axis, drawn on the server: from −100 to 100, the same for everybody, so that nothing looks larger.

SVG with percent coordinates, text in pixels, colours by class, as in `figures.py`. The numbers stand beside it as text.
"""

from collections.abc import Sequence

from markupsafe import Markup

from admin.figures import Dot
from admin.format import Format

_ROW = 22
_TICKS = (-100, -50, 0, 50, 100)


def score_axis(rows: Sequence[tuple[str, Dot | None]], name: str, f: Format) -> Markup:
    """Draw a dot with its whiskers for each row; `name` says the same in words. A row's style: a, m or n."""
    floor = _ROW * len(rows) + 6
    parts = []
    for tick in _TICKS:
        x = _at(tick)
        parts.append(
            _svg('<line class="{}" x1="{}" x2="{}" y1="2" y2="{}"/>', "sv-zero" if not tick else "db-grid", x, x, floor)
        )
        anchor = {-100: "start", 100: "end"}.get(tick, "middle")
        text = '<text class="db-tick" x="{}" y="{}" text-anchor="{}">{}</text>'
        parts.append(_svg(text, x, floor + 16, anchor, f.signed(f.number(tick), tick) if tick else "0"))
    parts += [_row(style, dot, _ROW * place + 14) for place, (style, dot) in enumerate(rows) if dot]
    opening = '<svg class="db sv" width="100%" height="{}" role="img" aria-label="{}">{}</svg>'
    return _svg(opening, floor + 20, name, Markup("").join(parts))


def _row(style: str, dot: Dot, y: int) -> Markup:
    low, at, high = _at(dot.low), _at(dot.value), _at(dot.high)
    rule = '<line class="w" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    lines = _svg(rule, low, high, y, y) + _svg(rule, low, low, y - 4, y + 4) + _svg(rule, high, high, y - 4, y + 4)
    circle = _svg('<circle cx="{}" cy="{}" r="{}"/>', at, y, "5.2" if style == "n" else "6")
    return _svg('<g class="db-{}">{}{}</g>', style, lines, circle)


def column(share: float) -> Markup:
    """Draw one column of the histogram, as high as its share of the highest; one that is not nothing can be seen."""
    tall = max(share * 100, 1.5) if share > 0 else 0.0
    picture = '<svg class="sv-col" width="100%" height="96" aria-hidden="true">{}</svg>'
    bar = '<rect class="sv-bar" x="8%" width="84%" y="{:.1f}%" height="{:.1f}%" rx="2"/>'
    return _svg(picture, _svg(bar, 100 - tall, tall))


def bar(share: float) -> Markup:
    """Draw a share of a whole."""
    picture = '<svg class="wf" width="100%" height="22" aria-hidden="true">{}</svg>'
    return _svg(
        picture, _svg('<rect class="wf-a" x="0" y="5" width="{:.2f}%" height="12" rx="2"/>', max(share * 100, 0.3))
    )


def _at(score: float) -> str:
    return f"{(score + 100) / 2:.2f}%"


def _svg(template: str, *values: object) -> Markup:
    """Fill a piece of SVG in; every value that is not markup is escaped."""
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file
