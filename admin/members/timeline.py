"""The timeline in words, day by day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import place_said, with_query
from loyalty.i18n import mark
from loyalty.members.timeline import Happened, Timeline
from loyalty.programs.facts import ProgramFacts

# Which picture stands before a row.
_PICTURES = {
    "refund": "refund", "cancellation": "refund",
    "joined": "joined", "left": "left", "erased": "left", "merged": "merged",
    "held": "reward", "captured": "reward", "released": "reward", "reversed": "reward",
    "adjusted": "staff", "settled": "due",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row. `why` leads to the reasons, or away from them when they are `opened`."""

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
    program: ProgramFacts, base: str, timeline: Timeline, after: str, opened: str, f: Format
) -> TimelinePart:
    """Put a page of the timeline into words; `opened` is the award whose reasons are shown."""
    zone = program.zone
    days = groupby(timeline.rows, lambda row: row.at.astimezone(zone).date())
    older = place_said(timeline.rows[-1].place) if timeline.more else ""
    return TimelinePart(
        days=[
            Day(f.date(day, "EEE d MMM y"), [_row(row, base, after, opened, f, zone) for row in rows])
            for day, rows in days
        ],
        csv=with_query(f"{base}/timeline.csv", {"after": after}),
        older=with_query(base, {"after": older}) if older else "",
        newest=base if after else "",
    )


def _row(row: Happened, base: str, after: str, opened: str, f: Format, zone: ZoneInfo) -> Row:
    is_open = opened == str(row.award_id)
    said = {"after": after, "why": "" if is_open else str(row.award_id)}
    points = row.points
    return Row(
        key=str(row.award_id),
        picture=_PICTURES.get(row.cause, "purchase"),
        title=title_of(row, f),
        detail=detail_of(row, f, zone),
        chips=chips_of(row, f),
        points=f.signed(f.number(points), points) if points or row.purchase_id else "",
        less=points < 0,
        clock=f"{row.at.astimezone(zone):%H:%M}",
        why=f"{with_query(base, said)}#{'timeline' if is_open else 'why'}" if row.purchase_id else "",
        opened=is_open,
    )


def title_of(row: Happened, f: Format) -> str:
    """Name what happened."""
    words = f.words
    if row.cause == "settled":
        return {
            "mature": words.gettext("Points became available"),
            "expire": words.gettext("Points expired"),
            "release": words.gettext("A hold ran out"),
            "repay": words.gettext("What was owed was repaid"),
        }.get(row.part, row.part)
    if row.cause in _OF_REWARDS:
        return _OF_REWARDS[row.cause](f, row.reward or words.gettext("A reward"))
    if row.cause == "adjusted":
        if row.facts.get("points", 0) > 0:
            return words.gettext("Points added by staff")
        return words.gettext("Points removed by staff")
    return {
        "purchase": words.gettext("Purchase"),
        "refund": words.gettext("Refund"),
        "cancellation": words.gettext("Cancellation"),
        "edit": words.gettext("Purchase edited"),
        "claim": words.gettext("Purchase claimed"),
        "membership": words.gettext("Purchase decided anew"),
        "joined": words.gettext("Joined"),
        "left": words.pgettext("member", "Left"),
        "merged": words.gettext("Merged with another customer"),
        "erased": words.gettext("Person erased"),
        "action": words.gettext(_DID.get(row.facts.get("action", ""), mark("Action"))),
    }.get(row.cause, row.cause)


_DID = {"joining": mark("Welcome"), "birthday": mark("Birthday")}
_OF_REWARDS: dict[str, Callable[[Format, str], str]] = {
    "held": lambda f, name: f.words.gettext("Reward “%(name)s” reserved", name=name),
    "captured": lambda f, name: f.words.gettext("Reward “%(name)s” redeemed", name=name),
    "released": lambda f, name: f.words.gettext("Reward “%(name)s” let go", name=name),
    "reversed": lambda f, name: f.words.gettext("Reward “%(name)s” taken back", name=name),
}


