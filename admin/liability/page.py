"""The page of points and liability, made of ready texts: the chosen period line by line, then all around it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from admin.choice import Choice
from admin.csv_file import Cell
from admin.format import MINUS, Format
from admin.impact.points import PointsRow
from admin.impact.sources import said
from admin.liability.lines import CLOSING, OPENING, TITLES, lines_of
from admin.period_names import PeriodNames
from admin.periods import Against, Calendar, Line
from admin.picker import Picker, address, make_picker
from admin.series import Named
from admin.window import names_of
from kpi.liability.actions import Liability, Period
from kpi.reasons import NO_POINT_COST
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts

DRAWN = (mark("Issued"), mark("Redeemed"), mark("Expired"), mark("Outstanding at the end"))


@dataclass(frozen=True)
class RollLine:
    """A line of the chosen period."""

    name: str
    points: str
    money: str
    total: bool
    about: str = ""


@dataclass(frozen=True)
class PeriodRow:
    """A period in the table: `points` go by `TITLES`, then what is outstanding and owed; `money` is the liability."""

    name: str
    chosen: bool
    partial: bool
    points: Sequence[str]
    money: str


@dataclass(frozen=True)
class BreakagePart:
    """What is said of breakage. `share` is empty where there are too few data, and `reason` says so."""

    share: str
    interval: str
    basis: str
    reason: str
    entered: str
    liability: str


@dataclass(frozen=True)
class LiabilityPage:
    """The page. `reason` says why there is no money; `chart` has a row for each period, with what is drawn of it."""

    origin: str
    picker: Picker
    csv: str
    kpis: str
    period: str
    days: str
    place: str
    partial: bool
    outstanding: str
    owed: str
    liability: str
    reason: str
    roll: Sequence[RollLine]
    breakage: BreakagePart
    drawn: Sequence[str]
    chart: Sequence[PointsRow]
    titles: Sequence[str]
    rows: Sequence[PeriodRow]
    as_of: str

    @property
    def is_drawn(self) -> bool:
        """Whether there is a point to draw."""
        return any(value for row in self.chart for _, value in row.values)


def make_liability(
    program: ProgramFacts, calendar: Calendar, choice: Choice, line: Line, told: Liability, f: Format
) -> LiabilityPage:
    """Put the roll-forward into words."""
    names, path = PeriodNames(f, choice.period), f"/admin/p/{program.program_id}/liability"
    one = chosen_of(choice, told)
    closing = one.roll.closing
    return LiabilityPage(
        origin=(program.data_origin or {}).get(f.language, ""),
        picker=replace(make_picker(path, calendar, names, Against.PREVIOUS), againsts=[]),
        csv=address(f"{path}.csv", choice.period, Against.PREVIOUS),
        kpis=address(f"/admin/p/{program.program_id}/kpis/points_liability", choice.period, Against.PREVIOUS),
        period=names.listed(choice.period),
        days=names.days(choice.period),
        place=f.place(program.timezone),
        partial=one.partial,
        outstanding=f.number(closing.outstanding),
        owed=f.number(closing.debt),
        liability=f.money(one.money.liability) if one.money else "",
        reason="" if one.money else said(NO_POINT_COST.text, f),
        roll=_roll(one, f),
        breakage=_breakage(told, one, f),
        drawn=[f.words.gettext(title) for title in DRAWN],
        chart=[_chart_row(each, named, f) for each, named in _shown(line, choice, told, f)],
        titles=[f.words.gettext(title) for title in TITLES],
        rows=[_period_row(each, named, f) for each, named in _shown(line, choice, told, f)],
        as_of=f.instant(told.known.data_as_of, program.timezone),
    )


def liability_table(
    program: ProgramFacts, choice: Choice, line: Line, told: Liability, f: Format
) -> tuple[list[str], list[list[Cell]]]:
    """Give the table of the page as a file holds it: points are whole, money in the currency's own units."""
    words = f.words
    header = [words.gettext("Period"), *(words.gettext(title) for title in TITLES)]
    header += [words.gettext("Outstanding"), words.gettext("Owed")]
    header += [f"{words.gettext('Liability')} ({program.currency})"]
    rows: list[list[Cell]] = []
    for one, named in _shown(line, choice, told, f):
        closing = one.roll.closing
        money = f.in_major(one.money.liability) if one.money else None
        points = [each.points for each in lines_of(one)]
        rows.append([named.name, *points, closing.outstanding, closing.debt, money])
    return header, rows


