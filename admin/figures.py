"""Small pictures drawn on the server: the dumbbell and the sparkline of a tile.

SVG with percent coordinates, text in pixels: it stretches with its card without a script, prints sharply, and obeys the
strict CSP, since colours come by class. Each picture carries its numbers as its accessible name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup

TICKS_AT_LEAST, TICKS_AT_MOST = 3, 5
LABEL_ROOM = 22  # characters of 11.5 px that fit under the narrowest tile
SLOTS_BETWEEN_CAPTIONS = 3
STEPS = (1.0, 2.0, 2.5, 4.0, 5.0)


@dataclass(frozen=True)
class Dot:
    """A value with the interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Axis:
    """An axis fitted to the data, with round ticks inside it."""

    low: float
    high: float
    step: float
    ticks: tuple[float, ...]

    def percent(self, value: float) -> float:
        """Place a value between the ends, in percent of the width; what lies outside is put at the end."""
        return min(100.0, max(0.0, (value - self.low) / (self.high - self.low) * 100))


def fit_axis(low: float, high: float, *, least: float = 0.0, most: float | None = None, ticks: int = 5) -> Axis:
    """Fit an axis to `low` … `high` within the measure's range, with the finest round step that gives 3 to `ticks`."""
    room = (high - low) * 0.04 or abs(low) / 10 or 1.0
    low, high = max(least, low - room), high + room if most is None else min(most, high + room)
    size = 10.0 ** floor(log10((high - low) / ticks))
    step, first, last = 0.0, 0, 0
    for step in (factor * size * scale for scale in (1, 10) for factor in STEPS):
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        if last - first < ticks:
            break
    while last - first < TICKS_AT_LEAST - 1:
        if most is not None and (last + 1) * step > most:
            first, low = first - 1, min(low, (first - 1) * step)
        else:
            last, high = last + 1, max(high, (last + 1) * step)
    return Axis(low, high, step, tuple(round(index * step, 12) for index in range(first, last + 1)))


def dumbbell(
    member: Dot | None,
    non_member: Dot | None,
    *,
    least: float = 0.0,
    most: float | None,
    label: Callable[[float, float], str],
    name: str,
) -> Markup:
    """Draw two dots with whiskers over one axis; the light bar between them is the difference.

    `least` and `most` are the ends of the measure's range, `label` writes a tick given the step, `name` says the same
    in words.
    """
    dots = [dot for dot in (member, non_member) if dot is not None]
    low, high = min(dot.low for dot in dots), max(dot.high for dot in dots)
    axis, labels = _labelled_axis((low, high), (least, most), label)
    parts = [_tick(axis.percent(tick), text) for tick, text in zip(axis.ticks, labels, strict=True)]
    if member and non_member:
        left, right = sorted((axis.percent(member.value), axis.percent(non_member.value)))
        parts.append(_svg('<rect class="db-gap" x="{}" width="{}" y="13" height="22"/>', _at(left), _at(right - left)))
    if member:
        parts.append(_whisker(axis, member, "db-m", y=13, radius="6"))
    if non_member:
        parts.append(_whisker(axis, non_member, "db-n", y=35, radius="5.2"))
    return _picture("db", 66, name, parts)


def _labelled_axis(
    around: tuple[float, float], ends: tuple[float, float | None], label: Callable[[float, float], str]
) -> tuple[Axis, list[str]]:
    """Take as many ticks as have room for their labels; if even few have not, those with the shortest labels."""
    tried = []
    for ticks in range(TICKS_AT_MOST, TICKS_AT_LEAST - 1, -1):
        axis = fit_axis(*around, least=ends[0], most=ends[1], ticks=ticks)
        labels = [label(tick, axis.step) for tick in axis.ticks]
        room = sum(map(len, labels))
        if room <= LABEL_ROOM:
            return axis, labels
        tried.append((room, axis, labels))
    _, axis, labels = min(tried, key=lambda each: each[0])
    return axis, labels


@dataclass(frozen=True)
class Slot:
    """One period of a sparkline. `short` is written below the chosen slot, `long` at the ends.

    `everyone` is for a measure that does not tell members from non-members.
    """

    short: str
    long: str
    member: float | None
    non_member: float | None
    everyone: float | None = None


