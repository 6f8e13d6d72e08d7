"""The page of the costs, made of ready texts: the forms, and what is entered already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from admin.costs.addresses import CameFrom, costs_address
from admin.costs.forms import PointCostForm, SpendForm
from admin.costs.sheets import SHEETS, Sheet, make_sheet, spend_kinds
from admin.format import Format
from admin.impact.sources import said
from admin.members.addresses import with_query
from kpi.inputs.facts import SpendKind
from kpi.inputs.staff import Entered
from kpi.measure import measure_named
from loyalty.programs.facts import ProgramFacts

# What has no form here: the call of the API, and the kind of import.
_ELSEWHERE = {"unit-costs": ("PUT /v1/unit-costs", "costs"), "leads": ("PUT /v1/leads", "leads")}
# What money is for, of which a measure says that none is entered.
_KINDS = {"cac": "acquisition", "cac_net": "acquisition", "cost_per_new_member": "enrolment"}


@dataclass(frozen=True)
class Forms:
    """The forms, for those who may enter something."""

    point_cost: PointCostForm = field(default_factory=PointCostForm)
    spend: SpendForm = field(default_factory=SpendForm)

    def starting(self, came: CameFrom) -> "Forms":
        """Begin on the first day of the period that somebody came from: there a figure is missing."""
        day = came.period.start.isoformat() if came.period else ""
        spend = replace(self.spend, booked_on=day, kind=_KINDS.get(came.key, ""))
        return Forms(replace(self.point_cost, from_on=day), spend)


@dataclass(frozen=True)
class EnteredSheet:
    """A kind with what is said of it. `command` brings it in from a file; `notice` tells what was just done."""

    sheet: Sheet
    title: str
    about: str
    nothing: str
    how: str
    command: str
    counted: str
    csv: str
    notice: str


@dataclass(frozen=True)
class CostsPage:
    """The page, top to bottom. `measure` is the one that the reader came from, with its name."""

    listing: str
    measure: tuple[str, str] | None
    origin: str
    action: str
    withdraw: str
    currency: str
    kinds: Mapping[SpendKind, str]
    sheets: Sequence[EnteredSheet]
    forms: Forms | None


def make_costs(
    program: ProgramFacts, came: CameFrom, done: str, entered: Entered, forms: Forms | None, f: Format
) -> CostsPage:
    """Put what is entered into words; `done` is what the address says was just done."""
    folder = f"/admin/p/{program.program_id}/kpis"
    period = {"period": came.period.key if came.period else ""}
    measure = said(measure_named(came.key).title, f) if came.key else ""
    return CostsPage(
        listing=with_query(folder, period),
        measure=(with_query(f"{folder}/{came.key}", period), measure) if came.key else None,
        origin=(program.data_origin or {}).get(f.language, ""),
        action=costs_address(program.program_id, came),
        withdraw=with_query(f"{folder}/costs/withdraw", came.said),
        currency=f.currency,
        kinds=spend_kinds(f),
        sheets=[_entered(make_sheet(name, entered, program, f), folder, done, f) for name in SHEETS],
        forms=forms,
    )


def _entered(sheet: Sheet, folder: str, done: str, f: Format) -> EnteredSheet:
    words, shown = f.words, len(sheet.lines)
    title, about, nothing = _said(sheet.name, f)
    call, command = _ELSEWHERE.get(sheet.name, ("", ""))
    how = words.gettext("Send them with `%(call)s`, or bring them in from a file:", call=call) if call else ""
    counted = words.ngettext("%(n)s entry, latest first", "%(n)s entries, latest first", shown, n=f.number(shown))
    if sheet.total > shown:
        counted = words.gettext("The latest %(n)s of %(total)s", n=f.number(shown), total=f.number(sheet.total))
    notices = {
        sheet.name: words.gettext("Entered. The figures count it from now on."),
        f"{sheet.name}-withdrawn": words.gettext("Withdrawn. The figures no longer count it."),
    }
    csv = f"{folder}/costs/{sheet.name}/entered.csv"
    return EnteredSheet(sheet, title, about, nothing, how, command, counted, csv, notices.get(done, ""))


def _said(name: str, f: Format) -> tuple[str, str, str]:
    words = f.words
    return {
        "point-cost": (
            words.gettext("Cost of a point"),
            words.gettext("What a redeemed point costs you, and the share of points that are never spent."),
            words.gettext("No cost of a point is entered, so the points liability is not known."),
        ),
        "spend": (
            words.gettext("Money spent"),
            words.gettext("On winning customers, enrolling members, and running the programme."),
            words.gettext("No money spent is entered, so it is not known what a new customer or member costs."),
        ),
        "unit-costs": (
            words.gettext("Unit costs"),
            words.gettext("What a unit of an article costs you, from a day on. A purchase line’s own cost wins."),
            words.gettext("No unit costs are entered, so profit is known only where purchases bring their costs."),
        ),
        "leads": (
            words.gettext("Leads"),
            words.gettext("Who might become a customer."),
            words.gettext("No leads are entered, so it is not known how many of them become customers."),
        ),
    }[name]