def chosen_of(choice: Choice, told: Liability) -> Period:
    """Find the chosen period among those told."""
    return next(one for one in told.periods if one.roll.days.start == choice.period.start)


def _shown(line: Line, choice: Choice, told: Liability, f: Format) -> list[tuple[Period, Named]]:
    """Leave out what lies before the first point, but not the chosen period."""
    named = names_of(line, choice.period, f)
    several = [(one, named[one.roll.days]) for one in told.periods]
    first = next((at for at, (one, name) in enumerate(several) if name.chosen or _has_points(one)), 0)
    return several[first:]


def _has_points(one: Period) -> bool:
    return any(each.points for each in lines_of(one)) or one.roll.closing.debt > 0


def _roll(one: Period, f: Format) -> list[RollLine]:
    words = f.words
    rows = []
    for each in lines_of(one):
        points = f.number(each.points) if each.total else _signed(each.points, f.number(abs(each.points)))
        money = "" if each.money is None else f.money(each.money)
        if each.money is not None and not each.total:
            money = _signed(each.money, f.money(abs(each.money)))
        if each.title == CLOSING and one.money and one.money.revalued:
            revalued = _signed(one.money.revalued, f.money(abs(one.money.revalued)))
            about = words.gettext("A new cost of a point, and rounding")
            rows.append(RollLine(words.gettext("Valued anew"), "", revalued, total=False, about=about))
        rows.append(
            RollLine(words.gettext(each.title), points, money, total=each.total, about=_about(each.title, one, f))
        )
    return rows


def _about(title: str, one: Period, f: Format) -> str:
    """Say what a line is made of, where that is not plain."""
    words, flows = f.words, one.roll.flows
    if title in {OPENING, CLOSING}:
        stock = one.roll.opening if title == OPENING else one.roll.closing
        if stock.debt:
            held, owed = f.number(stock.outstanding), f.number(stock.debt)
            return words.gettext("%(held)s held less %(owed)s owed", held=held, owed=owed)
        return ""
    if title == "Adjusted" and (flows.merged or flows.erased):
        return words.gettext(
            "by staff %(staff)s, merges %(merged)s, erasures %(erased)s",
            staff=_signed(flows.by_staff, f.number(abs(flows.by_staff))),
            merged=_signed(flows.merged, f.number(abs(flows.merged))),
            erased=_signed(flows.erased, f.number(abs(flows.erased))),
        )
    if title == "Expired" and flows.forfeited:
        return words.gettext("of them %(n)s lost by leaving", n=f.number(flows.forfeited))
    return ""


def _breakage(told: Liability, one: Period, f: Format) -> BreakagePart:
    words, found = f.words, told.breakage
    interval = f.between(f.percent(found.ci95[0]), f.percent(found.ci95[1])) if found.ci95 else ""
    return BreakagePart(
        share=f.percent(found.share) if found.share is not None else "",
        interval=interval,
        basis=words.ngettext(
            "%(points)s points of %(n)s customer",
            "%(points)s points of %(n)s customers",
            found.customers,
            points=f.number(found.decided),
            n=f.number(found.customers),
        ),
        reason=said(found.reason.text, f) if found.reason else "",
        entered=f.percent(float(one.worth.breakage)) if one.worth else "",
        liability="" if told.estimated_minor is None else f.money(told.estimated_minor),
    )


def _chart_row(one: Period, named: Named, f: Format) -> PointsRow:
    flows = one.roll.flows
    values = (flows.issued, flows.redeemed, flows.expired, one.roll.closing.outstanding)
    return PointsRow(
        name=named.name,
        short=named.short,
        chosen=named.chosen,
        partial=one.partial,
        values=[(f.number(value), float(value)) for value in values],
    )


def _period_row(one: Period, named: Named, f: Format) -> PeriodRow:
    closing = one.roll.closing
    points = [f.number(each.points) for each in lines_of(one)]
    return PeriodRow(
        name=named.name,
        chosen=named.chosen,
        partial=one.partial,
        points=[*points, f.number(closing.outstanding), f.number(closing.debt)],
        money=f.money(one.money.liability if one.money else None),
    )


def _signed(number: int, written: str) -> str:
    return written if number == 0 else f"{'+' if number > 0 else MINUS}{written}"
