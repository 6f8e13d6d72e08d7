"""The list of all measures, in words: the value of the period, members beside non-members, and the run around it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.choice import Choice
from admin.costs.addresses import CameFrom, costs_address
from admin.format import MISSING, Format
from admin.impact.notes import Freshness, make_freshness
from admin.impact.sources import formula_said, said
from admin.impact.tile_pictures import draw_sparkline
from admin.impact.tiles import is_enough, is_proven, partial_chip
from admin.kpis.groups import grouped
from admin.kpis.marks import chips
from admin.period_names import PeriodNames
from admin.periods import Calendar
from admin.picker import Picker, address, make_picker
from admin.series import SIDES, is_counted
from admin.units import unit_named
from kpi.answers import Answer, Overview, Series
from kpi.measure import MEASURES, measure_named
from loyalty.programs.facts import ProgramFacts


@dataclass(frozen=True)
class KpiRow:
    """One measure. `values` are those of everybody, members and non-members, empty where it does not tell them apart.

    `reason` stands instead of all of them; `proven` says that the interval of the difference leaves zero out.
    """

    key: str
    address: str
    title: str
    formula: str
    values: Sequence[str]
    difference: str
    proven: bool
    reason: str
    chips: Sequence[str]
    sparkline: Markup | None


@dataclass(frozen=True)
class KpiGroup:
    """Measures about one thing."""

    key: str
    title: str
    question: str
    rows: Sequence[KpiRow]


@dataclass(frozen=True)
class KpiList:
    """The page."""

    origin: str
    picker: Picker
    csv: str
    costs: str
    period: str
    days: str
    place: str
    partial: str
    groups: Sequence[KpiGroup]
    freshness: Freshness


def listed_keys() -> list[str]:
    """List every measure once: another name of one is shown under that one."""
    return [key for key, kind in MEASURES.all().items() if kind.alias_of is None]


def make_list(program: ProgramFacts, calendar: Calendar, choice: Choice, overview: Overview, f: Format) -> KpiList:
    """Put all measures over a period into words."""
    names, folder = PeriodNames(f, choice.period), f"/admin/p/{program.program_id}/kpis"
    told = list(overview.answers)
    some = overview.answers[told[0]]
    return KpiList(
        origin=(program.data_origin or {}).get(f.language, ""),
        picker=make_picker(folder, calendar, names, choice.against),
        csv=address(f"{folder}.csv", choice.period, choice.against),
        costs=costs_address(program.program_id, CameFrom(period=choice.period)),
        period=names.full(choice.period),
        days=names.days(choice.period),
        place=f.place(program.timezone),
        partial=partial_chip(some, names),
        groups=[
            KpiGroup(
                group.key,
                f.words.gettext(group.title),
                f.words.gettext(group.question) if group.question else "",
                [_row(overview.answers[key], overview.series[key], folder, choice, names) for key in keys],
            )
            for group, keys in grouped(told)
        ],
        freshness=make_freshness(some, overview.counted, names),
    )


def _row(answer: Answer, series: Series, folder: str, choice: Choice, names: PeriodNames) -> KpiRow:
    f, figures, unit = names.f, answer.figures, unit_named(answer.unit)
    measure = measure_named(answer.key)
    apart = set(SIDES) <= set(figures.segments)
    apart = apart and not is_counted(figures)
    compared = apart and is_enough(figures)
    return KpiRow(
        key=answer.key,
        address=address(f"{folder}/{answer.key}", choice.period, choice.against),
        title=said(measure.title, f),
        formula=formula_said(measure, f),
        values=[
            unit.brief(f, figures.segments[side].value) if side in figures.segments else "" for side in ("all", *SIDES)
        ],
        difference=unit.difference(f, figures.difference.value) if compared else MISSING if apart else "",
        proven=compared and is_proven(figures),
        reason=said(figures.reason.text, f) if figures.reason else "",
        chips=chips(answer, "", f),
        sparkline=draw_sparkline(series, names, captions=False) if _is_drawn(series) else None,
    )


def _is_drawn(series: Series) -> bool:
    return any(ratio.value is not None for figures in series.periods for ratio in figures.segments.values())
