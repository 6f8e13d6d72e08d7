"""A picture of each check: an interval against zero, a bar against what it takes, a dot against its limit."""

from markupsafe import Markup

from admin.effects.forest import axis_of
from admin.figures import Dot

_PICTURE = '<svg class="ck" width="100%" height="26" aria-hidden="true">{}</svg>'
_LINE = '<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="{}" y2="{}"/>'
_DOT = '<circle class="ck-dot" cx="{:.2f}%" cy="13" r="4"/>'
_BAR = '<rect class="{}" width="{:.2f}%" y="8" height="10" rx="2"/>'
# How far beyond its limit the axis of a dot goes.
_BEYOND = 2.0


def interval(dot: Dot | None) -> Markup:
    """Hold an interval against zero."""
    if dot is None:
        return _picture(_line("ck-none", 0, 100))
    axis = axis_of([dot])
    zero, low, high = (axis.percent(at) for at in (0.0, dot.low, dot.high))
    ends = (_upright("ck-line", low, 4), _upright("ck-line", high, 4))
    return _picture(_upright("ck-limit", zero), _line("ck-line", low, high), *ends, _svg(_DOT, axis.percent(dot.value)))


def share(value: float | None, needed: float) -> Markup:
    """Hold a share of the whole against what it takes."""
    bar = _svg(_BAR, "ck-bar", 100 * min(1.0, value or 0.0))
    return _picture(_svg(_BAR, "ck-track", 100), bar, _upright("ck-limit", 100 * needed))


def below(value: float | None, limit: float) -> Markup:
    """Hold a value against the limit it has to stay below; one that is not known, or far beyond, lies at the end."""
    most = _BEYOND * limit
    place = 100 * min(1.0, 1.0 if value is None else value / most)
    return _picture(_line("ck-track-line", 0, 100), _upright("ck-limit", 100 / _BEYOND), _svg(_DOT, 2 + 0.96 * place))


def _line(style: str, begins: float, ends: float) -> Markup:
    return _svg(_LINE, style, begins, ends, 13, 13)


def _upright(style: str, at: float, half: int = 11) -> Markup:
    return _svg(_LINE, style, at, at, 13 - half, 13 + half)


def _picture(*parts: Markup) -> Markup:
    return _svg(_PICTURE, Markup("").join(parts))


def _svg(template: str, *values: object) -> Markup:
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file
