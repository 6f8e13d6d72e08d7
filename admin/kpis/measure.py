"""The page of a measure, made of ready texts: the figure, its run, what it means, and what it was made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.choice import Choice
from admin.costs.addresses import CameFrom, costs_address, place_of
from admin.format import MISSING, Format
from admin.impact.flow import KEY as FLOW
from admin.impact.flow import Flow, make_flow
from admin.impact.notes import Freshness, make_freshness
from admin.impact.sources import Source, formula_said, make_source, said
from admin.impact.tile_pictures import draw_dumbbell
from admin.impact.tiles import ENOUGH, LONG, is_enough, is_proven, partial_chip
from admin.kpis.behind import who_did
from admin.kpis.columns import Column, make_column
from admin.kpis.counts import Count, make_counts
from admin.kpis.marks import chips, is_waited_for, notes
from admin.kpis.migration import Migration, make_migration
from admin.kpis.pictures.page import Pictures, make_pictures
from admin.period_names import PeriodNames
from admin.periods import Calendar, Line
from admin.picker import Picker, address, make_picker
from admin.series import SIDES, SeriesFigure, is_counted, series_rows, sides_of
from admin.units import unit_named
from admin.window import GRAINS, grain_name, grain_title, names_of
from kpi.answers import Answer, Figures, Overview
from kpi.measure import measure_named
from kpi.periods import Grain
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.staff import TiersSeen


@dataclass(frozen=True)
class Gap:
    """Members less non-members. `few` and `unproven` are said instead of a bold difference."""

    value: str
    interval: str
    few: bool
    unproven: bool


@dataclass(frozen=True)
class MeasurePage:
    """The page, top to bottom. `enter`: where to enter what the figure lacks, empty where that does not help.

    `again` is the address to ask again while an interval is being computed.
    """

    key: str
    title: str
    origin: str
    listing: str
    picker: Picker
    period: str
    days: str
    place: str
    chips: Sequence[str]
    reason: str
    enter: str
    columns: Sequence[Column]
    who_did: str
    who_did_not: str
    dumbbell: Markup | None
    gap: Gap | None
    enough: int
    notes: Sequence[str]
    flow: Flow | None
    flow_csv: str
    migration: Migration | None
    pictures: Pictures
    measures: Mapping[str, str]
    figure: SeriesFigure
    source: Source
    additivity: str
    inputs: Sequence[str]
    split: str
    counts: Sequence[Count]
    freshness: Freshness
    again: str

    @property
    def size(self) -> str:
        """How long the values are, as a class for the style sheet: all are always written in the same size."""
        return "long" if max(len(column.value) for column in self.columns) > LONG else "short"


@dataclass(frozen=True)
class MeasureAsked:
    """What the address of a measure's page asks for, understood, and the chart's periods."""

    key: str
    choice: Choice
    line: Line
    sees_people: bool

    @property
    def by(self) -> str:
        """The grain of the chart as the address says it: not at all when it is that of the chosen period."""
        return "" if self.line.grain == self.choice.period.grain.value else self.line.grain


def make_measure(
    program: ProgramFacts,
    calendar: Calendar,
    asked: MeasureAsked,
    overview: Overview,
    f: Format,
    tiers: TiersSeen | None = None,
) -> MeasurePage:
    """Put a measure over a period into words; `tiers` are needed for the moves between them."""
    choice, answer, measure = asked.choice, overview.answers[asked.key], measure_named(asked.key)
    names, folder = PeriodNames(f, choice.period), f"/admin/p/{program.program_id}/kpis"
    path = f"{folder}/{asked.key}"
    everything = [answer.figures, *overview.series[asked.key].periods]
    reason = answer.figures.reason
    return MeasurePage(
        key=asked.key,
        title=said(measure.title, f),
        origin=(program.data_origin or {}).get(f.language, ""),
        listing=address(folder, choice.period, choice.against),
        picker=make_picker(path, calendar, names, choice.against, by=asked.by),
        period=names.listed(choice.period),
        days=names.days(choice.period),
        place=f.place(program.timezone),
        chips=chips(answer, partial_chip(answer, names), f),
        reason=said(reason.text, f) if reason else "",
        enter=_enter(program, asked, place_of(reason)),
        columns=[make_column(answer, side, names, path if asked.sees_people else "") for side in _shown(answer)],
        who_did=who_did(asked.key, f.words)[0],
        who_did_not=who_did(asked.key, f.words)[1],
        dumbbell=draw_dumbbell(answer, f) if _is_held_apart(answer.figures) else None,
        gap=_gap(answer, f),
        enough=ENOUGH,
        notes=notes(answer.figures, f),
        flow=make_flow(answer, names) if asked.key == FLOW else None,
        flow_csv=address(f"/admin/p/{program.program_id}/flow.csv", choice.period, choice.against),
        migration=make_migration(answer.figures.counts, tiers, f) if tiers else None,
        pictures=make_pictures(answer, overview, address(f"{path}/picture.csv", choice.period, choice.against), f),
        measures={asked.key: address(path, choice.period, choice.against)},
        figure=_figure(path, asked, overview, f),
        source=make_source(answer, f),
        additivity=measure.additivity,
        inputs=measure.inputs,
        split=measure.split,
        counts=make_counts(answer.figures, f),
        freshness=make_freshness(answer, overview.counted, names),
        again=address(path, choice.period, choice.against, by=asked.by) if is_waited_for(everything) else "",
    )


def _enter(program: ProgramFacts, asked: MeasureAsked, place: str) -> str:
    came = CameFrom(asked.key, asked.choice.period)
    return f"{costs_address(program.program_id, came)}#{place}" if place else ""


def _shown(answer: Answer) -> list[str]:
    return [side for side in (*SIDES, "all") if side in answer.figures.segments]


def _is_held_apart(figures: Figures) -> bool:
    return set(SIDES) <= set(figures.segments) and not is_counted(figures)


def _gap(answer: Answer, f: Format) -> Gap | None:
    """Tell the difference, where both sides are divided by something: counts of two groups of any size have none."""
    figures, unit = answer.figures, unit_named(answer.unit)
    if not _is_held_apart(figures) or figures.difference.value is None:
        return None
    enough = is_enough(figures)
    return Gap(
        value=unit.difference(f, figures.difference.value) if enough else MISSING,
        interval=unit.interval(f, figures.difference.ci95) if enough else "",
        few=not enough,
        unproven=enough and figures.difference.ci95 is not None and not is_proven(figures),
    )


def _figure(path: str, asked: MeasureAsked, overview: Overview, f: Format) -> SeriesFigure:
    words, choice, series = f.words, asked.choice, overview.series[asked.key]
    measure, figures = measure_named(asked.key), overview.answers[asked.key].figures
    counted = is_counted(figures)
    return SeriesFigure(
        id="series",
        title=grain_title(asked.line.grain, f),
        about=formula_said(measure, f),
        rows=series_rows(series, names_of(asked.line, choice.period, f), f),
        sides=sides_of(figures),
        kind="columns" if counted and measure.additivity != "semi" else "lines",
        unit=series.unit,
        currency=f.currency,
        counted=counted,
        note=words.gettext("Dotted or dashed: the period is not over yet.") * _has_partial(overview, asked.key),
        csv=address(f"{path}/series.csv", choice.period, choice.against, by=asked.by),
        definition="#definition",
        nothing=words.gettext("Nothing to show for these periods."),
        grains=[
            (
                grain_name(grain, f),
                address(path, choice.period, choice.against, by=_by(grain, asked)),
                grain == asked.line.grain,
            )
            for grain in GRAINS
        ],
    )


def _by(grain: Grain, asked: MeasureAsked) -> str:
    return "" if grain == asked.choice.period.grain.value else grain


def _has_partial(overview: Overview, key: str) -> bool:
    return any(figures.partial for figures in overview.series[key].periods)