def sparkline(slots: Sequence[Slot], chosen: int, *, name: str, captions: bool = True) -> Markup:
    """Draw the lines over the periods; the chosen one is a hairline with dots, what came later is fainter."""
    height = 38 if captions else 28
    drawn = {"n": [s.non_member for s in slots], "m": [s.member for s in slots], "a": [s.everyone for s in slots]}
    lines = {side: line for side, line in drawn.items() if any(value is not None for value in line)}
    known = [value for line in lines.values() for value in line if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = (high - low) * 0.12 or 1.0

    def y(value: float) -> float:
        return (1 - (value - low + room) / (high - low + 2 * room)) * height

    last = max(len(slots) - 1, 1)
    stretched = '<svg viewBox="0 0 {} {}" width="100%" height="{}" preserveAspectRatio="none">'
    parts = [_svg(stretched, last, height, height)]
    rules = _missing_ends(list(lines.values()), last, height / 2)
    parts += [_svg('<path class="sp-none" d="M{} {}H{}"/>', *rule) for rule in rules]
    parts.append(_svg('<path class="sp-sel" d="M{} 0V{}"/>', chosen, height))
    for side, line in lines.items():
        at = [None if value is None else y(value) for value in line]
        parts.append(_svg('<path class="sp-{} later" d="{}"/>', side, _path(at, chosen, len(at))))
        parts.append(_svg('<path class="sp-{}" d="{}"/>', side, _path(at, 0, chosen + 1)))
    parts.append(Markup("</svg>"))
    for side, line in lines.items():
        value = line[chosen]
        if value is not None:
            x = _at(chosen / last * 100)
            parts.append(_svg('<circle class="sp-dot-{}" cx="{}" cy="{}" r="3.4"/>', side, x, f"{y(value):.1f}"))
    if captions:
        parts += _captions(slots, chosen)
    return _picture("sp", height + 18 * captions, name, parts)


def _captions(slots: Sequence[Slot], chosen: int) -> list[Markup]:
    """Write the first, the last and the chosen period below the line, unless two of them would touch."""
    last = len(slots) - 1
    texts = []
    if chosen > SLOTS_BETWEEN_CAPTIONS:
        texts.append(("sp-x", 0, slots[0].long, "start"))
    if chosen < last - SLOTS_BETWEEN_CAPTIONS:
        texts.append(("sp-x", last, slots[last].long, "end"))
    anchor = "start" if chosen == 0 else "end" if chosen == last else "middle"
    texts.append(("sp-t", chosen, slots[chosen].short if anchor == "middle" else slots[chosen].long, anchor))
    template = '<text class="{}" x="{}" y="54" text-anchor="{}">{}</text>'
    return [_svg(template, style, _at(index / max(last, 1) * 100), side, text) for style, index, text, side in texts]


def _path(at: list[float | None], start: int, end: int) -> str:
    """Join the known points; a gap stays a gap, and a point without neighbours is a dot of the line's width."""
    steps, drawing = [], False
    for index in range(start, end):
        y = at[index]
        if y is None:
            drawing = False
            continue
        steps.append(f"L{index} {y:.1f}" if drawing else f"M{index} {y:.1f}h0")
        drawing = True
    return "".join(steps)


def _missing_ends(lines: list[list[float | None]], last: int, y: float) -> list[tuple[float, float, float]]:
    """Find the stretches before the first and after the last known slot, a little shorter than they are."""
    known = [index for line in lines for index, value in enumerate(line) if value is not None]
    first, final = min(known, default=last), max(known, default=last)
    stretches = [(0.0, first - 0.3), (final + 0.3, float(last))]
    return [(start, y, end) for start, end in stretches if end > start]


def _tick(x: float, text: str) -> Markup:
    anchor = "start" if x < 4 else "end" if x > 96 else "middle"  # noqa: PLR2004 - percent: the text stays inside
    line = _svg('<line class="db-grid" x1="{}" x2="{}" y1="2" y2="46"/>', _at(x), _at(x))
    return line + _svg('<text class="db-tick" x="{}" y="62" text-anchor="{}">{}</text>', _at(x), anchor, text)


def _whisker(axis: Axis, dot: Dot, style: str, *, y: int, radius: str) -> Markup:
    low, at, high = (_at(axis.percent(value)) for value in (dot.low, dot.value, dot.high))
    rule = '<line class="w" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    lines = _svg(rule, low, high, y, y) + _svg(rule, low, low, y - 4, y + 4) + _svg(rule, high, high, y - 4, y + 4)
    circle = _svg('<circle cx="{}" cy="{}" r="{}"/>', at, y, radius)
    return _svg('<g class="{}">{}{}</g>', style, lines, circle)


def _picture(style: str, height: int, name: str, parts: list[Markup]) -> Markup:
    opening = '<svg class="{}" width="100%" height="{}" role="img" aria-label="{}">{}</svg>'
    return _svg(opening, style, height, name, Markup("").join(parts))


def _svg(template: str, *values: object) -> Markup:
    """Fill a piece of SVG in; every value that is not markup is escaped."""
    return Markup(template).format(*values)  # noqa: S704 - the templates are the constants of this file


def _at(percent: float) -> str:
    return f"{percent:.2f}%"