def detail_of(row: Happened, f: Format, zone: ZoneInfo) -> str:
    """Say more of it in one line."""
    words = f.words
    if row.order_id is not None:
        order = words.gettext("order %(id)s", id=row.order_id)
        amount = row.refund_minor if row.cause == "refund" else row.facts.get("goods")
        money = "" if row.cause == "cancellation" else f.money(amount)
        return ", ".join(part for part in (money, order, row.storefront) if part)
    if row.cause == "adjusted":
        reason = row.reason or words.gettext("The reason was erased with the person.")
        return words.gettext("%(reason)s · %(who)s", reason=reason, who=row.actor)
    if row.cause == "settled":
        moved = sum(move.points for move in row.moves)
        return points_said(moved, f)
    if row.cause == "action":
        why_not = {"no_rule": words.gettext("no rule rewards it"), "not_member": words.gettext("not a member")}
        own = "" if row.facts["action"] in _DID else str(row.facts["action"])
        return ", ".join(part for part in (own, why_not.get(row.facts.get("reason") or "")) if part)
    if row.cause in _OF_REWARDS:
        return points_said(row.facts.get(_AMOUNTS[row.cause]) or 0, f)
    return _decided_anew(row, f, zone)


_AMOUNTS = {"held": "points", "captured": "captured", "released": "released", "reversed": "returned"}


def points_said(n: int, f: Format) -> str:
    """Write `12 points`."""
    return f.words.ngettext("%(n)s point", "%(n)s points", n, n=f.number(n))


def _decided_anew(row: Happened, f: Format, zone: ZoneInfo) -> str:
    """Sum up what a joining, leaving or merge changed."""
    n = row.facts.get("purchases", 0)
    said = (
        f.words.ngettext("%(n)s purchase decided anew", "%(n)s purchases decided anew", n, n=f.number(n)) if n else ""
    )
    lost = sum(move.points for move in row.moves if move.kind in {"forfeit", "erase"} and move.credit != "debt")
    gone = f.words.gettext("%(points)s forfeited", points=points_said(lost, f)) if lost else ""
    left = f.words.gettext("until %(at)s", at=f.date(row.left_at.astimezone(zone).date())) if row.left_at else ""
    return ", ".join(part for part in (left, said, gone) if part)


def chips_of(row: Happened, f: Format) -> list[str]:
    """Mark what one would else look for: why nothing was given, what waits, what repaid debt, what came back."""
    words, facts = f.words, row.facts
    chips = []
    if row.purchase_id is not None:
        reason = {
            "not_member": words.gettext("not a member"),
            "anonymous": words.gettext("no customer named"),
            "test": words.gettext("test"),
        }.get(facts.get("reason") or "")
        chips += [reason] if reason else []
    if facts.get("guest"):
        chips.append(words.gettext("before joining"))
    waits = sum(move.points for move in row.moves if move.credit == "pending" and move.kind == "issue")
    repaid = sum(move.points for move in row.moves if move.kind == "repay")
    counted = [
        (waits, mark("%(n)s pending")),
        (repaid if row.cause != "settled" else 0, mark("%(n)s repaid what was owed")),
        (facts.get("clamped", 0), mark("%(n)s not taken back")),
        (facts.get("restored", 0), mark("%(n)s came back")),
        (facts.get("expired", 0), mark("%(n)s over already")),
    ]
    return chips + [words.gettext(text, n=f.number(n)) for n, text in counted if n]


def timeline_table(program: ProgramFacts, timeline: Timeline, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the page of the timeline as a file."""
    words = f.words
    header = [
        words.gettext("When"),
        words.gettext("What"),
        words.gettext("Details"),
        words.gettext("Notes"),
        words.gettext("Points"),
    ]
    rows: list[list[Cell]] = [
        [
            _local(row.at, program.zone),
            title_of(row, f),
            detail_of(row, f, program.zone),
            "; ".join(chips_of(row, f)),
            row.points if row.points or row.purchase_id else None,
        ]
        for row in timeline.rows
    ]
    return header, rows


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
