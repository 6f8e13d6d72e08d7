"""Which refused calls an address asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from admin.members.addresses import LONGEST, id_of
from admin.purchases.addresses import between, day_of
from loyalty.programs.facts import ProgramFacts
from loyalty.refusals.queries import RefusalsAsked

OPEN = {"yes": True, "no": False}
_LARGEST_NUMBER = 10


@dataclass(frozen=True)
class RefusedFilters:
    """What is looked for. `text`: an order, a customer's id or e-mail, or a request, in full."""

    text: str = ""
    storefront: str = ""
    open: str = ""
    since: date | None = None
    until: date | None = None
    after: UUID | None = None

    @property
    def said(self) -> dict[str, str]:
        """Write it as an address does, without where the page begins."""
        return {
            "q": self.text,
            "storefront": self.storefront,
            "open": self.open,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
        }


def filters_of(said: Mapping[str, str]) -> RefusedFilters:
    """Understand an address; what cannot be is not asked for."""
    storefront = said.get("storefront", "")
    fits = storefront.isascii() and storefront.isdigit() and len(storefront) < _LARGEST_NUMBER
    return RefusedFilters(
        text="".join(c for c in said.get("q", "") if c.isprintable()).strip()[:LONGEST],
        storefront=storefront if fits else "",
        open=said["open"] if said.get("open") in OPEN else "",
        since=day_of(said.get("from")),
        until=day_of(said.get("to")),
        after=id_of(said.get("after", "")),
    )


def asked_for(filters: RefusedFilters, program: ProgramFacts) -> RefusalsAsked:
    """Ask for it."""
    since, until = between(filters.since, filters.until, program)
    storefront = int(filters.storefront) if filters.storefront else None
    return RefusalsAsked(filters.text, storefront, OPEN.get(filters.open), since, until, filters.after)
