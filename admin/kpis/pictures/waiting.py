"""How long until something happened: the share that has done it, day by day, and a table of some of the days."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.csv_file import Cell
from admin.format import MISSING, Format
from admin.shapes import Tick, curve
from admin.units import unit_named
from kpi.pictures import Curve, Point

_TOLD = (1, 3, 7, 14, 30, 60, 90, 120, 180, 270, 365)
# The axis has a tick at each of the first of these that leaves room for it.
_EVERY = (1, 2, 7, 14, 30, 60, 90)
_TICKS = 6
_LEVELS = (0, 25, 50, 75, 100)
_RATE = unit_named("ratio")


@dataclass(frozen=True)
class Day:
    """After so many days: the share, its interval, and how many are still waited for."""

    name: str
    share: str
    spread: str
    waiting: str


@dataclass(frozen=True)
class Waiting:
    """The figure. `missing` says why there is nothing to draw."""

    picture: Markup | None
    days: Sequence[Day]
    missing: str


def make_waiting(told: Curve, f: Format) -> Waiting:
    """Draw the curve of a segment."""
    words, last = f.words, len(told.by_day) - 1
    if not told.n:
        return Waiting(None, [], words.gettext("Nobody joined in this period."))
    if not told.events or last < 1:
        return Waiting(None, [], words.gettext("None of those who joined has redeemed points yet."))
    every = next((days for days in _EVERY if last / days <= _TICKS), _EVERY[-1])
    picture = curve(
        [point.share for point in told.by_day],
        [point.ci95 or (point.share, point.share) for point in told.by_day],
        [Tick(100 * day / last, f.number(day)) for day in range(0, last + 1, every)],
        [Tick(level, f.percent(level / 100, 0)) for level in _LEVELS],
        _median_mark(told, f),
        words.gettext(
            "%(events)s of %(n)s have redeemed points; after %(days)s it is %(share)s",
            events=f.number(told.events),
            n=f.number(told.n),
            days=f.days(last),
            share=f.percent(told.by_day[-1].share),
        ),
    )
    return Waiting(picture, [_day(day, told.by_day[day], f) for day in _told(last)], "")


def waiting_table(told: Curve, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give every day as a file."""
    words = f.words
    header = [
        words.gettext("Days"),
        words.gettext("Have redeemed (%%)"),
        words.gettext("95%% interval, low"),
        words.gettext("95%% interval, high"),
        words.gettext("Still waited for"),
    ]
    return header, [[day, *_cells(point, f)] for day, point in enumerate(told.by_day)]


def _told(last: int) -> list[int]:
    return sorted({*(day for day in _TOLD if day < last), last})


def _day(day: int, point: Point, f: Format) -> Day:
    spread = _RATE.spread(f, point.ci95) if point.ci95 else MISSING
    return Day(f.days(day), f.percent(point.share), spread, f.number(point.waiting))


def _cells(point: Point, f: Format) -> list[Cell]:
    low, high = point.ci95 or (None, None)
    ends = [None if end is None else _RATE.exact(f, end) for end in (low, high)]
    return [_RATE.exact(f, point.share), *ends, point.waiting]


def _median_mark(told: Curve, f: Format) -> Tick | None:
    last = len(told.by_day) - 1
    if told.median is None or told.median > last:
        return None
    return Tick(100 * told.median / last, f.words.gettext("half after %(days)s", days=f.days(told.median, 1)))
