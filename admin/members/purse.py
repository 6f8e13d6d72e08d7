"""Somebody's points in words: the strip of figures, the lots in the order in which they are spent, what is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from admin.csv_file import Cell
from admin.format import Format
from loyalty.members.person import LotShown, Purse

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Figure:
    """One number of the strip, and what there is to say of it."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class LotRow:
    """One lot. `whole` and `left` are the lengths of its bar, in percent of the longest one."""

    earned: str
    origin: str
    whole: str
    left: str
    pending: str
    points: str
    of: str


# Who buys every day has hundreds.
LOTS_SHOWN = 12


@dataclass(frozen=True)
class LotGroup:
    """The lots that end together."""

    name: str
    points: str
    rows: Sequence[LotRow]


@dataclass(frozen=True)
class HoldRow:
    """Points set aside."""

    reward: str
    points: str
    until: str
    address: str


def make_strip(purse: Purse, f: Format, zone: ZoneInfo) -> list[Figure]:
    """Tell what there is, what comes, what is set aside, what goes next, what is owed."""
    words = f.words
    pending = [lot for lot in purse.lots if lot.pending]
    dated = [lot for lot in purse.lots if lot.ends_at is not None and not lot.pending]
    return [
        Figure(words.gettext("Available"), f.number(purse.available), _can_be_spent(purse, f)),
        Figure(words.gettext("Pending"), f.number(purse.pending), _comes(pending, f, zone)),
        Figure(words.gettext("On hold"), f.number(purse.held), _held(purse, f)),
        _expires_next(dated, f, zone),
        Figure(
            words.gettext("Owed"),
            f.number(purse.debt),
            words.gettext("repaid by the next points") if purse.debt else words.gettext("nothing to repay"),
        ),
    ]


def _can_be_spent(purse: Purse, f: Format) -> str:
    if not purse.available:
        return f.words.gettext("nothing to spend")
    if purse.is_member:
        return f.words.gettext("can be spent now")
    return f.words.gettext("can be spent after joining again")


def _comes(pending: Sequence[LotShown], f: Format, zone: ZoneInfo) -> str:
    if not pending:
        return f.words.gettext("nothing on its way")
    known = [lot.matures_at for lot in pending if lot.matures_at is not None]
    if not known:
        return f.words.gettext("wait for the delivery")
    return f.words.gettext("the next on %(day)s", day=_day(min(known), f, zone))


def _held(purse: Purse, f: Format) -> str:
    n = len(purse.holds)
    if not n:
        return f.words.gettext("no reward reserved")
    return f.words.ngettext("for %(n)s reward", "for %(n)s rewards", n, n=f.number(n))


def _expires_next(dated: Sequence[LotShown], f: Format, zone: ZoneInfo) -> Figure:
    name = f.words.gettext("Expires next")
    if not dated:
        return Figure(name, f.number(0), f.words.gettext("no points with an end"))
    first = min(lot.ends_at for lot in dated if lot.ends_at is not None)
    points = sum(lot.left for lot in dated if lot.ends_at == first)
    return Figure(name, f.number(points), f.words.gettext("after %(day)s", day=f.date(last_day(first, zone))))


def make_lots(purse: Purse, f: Format, zone: ZoneInfo) -> list[LotGroup]:
    """Group the first lots by their end, in the order in which they are spent; a group tells all its points."""
    longest, room, groups = max((lot.original for lot in purse.lots), default=1), LOTS_SHOWN, []
    for end, lots in groupby(purse.lots, lambda lot: _end(lot, f, zone)):
        group = list(lots)
        points = f.number(sum(lot.left for lot in group))
        groups.append(LotGroup(end, points, [_lot(lot, longest, f, zone) for lot in group[:room]]))
        room -= len(group)
        if room <= 0:
            break
    return groups


def lots_left_out(purse: Purse, f: Format) -> str:
    """Say how many lots are not shown; the file has them all."""
    rest = len(purse.lots) - LOTS_SHOWN
    if rest <= 0:
        return ""
    return f.words.ngettext(
        "and %(n)s more lot, spent later", "and %(n)s more lots, spent later", rest, n=f.number(rest)
    )


def _end(lot: LotShown, f: Format, zone: ZoneInfo) -> str:
    if lot.ends_at is not None:
        return f.words.gettext("Until %(day)s", day=f.date(last_day(lot.ends_at, zone)))
    if lot.slides or lot.matures_at is None:
        return f.words.gettext("End not known yet")
    return f.words.gettext("Never expire")


def _lot(lot: LotShown, longest: int, f: Format, zone: ZoneInfo) -> LotRow:
    return LotRow(
        earned=_day(lot.earned_at, f, zone),
        origin=_origin(lot, f),
        whole=f"{100 * lot.original / longest:.3f}%",
        left=f"{100 * lot.left / longest:.3f}%",
        pending=_pending(lot, f, zone),
        points=f.number(lot.left),
        of="" if lot.left == lot.original else f.words.gettext("of %(n)s", n=f.number(lot.original)),
    )


def _pending(lot: LotShown, f: Format, zone: ZoneInfo) -> str:
    if not lot.pending:
        return ""
    if lot.matures_at is None:
        return f.words.gettext("from the delivery")
    return f.words.gettext("from %(day)s", day=_day(lot.matures_at, f, zone))


def _origin(lot: LotShown, f: Format) -> str:
    if lot.order_id is not None:
        return f.words.gettext("order %(id)s", id=lot.order_id)
    return {
        "adjust": f.words.gettext("given by staff"),
        "merge": f.words.gettext("of a merged customer"),
    }.get(lot.brought_by, f.words.gettext("came back"))


def make_holds(base: str, purse: Purse, f: Format, timezone: str) -> list[HoldRow]:
    """Tell what is set aside, the first to run out first."""
    return [
        HoldRow(
            held.reward or f.words.gettext("A reward"),
            f.number(held.points),
            f.words.gettext("until %(at)s", at=f.instant(held.expires_at, timezone)),
            f"{base}/holds/{held.hold_id}",
        )
        for held in purse.holds
    ]


def lots_table(purse: Purse, f: Format, zone: ZoneInfo) -> tuple[list[str], list[list[Cell]]]:
    """Give the lots as a file."""
    words = f.words
    header = [
        words.gettext("Earned"),
        words.gettext("Origin"),
        words.gettext("Available from"),
        words.gettext("Last day"),
        words.pgettext("points", "Left"),
        words.gettext("At first"),
    ]
    rows: list[list[Cell]] = [
        [
            _iso(lot.earned_at, zone),
            _origin(lot, f),
            _iso(lot.matures_at, zone) if lot.matures_at else None,
            last_day(lot.ends_at, zone).isoformat() if lot.ends_at else None,
            lot.left,
            lot.original,
        ]
        for lot in purse.lots
    ]
    return header, rows


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """Tell the last day on which points can be used: they end at the midnight after it."""
    return (ends_at - _MOMENT).astimezone(zone).date()


def _day(at: datetime, f: Format, zone: ZoneInfo) -> str:
    return f.date(at.astimezone(zone).date())


def _iso(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()
