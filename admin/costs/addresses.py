"""Where costs are entered, and which part of that page a missing figure leads to."""

from collections.abc import Mapping
from dataclasses import dataclass

from admin.members.addresses import with_query
from admin.periods import CalendarPeriod, parse_period
from kpi.measure import MEASURES, Reason

ENTERS = ("owner", "manager")
# Which reasons are met by entering something, and where; the others wait, or need the shop's own data.
_PLACES = {
    "no_point_cost": "point-cost",
    "no_acquisition_spend": "spend",
    "no_enrolment_spend": "spend",
    "no_running_spend": "spend",
    "no_leads": "leads",
    "too_few_costs": "unit-costs",
}


@dataclass(frozen=True)
class CameFrom:
    """The measure and the period that a reader came from, as far as the address says them."""

    key: str = ""
    period: CalendarPeriod | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "CameFrom":
        """Read it; what there is not is left out."""
        key = said.get("measure", "")
        return cls(key if MEASURES.find(key) else "", parse_period(said.get("period")))

    @property
    def said(self) -> dict[str, str]:
        """Say it as an address does."""
        return {"period": self.period.key if self.period else "", "measure": self.key}


def costs_address(program_id: int, came: CameFrom, more: Mapping[str, str] | None = None) -> str:
    """Lead to the page."""
    return with_query(f"/admin/p/{program_id}/kpis/costs", {**came.said, **(more or {})})


def place_of(reason: Reason | None) -> str:
    """Tell which part of the page a missing figure needs; empty, where nothing is to be entered."""
    return _PLACES.get(reason.key, "") if reason else ""
