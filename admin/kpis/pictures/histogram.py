"""How durations spread: a column for every few whole days, the median across them, and a table of the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from admin.csv_file import Cell
from admin.format import Format
from admin.kpis.pictures.sides import MARKS, shown, titles
from admin.shapes import Tick, columns
from kpi.measure import Distribution
from kpi.pictures import Picture


class _Scale(NamedTuple):
    """So many days in columns of `width` days, with a tick every `tick` days."""

    days: int
    width: int
    tick: int


# The first that leaves no more than this share beyond its end.
_SCALES = (_Scale(14, 1, 7), _Scale(30, 1, 10), _Scale(60, 2, 20), _Scale(90, 3, 30), _Scale(180, 6, 60))
_BEYOND = 0.05


@dataclass(frozen=True)
class Spread:
    """One segment. `followed` is the median with those who have not come back yet, empty where it is not estimated."""

    side: str
    name: str
    n: str
    median: str
    followed: str
    picture: Markup | None


@dataclass(frozen=True)
class Bin:
    """One column of every segment: how many, and their share."""

    name: str
    cells: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Histogram:
    """The figure."""

    spreads: Sequence[Spread]
    bins: Sequence[Bin]
    is_drawn: bool


def make_histogram(distributions: Mapping[str, Distribution], picture: Picture | None, f: Format) -> Histogram:
    """Draw how they spread, members above non-members on the same scale."""
    scale = _scale_of(distributions["all"])
    binned = {side: _binned(distributions[side], scale) for side in shown(distributions)}
    most = max((n / max(sum(bins), 1) for bins in binned.values() for n in bins), default=0)
    return Histogram(
        spreads=[_spread(side, distributions[side], bins, scale, most, picture, f) for side, bins in binned.items()],
        bins=[
            Bin(name, [(f.number(bins[place]), _share(bins[place], bins, f)) for bins in binned.values()])
            for place, name in enumerate(_names(scale))
        ],
        is_drawn=most > 0,
    )


def histogram_table(distributions: Mapping[str, Distribution], f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the columns as a file."""
    scale, sides = _scale_of(distributions["all"]), [*shown(distributions), "all"]
    binned = [_binned(distributions[side], scale) for side in dict.fromkeys(sides)]
    names = titles(f)
    header = [f.words.gettext("Whole days"), *(names[side] for side in dict.fromkeys(sides))]
    return header, [[name, *(bins[place] for bins in binned)] for place, name in enumerate(_names(scale))]


def _spread(
    side: str,
    told: Distribution,
    bins: Sequence[int],
    scale: _Scale,
    most: float,
    picture: Picture | None,
    f: Format,
) -> Spread:
    total, name = sum(bins), titles(f)[side]
    curve = picture.curves.get(side) if picture else None
    median = f.days(told.median, 1)
    drawn = None
    if total:
        drawn = columns(
            MARKS[side],
            [n / total / most for n in bins],
            [Tick(100 * day / scale.days, f.number(day)) for day in range(0, scale.days + 1, scale.tick)],
            f"{scale.days}+",
            _median_mark(told.median, scale, f),
            f.words.gettext("%(side)s: %(n)s times, median %(median)s", side=name, n=f.number(total), median=median),
        )
    return Spread(side, name, f.number(total), median, f.days(curve.median, 1) if curve else "", drawn)


def _median_mark(median: float | None, scale: _Scale, f: Format) -> Tick | None:
    if median is None or median > scale.days:
        return None
    return Tick(100 * median / scale.days, f.words.gettext("median %(median)s", median=f.days(median, 1)))


def _scale_of(told: Distribution) -> _Scale:
    total = sum(told.by_day)
    return next((scale for scale in _SCALES if sum(told.by_day[scale.days :]) <= _BEYOND * total), _SCALES[-1])


def _binned(told: Distribution, scale: _Scale) -> list[int]:
    inside = [sum(told.by_day[day : day + scale.width]) for day in range(0, scale.days, scale.width)]
    return [*inside, sum(told.by_day[scale.days :])]


def _names(scale: _Scale) -> list[str]:
    """Name the columns by their whole days: `0`, or `6–8` where they are wider; the last `90+`."""
    inside = range(0, scale.days, scale.width)
    return [str(day) if scale.width == 1 else f"{day}–{day + scale.width - 1}" for day in inside] + [f"{scale.days}+"]


def _share(n: int, bins: Sequence[int], f: Format) -> str:
    total = sum(bins)
    return f.percent(n / total if total else None)
