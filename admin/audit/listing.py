"""What staff did, in words; and the filters, as the address says them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from admin.audit.words import ROOMS, action_said, names_in, room_said
from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import id_of, with_query
from loyalty.auth.journal import ActionFacts, Asked, Journal
from loyalty.programs.facts import ProgramFacts

_GOOD, _REFUSED = 400, 500


@dataclass(frozen=True)
class Filters:
    """What is looked for. `since` and `until` are days of the programme, both included."""

    who: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None
    after: UUID | None = None

    @property
    def said(self) -> dict[str, str]:
        """Write it as an address does."""
        return {
            "who": self.who,
            "what": self.what,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
        }


@dataclass(frozen=True)
class Row:
    """Something done. `details` are (name of a field, what it said)."""

    at: str
    who: str
    said: str
    address: str
    details: Sequence[tuple[str, str]]
    outcome: str
    fine: bool


@dataclass(frozen=True)
class AuditPage:
    """The page. `people` and `rooms` are the choices of the filters, rooms as (name, words)."""

    base: str
    filters: Filters
    people: Sequence[str]
    rooms: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    narrowed: bool
    csv: str
    first: str
    following: str


def filters_of(said: Mapping[str, str]) -> Filters:
    """Understand an address; what cannot be is not asked for."""
    who = "".join(letter for letter in said.get("who", "") if letter.isprintable())[:254]
    what = said.get("what", "")
    return Filters(
        who, what if what in ROOMS else "", _day(said.get("from")), _day(said.get("to")), id_of(said.get("after", ""))
    )


def asked_for(filters: Filters, program: ProgramFacts) -> Asked:
    """Ask for it."""
    until = filters.until + timedelta(days=1) if filters.until and filters.until < date.max else None
    return Asked(
        email=filters.who or None,
        names=names_in(filters.what) if filters.what else None,
        since=_midnight(filters.since, program),
        until=_midnight(until, program),
        after=filters.after,
    )


def make_page(program: ProgramFacts, filters: Filters, journal: Journal, f: Format) -> AuditPage:
    """Put it into words."""
    base = f"/admin/p/{program.program_id}/audit"
    last = str(journal.actions[-1].action_id) if journal.more else ""
    return AuditPage(
        base=base,
        filters=filters,
        people=journal.people,
        rooms=sorted(((room, room_said(room, f)) for room in ROOMS), key=lambda one: one[1].casefold()),
        rows=[_row(program, one, f) for one in journal.actions],
        narrowed=any(filters.said.values()),
        csv=with_query(f"{base}.csv", filters.said),
        first=with_query(base, filters.said) if filters.after else "",
        following=with_query(base, {**filters.said, "after": last}) if last else "",
    )


def table(program: ProgramFacts, journal: Journal, f: Format) -> tuple[Sequence[str], Iterator[Sequence[Cell]]]:
    """Give the same as a table, with what only a table has room for."""
    words = f.words
    header = [
        words.gettext("When"),
        words.gettext("Who"),
        words.gettext("What"),
        words.gettext("Where"),
        words.gettext("Details"),
        words.gettext("Outcome"),
        words.gettext("Request"),
    ]
    return header, (
        [
            one.at.astimezone(program.zone).isoformat(timespec="seconds"),
            one.email,
            action_said(one.name, one.address, f),
            one.address,
            "; ".join(f"{name}: {value}" for name, value in one.details.items()),
            _outcome(one.status, f),
            one.request_id,
        ]
        for one in journal.actions
    )


def _row(program: ProgramFacts, one: ActionFacts, f: Format) -> Row:
    return Row(
        at=f.instant(one.at, program.timezone),
        who=one.email,
        said=action_said(one.name, one.address, f),
        address=one.address,
        details=list(one.details.items()),
        outcome=_outcome(one.status, f),
        fine=one.status is not None and one.status < _GOOD,
    )


def _outcome(status: int | None, f: Format) -> str:
    words = f.words
    if status is None:
        return words.gettext("Outcome unknown")
    if status < _GOOD:
        return words.gettext("Done")
    return words.gettext("Refused") if status < _REFUSED else words.gettext("Failed")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _midnight(day: date | None, program: ProgramFacts) -> datetime | None:
    return datetime.combine(day, time.min, program.zone) if day and day.year > 1 else None
