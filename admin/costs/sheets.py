"""What is entered, in words: a table for each kind, which is also a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from admin.costs.reading import decimals_of
from admin.csv_file import Cell
from admin.format import MISSING, Format
from kpi.inputs.facts import SpendKind
from kpi.inputs.staff import Entered
from loyalty.programs.facts import ProgramFacts

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Column:
    """A column: its heading, and the class of its cells."""

    name: str
    style: str = ""


@dataclass(frozen=True)
class Line:
    """One entry: its cells as text and as a file holds them. `undo` is what the form that withdraws it sends."""

    shown: Sequence[str]
    exact: Sequence[Cell]
    undo: Mapping[str, str]
    name: str


@dataclass(frozen=True)
class Sheet:
    """One kind. `name` is its place on the page."""

    name: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    total: int


def make_sheet(name: str, entered: Entered, program: ProgramFacts, f: Format) -> Sheet:
    """Put one kind into words."""
    return SHEETS[name](entered, program, f)


def spend_kinds(f: Format) -> dict[SpendKind, str]:
    """Say what money may have been for."""
    words = f.words
    return {
        "acquisition": words.gettext("Winning customers"),
        "enrolment": words.gettext("Enrolling members"),
        "running": words.gettext("Running the programme"),
    }


def _point_costs(entered: Entered, program: ProgramFacts, f: Format) -> Sheet:
    words, lines = f.words, []
    until = None
    for row in entered.point_costs.rows:
        cost, share = row.cost_minor.scaleb(-program.digits), row.breakage
        first, last = f.date(row.from_on), f.date(until) if until else words.gettext("further notice")
        shown = [first, last, _money(row.cost_minor, program, f), f.percent(float(share), decimals_of(100 * share, 0))]
        exact: list[Cell] = [
            row.from_on.isoformat(),
            until.isoformat() if until else None,
            float(cost),
            float(100 * share),
        ]
        name = words.gettext("Withdraw the cost of a point from %(day)s", day=first)
        lines.append(Line(shown, exact, {"from_on": row.from_on.isoformat()}, name))
        until = row.from_on - _DAY
    columns = [
        Column(words.gettext("From")),
        Column(words.gettext("Until")),
        Column(words.gettext("Cost of a point"), "r"),
        Column(words.gettext("Never spent"), "r"),
    ]
    return Sheet("point-cost", columns, lines, entered.point_costs.total)


def _spend(entered: Entered, program: ProgramFacts, f: Format) -> Sheet:
    words, kinds, lines = f.words, spend_kinds(f), []
    for row in entered.spend.rows:
        day, amount = f.date(row.booked_on), f.money(row.amount_minor)
        name = words.gettext("Withdraw %(amount)s of %(day)s", amount=amount, day=day)
        shown = [day, kinds[row.kind], row.channel or MISSING, row.note or MISSING, amount]
        exact: list[Cell] = [row.booked_on.isoformat(), kinds[row.kind], row.channel, row.note]
        exact.append(float(Decimal(row.amount_minor).scaleb(-program.digits)))
        lines.append(Line(shown, exact, {"spend_id": row.spend_id}, name))
    columns = [
        Column(words.gettext("Booked on")),
        Column(words.gettext("For")),
        Column(words.gettext("Channel"), "low"),
        Column(words.gettext("Note"), "low"),
        Column(words.gettext("Amount"), "r"),
    ]
    return Sheet("spend", columns, lines, entered.spend.total)


def _leads(entered: Entered, program: ProgramFacts, f: Format) -> Sheet:
    words, lines = f.words, []
    said = {True: words.gettext("Qualified"), False: words.gettext("Not qualified")}
    for row in entered.leads.rows:
        day, who = row.created_at.astimezone(program.zone).date(), row.email or row.external_id
        shown = [row.lead_id, f.date(day), said[row.qualified], row.channel or MISSING, who or MISSING]
        lines.append(Line(shown, [row.lead_id, day.isoformat(), said[row.qualified], row.channel, who], {}, ""))
    columns = [
        Column(words.gettext("Lead")),
        Column(words.gettext("Created")),
        Column(words.gettext("Quality")),
        Column(words.gettext("Channel"), "low"),
        Column(words.gettext("Customer"), "low"),
    ]
    return Sheet("leads", columns, lines, entered.leads.total)


def _unit_costs(entered: Entered, program: ProgramFacts, f: Format) -> Sheet:
    words, lines = f.words, []
    for row in entered.unit_costs.rows:
        cost = float(Decimal(row.unit_cost_minor).scaleb(-program.digits))
        exact: list[Cell] = [row.sku, row.from_on.isoformat(), cost]
        lines.append(Line([row.sku, f.date(row.from_on), f.money(row.unit_cost_minor)], exact, {}, ""))
    columns = [
        Column(words.gettext("Article")),
        Column(words.gettext("From")),
        Column(words.gettext("Cost of a unit"), "r"),
    ]
    return Sheet("unit-costs", columns, lines, entered.unit_costs.total)


def _money(minor: Decimal, program: ProgramFacts, f: Format) -> str:
    """Write an amount with all its decimals: a point may cost less than the smallest coin."""
    return f.money(float(minor), decimals_of(minor.scaleb(-program.digits), program.digits))


SHEETS: dict[str, Callable[[Entered, ProgramFacts, Format], Sheet]] = {
    "point-cost": _point_costs,
    "spend": _spend,
    "unit-costs": _unit_costs,
    "leads": _leads,
}
