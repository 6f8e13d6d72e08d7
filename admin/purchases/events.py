"""What was told, in words: the events by what they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import with_query
from admin.members.listing import name_of
from admin.purchases.addresses import between, day_of, place_of, place_said
from loyalty.i18n import mark
from loyalty.outbox.reading import EventsAsked, EventSeen, EventsSeen
from loyalty.programs.facts import ProgramFacts

# By what stands before the point in an event's name.
_KINDS = {
    "purchase": mark("Purchases"),
    "refund": mark("Refunds"),
    "cancellation": mark("Cancellations"),
    "member": mark("Memberships"),
    "customer": mark("Customers"),
    "points": mark("Points"),
    "redemption": mark("Redemptions"),
    "referral": mark("Referrals"),
    "tier": mark("Tiers"),
    "action": mark("Actions"),
    "segment": mark("Segments"),
    "survey": mark("Surveys"),
}
# Pages below the programme's of what an event is about.
_PAGES = {"purchase": "purchases", "customer": "members", "segment": "segments", "survey_case": "survey-cases"}


@dataclass(frozen=True)
class EventFilters:
    """What is looked for. `since` and `until` are days of the programme, both included."""

    kind: str = ""
    since: date | None = None
    until: date | None = None
    after: tuple[datetime, UUID] | None = None

    @property
    def said(self) -> dict[str, str]:
        """Write it as an address does, without where the page begins."""
        return {
            "kind": self.kind,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
        }


@dataclass(frozen=True)
class EventRow:
    """An event. `about` is its subject, with an address where there is a page of it."""

    kind: str
    about: str
    address: str
    customer: str
    customer_address: str
    at: str
    origin: str
    waits_for: str


@dataclass(frozen=True)
class EventsPage:
    """The page. `kinds` are the choices of the filter."""

    base: str
    filters: EventFilters
    kinds: Sequence[tuple[str, str]]
    rows: Sequence[EventRow]
    narrowed: bool
    csv: str
    first: str
    following: str


def filters_of(said: Mapping[str, str]) -> EventFilters:
    """Understand an address; what cannot be is not asked for."""
    kind = said.get("kind", "")
    after = place_of(said["after"]) if said.get("after") else None
    return EventFilters(kind if kind in _KINDS else "", day_of(said.get("from")), day_of(said.get("to")), after)


def asked_for(filters: EventFilters, program: ProgramFacts) -> EventsAsked:
    """Ask for it."""
    since, until = between(filters.since, filters.until, program)
    return EventsAsked(filters.kind or None, since, until, filters.after)


def make_events(program: ProgramFacts, filters: EventFilters, seen: EventsSeen, f: Format) -> EventsPage:
    """Put a page of events into words."""
    base = f"/admin/p/{program.program_id}/purchases"
    after = place_said(*filters.after) if filters.after else ""
    onward = place_said(seen.events[-1].recorded_at, seen.events[-1].event_id) if seen.more else ""
    return EventsPage(
        base=base,
        filters=filters,
        kinds=[(kind, f.words.gettext(name)) for kind, name in _KINDS.items()],
        rows=[_row(program, one, f) for one in seen.events],
        narrowed=any(filters.said.values()),
        csv=with_query(f"{base}/events.csv", {**filters.said, "after": after}),
        first=with_query(f"{base}/events", filters.said) if filters.after else "",
        following=with_query(f"{base}/events", {**filters.said, "after": onward}) if onward else "",
    )


def table(program: ProgramFacts, seen: EventsSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the page as a table."""
    words = f.words
    header = [
        words.gettext("Event"),
        words.gettext("About"),
        words.gettext("Customer"),
        words.gettext("Origin"),
        words.gettext("When"),
        words.gettext("Still to be told"),
    ]
    return header, [
        [
            one.type,
            one.subject,
            str(one.customer_id) if one.customer_id else None,
            one.origin,
            one.recorded_at.astimezone(program.zone).isoformat(timespec="seconds"),
            " ".join(one.waits_for),
        ]
        for one in seen.events
    ]


def _row(program: ProgramFacts, one: EventSeen, f: Format) -> EventRow:
    base, words = f"/admin/p/{program.program_id}", f.words
    sort, _, number = one.subject.partition("/")
    origins = {"import": words.gettext("imported"), "simulated": words.gettext("simulated")}
    return EventRow(
        kind=one.type,
        about=one.subject,
        address=f"{base}/{_PAGES[sort]}/{number}" if sort in _PAGES else "",
        customer=name_of(one.name, one.email, [str(one.customer_id)[-12:]], f) if one.customer_id else "",
        customer_address=f"{base}/members/{one.customer_id}" if one.customer_id else "",
        at=f.instant(one.recorded_at, program.timezone),
        origin=origins.get(one.origin, ""),
        waits_for=", ".join(one.waits_for),
    )
