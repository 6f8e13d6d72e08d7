"""What the addresses of these pages say: the filters, and where a page begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from admin.members.addresses import LONGEST, id_of
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.arrived import STATES, PurchasesAsked

SEES = ("owner", "manager", "analyst")
REPLAYS = ("owner", "manager")
MEMBERS = {"yes": True, "no": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Filters:
    """What is looked for. `since` and `until` are days of the programme, both included."""

    text: str = ""
    state: str = ""
    member: str = ""
    storefront: str = ""
    since: date | None = None
    until: date | None = None
    customer: UUID | None = None
    after: tuple[datetime, UUID] | None = None

    @property
    def said(self) -> dict[str, str]:
        """Write it as an address does, without where the page begins."""
        return {
            "q": self.text,
            "state": self.state,
            "member": self.member,
            "storefront": self.storefront,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "customer": str(self.customer) if self.customer else "",
        }


def filters_of(said: Mapping[str, str]) -> Filters:
    """Understand an address; what cannot be is not asked for."""
    storefront = said.get("storefront", "")
    return Filters(
        text="".join(c for c in said.get("q", "") if c.isprintable()).strip()[:LONGEST],
        state=said["state"] if said.get("state") in STATES else "",
        member=said["member"] if said.get("member") in MEMBERS else "",
        storefront=storefront if storefront.isascii() and storefront.isdigit() and len(storefront) < 10 else "",  # noqa: PLR2004 - an int4
        since=day_of(said.get("from")),
        until=day_of(said.get("to")),
        customer=id_of(said.get("customer", "")),
        after=place_of(said["after"]) if said.get("after") else None,
    )


def asked_for(filters: Filters, program: ProgramFacts) -> PurchasesAsked:
    """Ask for it."""
    since, until = between(filters.since, filters.until, program)
    return PurchasesAsked(
        text=filters.text,
        state=filters.state,
        storefront_id=int(filters.storefront) if filters.storefront else None,
        member=MEMBERS.get(filters.member),
        since=since,
        until=until,
        customer_id=filters.customer,
        after=filters.after,
    )


def between(since: date | None, until: date | None, program: ProgramFacts) -> tuple[datetime | None, datetime | None]:
    """Give the instants between which days of a programme lie."""
    behind = until + timedelta(days=1) if until and until < date.max else None
    return _midnight(since, program), _midnight(behind, program)


def day_of(text: str | None) -> date | None:
    """Read a day; None when it is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def place_of(text: str) -> tuple[datetime, UUID]:
    """Understand where a page begins."""
    at, _, number = text.partition(".")
    try:
        return _EPOCH + int(at) * _MICROSECOND, UUID(number)
    except (ValueError, OverflowError):
        msg = "This address names no place in the list."
        raise Invalid(msg) from None


def place_said(at: datetime, number: UUID) -> str:
    """Write it."""
    return f"{(at - _EPOCH) // _MICROSECOND}.{number.hex}"


def _midnight(day: date | None, program: ProgramFacts) -> datetime | None:
    return datetime.combine(day, time.min, program.zone) if day and day.year > 1 else None
