"""The three levels of evidence on one axis: a picture a row, drawn on the server; the zero line runs through all."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from admin.figures import Axis, Dot, fit_axis

_PICTURE = '<svg class="ev" width="100%" height="40" aria-hidden="true">{}</svg>'
# How high it is, the sheet says: through all the rows of a table, and no further than its own on a phone.
_ZERO = '<rect class="ev-zero" x="{:.2f}%" width="1" height="40"/>'
_WHISKER = '<line class="ev-w" x1="{:.2f}%" x2="{:.2f}%" y1="20" y2="20"/>'
_BAR = (
    '<defs><pattern id="ev-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path class="ev-stripe" d="M3 0V6"/></pattern></defs>'
    '<rect class="ev-hatched" x="{:.2f}%" width="{:.2f}%" y="13" height="14" rx="2" fill="url(#ev-hatch)"/>'
)
_FAINT = '<g class="ev-before">{}{}</g>'
_MARKS = {
    "observed": '<svg x="{:.2f}%" y="20" overflow="visible"><path d="M0-7 7 0 0 7-7 0Z"/></svg>',
    "estimated": '<svg x="{:.2f}%" y="20" overflow="visible"><rect x="-6.5" y="-6.5" width="13" height="13"/></svg>',
    "measured": '<svg x="{:.2f}%" y="20" overflow="visible"><circle r="6.5"/></svg>',
}
_NONE = '<line class="ev-none" x1="0" x2="100%" y1="20" y2="20"/>'
_TICK = '<text class="ev-tick" x="{:.2f}%" y="14" text-anchor="middle">{}</text>'
_LOWEST = -1e15


def axis_of(dots: Sequence[Dot]) -> Axis:
    """Fit one axis to all intervals and to zero."""
    return fit_axis(min([0.0, *(dot.low for dot in dots)]), max([0.0, *(dot.high for dot in dots)]), least=_LOWEST)


def row(axis: Axis, level: str, dot: Dot | None, *, hatched: bool = False, before: Dot | None = None) -> Markup:
    """Draw a level: its mark and interval; only a hatched bar where it is inconclusive; dotted where there is none.

    `before` is drawn fainter, below it.
    """
    parts = [_svg(_ZERO, axis.percent(0.0))]
    if dot is None:
        parts.append(_svg(_NONE))
    else:
        low, high = axis.percent(dot.low), axis.percent(dot.high)
        if hatched:
            parts.append(_svg(_BAR, low, max(high - low, 0.5)))
        else:
            parts += [_svg(_WHISKER, low, high), _svg(_MARKS[level], axis.percent(dot.value))]
    if before is not None:
        ends = _svg(_WHISKER, axis.percent(before.low), axis.percent(before.high))
        parts.append(_svg(_FAINT, ends, _svg(_MARKS[level], axis.percent(before.value))))
    return _svg('<span class="ev-{}">{}</span>', level, _svg(_PICTURE, Markup("").join(parts)))


def ticks(axis: Axis, label: Callable[[float, float], str]) -> Markup:
    """Write the axis below the rows."""
    parts = [_svg(_TICK, axis.percent(tick), label(tick, axis.step)) for tick in axis.ticks]
    return _svg('<svg class="ev" width="100%" height="18" aria-hidden="true">{}</svg>', Markup("").join(parts))


def _svg(template: str, *values: object) -> Markup:
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file
