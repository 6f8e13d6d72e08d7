"""The list of segments, and one of them, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import with_query
from admin.members.listing import name_of
from admin.segments.drafts import Draft, draft_of
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.facts import InSegment, SegmentFacts
from loyalty.segments.staff import SegmentSeen, Tried


@dataclass(frozen=True)
class Row:
    """A segment on the list. `customers` is a dash until it was counted."""

    address: str
    name: str
    key: str
    customers: str
    refreshed: str
    conditions: Sequence[str]


@dataclass(frozen=True)
class Person:
    """Somebody in a segment."""

    address: str
    name: str
    caption: str
    ids: str
    more_ids: int
    since: str


@dataclass(frozen=True)
class SegmentPage:
    """A segment: what it asks for, as (title, [(label, value)]), and a page of those in it."""

    row: Row
    folder: str
    asks: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    waiting: bool
    kept: bool
    people: Sequence[Person]
    counted: str
    first: str
    following: str


@dataclass(frozen=True)
class TriedOut:
    """What trying conditions came to."""

    counted: str
    people: Sequence[Person]
    more: bool


@dataclass(frozen=True)
class FormPage:
    """The form. `kinds` are those that can be added; `cancel` leads back."""

    action: str
    cancel: str
    draft: Draft
    new: bool
    kinds: Sequence[tuple[str, str]]
    tried: TriedOut | None
    version: int | None = None
    stale: bool = False


def make_row(program: ProgramFacts, segment: SegmentFacts, f: Format) -> Row:
    """Put a segment into words."""
    words, refreshed = f.words, segment.refreshed_at
    forms = draft_of(segment, f, program).conditions
    when = words.gettext("Not counted yet") if refreshed is None else f.instant(refreshed, program.timezone)
    return Row(
        address=f"/admin/p/{program.program_id}/segments/{segment.key}",
        name=segment.name,
        key=segment.key,
        customers=f.number(None if refreshed is None else segment.customers),
        refreshed=words.gettext("Being counted") if segment.asked_at else when,
        conditions=[form.title for form in forms] or [words.gettext("Kept by %(room)s", room=segment.kept_by or "")],
    )


def make_page(program: ProgramFacts, seen: SegmentSeen, after: UUID | None, f: Format) -> SegmentPage:
    """Put a segment and those in it into words."""
    segment, words = seen.segment, f.words
    row = make_row(program, segment, f)
    yes, no = words.gettext("yes"), words.gettext("no")
    following = {"after": seen.people[-1].customer_id.hex} if seen.more else {}
    return SegmentPage(
        row=row,
        folder=f"/admin/p/{program.program_id}/segments",
        asks=[(form.title, form.summary(yes, no)) for form in draft_of(segment, f, program).conditions],
        waiting=segment.asked_at is not None,
        kept=segment.kept_by is not None,
        people=[make_person(program, one, f) for one in seen.people],
        counted=_counted(segment.customers, f),
        first=row.address if after else "",
        following=with_query(row.address, following) if following else "",
    )


def make_tried(program: ProgramFacts, tried: Tried, f: Format) -> TriedOut:
    """Put a try into words."""
    people = [make_person(program, one, f) for one in tried.people]
    return TriedOut(_counted(tried.customers, f), people, tried.customers > len(people))


def make_person(program: ProgramFacts, one: InSegment, f: Format) -> Person:
    """Put somebody into words."""
    name = name_of(one.name, one.email, one.ids, f)
    return Person(
        address=f"/admin/p/{program.program_id}/members/{one.customer_id}",
        name=name,
        caption=one.email if one.email and one.email != name else "",
        ids=one.ids[0] if one.ids else "",
        more_ids=max(len(one.ids) - 1, 0),
        since=f.date(one.since.astimezone(program.zone).date()) if one.since else "",
    )


def people_table(program: ProgramFacts, seen: SegmentSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give everybody in a segment as a table."""
    words = f.words
    header = [words.gettext("Name"), words.gettext("E-mail"), words.gettext("Shop’s ids"), words.gettext("Since")]
    rows: list[list[Cell]] = [
        [one.name, one.email, " ".join(one.ids), one.since.astimezone(program.zone).isoformat() if one.since else ""]
        for one in seen.people
    ]
    return header, rows


def segments_table(
    program: ProgramFacts, segments: Sequence[SegmentFacts], f: Format
) -> tuple[list[str], list[list[Cell]]]:
    """Give the list as a table."""
    words = f.words
    header = [words.gettext("Key"), words.gettext("Name"), words.gettext("Customers"), words.gettext("Last counted")]
    rows: list[list[Cell]] = [
        [
            one.key,
            one.name,
            None if one.refreshed_at is None else one.customers,
            one.refreshed_at.astimezone(program.zone).isoformat() if one.refreshed_at else None,
        ]
        for one in segments
    ]
    return header, rows


def _counted(customers: int, f: Format) -> str:
    return f.words.ngettext("%(n)s customer", "%(n)s customers", customers, n=f.number(customers))
