"""The timeline in words, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from admin.csv_file import Cell
from admin.members.addresses import place_said, with_query
from admin.members.answers import Besides
from admin.members.telling import Teller, chips_of, detail_of, title_of
from loyalty.members.timeline import Happened, Timeline

# Which picture stands before a row.
_PICTURES = {
    "refund": "refund", "cancellation": "refund",
    "joined": "joined", "left": "left", "erased": "left", "merged": "merged",
    "held": "reward", "captured": "reward", "released": "reward", "reversed": "reward",
    "adjusted": "staff", "settled": "due", "action": "action", "tier": "tier",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row. `why` leads to the reasons, or away from them when they are `opened`; `link` to what it is about."""

    key: str
    picture: str
    title: str
    detail: str
    chips: Sequence[str]
    points: str
    less: bool
    clock: str
    why: str
    opened: bool
    link: str = ""


@dataclass(frozen=True)
class Day:
    """The rows of one day."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class TimelinePart:
    """A page of the timeline, and the ways to the others."""

    days: Sequence[Day]
    csv: str
    older: str
    newest: str


def make_timeline(
    base: str, timeline: Timeline, after: str, opened: str, teller: Teller, others: Sequence[Besides] = ()
) -> TimelinePart:
    """Put a page of the timeline into words, with what is told besides; `opened`: the award whose reasons are shown."""
    f, zone = teller.f, teller.zone
    told = [(row.at, _row(row, base, after, opened, teller)) for row in timeline.rows]
    told += [(row.at, _besides(row, teller)) for row in others]
    told.sort(key=lambda one: one[0], reverse=True)
    days = groupby(told, lambda one: one[0].astimezone(zone).date())
    older = place_said(timeline.rows[-1].place) if timeline.more else ""
    return TimelinePart(
        days=[Day(f.date(day, "EEE d MMM y"), [row for _, row in rows]) for day, rows in days],
        csv=with_query(f"{base}/timeline.csv", {"after": after}),
        older=with_query(base, {"after": older}) if older else "",
        newest=base if after else "",
    )


def _row(row: Happened, base: str, after: str, opened: str, teller: Teller) -> Row:
    is_open = row.has_reasons and opened == str(row.award_id)
    said = {"after": after, "why": "" if is_open else str(row.award_id)}
    f, points = teller.f, row.points
    return Row(
        key=str(row.award_id),
        picture=_PICTURES.get(row.cause, "purchase"),
        title=title_of(row, teller),
        detail=detail_of(row, teller),
        chips=chips_of(row, teller),
        points=f.signed(f.number(points), points) if points or row.has_reasons else "",
        less=points < 0,
        clock=f"{row.at.astimezone(teller.zone):%H:%M}",
        why=f"{with_query(base, said)}#{'timeline' if is_open else 'why'}" if row.has_reasons else "",
        opened=is_open,
        link=_order_of(row, teller),
    )


def _order_of(row: Happened, teller: Teller) -> str:
    """Lead to the purchase that a row is about, or on which its reward was used."""
    purchase_id = row.purchase_id or row.used_on
    return f"{teller.orders}/{purchase_id}" if teller.orders and purchase_id else ""


def _besides(row: Besides, teller: Teller) -> Row:
    return Row(
        key=row.key,
        picture="answer",
        title=row.title,
        detail=row.detail,
        chips=row.chips,
        points="",
        less=False,
        clock=f"{row.at.astimezone(teller.zone):%H:%M}",
        why="",
        opened=False,
        link=row.link,
    )


def timeline_table(
    timeline: Timeline, teller: Teller, others: Sequence[Besides] = ()
) -> tuple[list[str], list[list[Cell]]]:
    """Give the page of the timeline as a file."""
    words = teller.f.words
    header = [
        words.gettext("When"),
        words.gettext("What"),
        words.gettext("Details"),
        words.gettext("Notes"),
        words.gettext("Points"),
    ]
    rows: list[list[Cell]] = [
        [
            _local(row.at, teller.zone),
            title_of(row, teller),
            detail_of(row, teller),
            "; ".join(chips_of(row, teller)),
            row.points if row.points or row.has_reasons else None,
        ]
        for row in timeline.rows
    ]
    rows += [[_local(row.at, teller.zone), row.title, row.detail, "; ".join(row.chips), None] for row in others]
    rows.sort(key=lambda row: str(row[0]), reverse=True)
    return header, rows


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
