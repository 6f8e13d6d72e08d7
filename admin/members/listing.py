"""The list of people, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import STATES, following, search_said, with_query
from loyalty.members.people import Found, People, Search
from loyalty.programs.facts import ProgramFacts


@dataclass(frozen=True)
class Row:
    """Somebody on the list. `caption` is the e-mail, where it is not the name already."""

    address: str
    name: str
    caption: str
    ids: str
    more_ids: int
    status: str
    inside: bool
    available: str
    pending: str
    held: str
    owed: str


@dataclass(frozen=True)
class Listing:
    """The page. `first` leads back to its beginning, `states` to the same search among others."""

    action: str
    origin: str
    search: Search
    states: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    counted: str
    csv: str
    first: str
    following: str


def make_listing(program: ProgramFacts, search: Search, people: People, f: Format) -> Listing:
    """Put a page of people into words."""
    folder = f"/admin/p/{program.program_id}/members"
    found = people.people
    begun = search_said(Search(search.text, search.state))
    onward = search_said(following(search, found[-1])) if people.more else {}
    return Listing(
        action=folder,
        origin=(program.data_origin or {}).get(f.language, ""),
        search=search,
        states=[(state, with_query(folder, search_said(Search(search.text, state)))) for state in STATES],
        rows=[make_row(folder, person, f, program.zone) for person in found],
        counted=f.words.ngettext(
            "%(n)s person, newest first", "%(n)s people, newest first", len(found), n=f.number(len(found))
        ),
        csv=with_query(f"{folder}.csv", search_said(search)),
        first=with_query(folder, begun) if search.after else "",
        following=with_query(folder, onward) if people.more else "",
    )


def make_row(folder: str, person: Found, f: Format, zone: ZoneInfo) -> Row:
    """Put somebody into words."""
    name = name_of(person.name, person.email, person.ids, f)
    return Row(
        address=f"{folder}/{person.customer_id}",
        name=name,
        caption=person.email if person.email and person.email != name else "",
        ids=person.ids[0] if person.ids else "",
        more_ids=max(len(person.ids) - 1, 0),
        status=status_of(person, f, zone),
        inside=person.inside,
        available=f.number(person.available),
        pending=f.number(person.pending),
        held=f.number(person.held),
        owed=f.number(person.debt),
    )


def name_of(name: str | None, email: str | None, ids: Sequence[str], f: Format) -> str:
    """Call somebody by what is known: name, e-mail, the shop's id; of an erased person nothing is."""
    if name or email:
        return name or email or ""
    return f.words.gettext("Customer %(id)s", id=ids[0]) if ids else f.words.gettext("Erased person")


def people_table(program: ProgramFacts, people: People, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the list as it is on the page; of ids all, where the page has room for one."""
    words = f.words
    header = [
        words.gettext("Name"),
        words.gettext("E-mail"),
        words.gettext("Shop’s ids"),
        words.gettext("Status"),
        words.gettext("Available"),
        words.gettext("Pending"),
        words.gettext("On hold"),
        words.gettext("Owed"),
    ]
    rows: list[list[Cell]] = [
        [
            person.name,
            person.email,
            " ".join(person.ids),
            status_of(person, f, program.zone),
            person.available,
            person.pending,
            person.held,
            person.debt,
        ]
        for person in people.people
    ]
    return header, rows


def status_of(person: Found, f: Format, zone: ZoneInfo) -> str:
    """Say whether somebody is a member, and since when or until when."""
    words = f.words
    if person.erased:
        return words.gettext("Erased")
    if person.joined_at is None:
        return words.gettext("Not a member")
    if person.inside:
        return words.gettext("Member since %(day)s", day=f.date(person.joined_at.astimezone(zone).date()))
    left = person.left_at or person.joined_at
    return words.gettext("Left on %(day)s", day=f.date(left.astimezone(zone).date()))
