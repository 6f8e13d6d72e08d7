"""What the Impact page says, made of ready texts: the answer first, then the numbers, then how we know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin.choice import Choice
from admin.format import Format
from admin.impact import flow, points
from admin.impact.flow import Flow, make_flow
from admin.impact.hero import Hero, make_hero
from admin.impact.notes import Freshness, make_freshness, make_notes, retention_note
from admin.impact.opinion import KEY as OPINION
from admin.impact.opinion import Opinion, make_opinion
from admin.impact.points import PointsPart, make_points
from admin.impact.sources import Source, make_sources
from admin.impact.tiles import Tile, make_tile
from admin.period_names import PeriodNames
from admin.periods import PURCHASES_TO_OPEN_ON, Against, Calendar, Grain, Line, Opening
from admin.picker import Picker, address, make_picker
from admin.series import SIDES, SeriesFigure, SeriesRow, series_rows
from admin.window import names_of
from kpi.answers import Overview
from kpi.measure import MEASURES
from kpi.periods import Days
from kpi.periods import grain_named as kpi_grain
from loyalty.programs.facts import ProgramFacts

KEYS = ("retention_rate", "loyal_conversion", "aov", "orders_per_active")


def keys() -> list[str]:
    """List the measures that the page shows: its tiles', and of the flow and of points those that there are."""
    return [*KEYS, OPINION, *(key for key in (flow.KEY, *points.KEYS) if MEASURES.find(key))]


@dataclass(frozen=True)
class ImpactPage:
    """The page, top to bottom. `opened_on` says why this period, when the reader did not choose one."""

    picker: Picker
    csv: str
    origin: str
    opened_on: str
    hero: Hero
    period: str
    days: str
    place: str
    tiles: Sequence[Tile]
    notes: Sequence[str]
    opinion: Opinion
    retention: SeriesFigure
    flow: Flow
    flow_csv: str
    points: PointsPart
    points_csv: str
    liability: str
    measures: Mapping[str, str]
    freshness: Freshness
    sources: Sequence[Source]


def make_page(program: ProgramFacts, calendar: Calendar, choice: Choice, overview: Overview, f: Format) -> ImpactPage:
    """Put the facts of a period into words."""
    names = PeriodNames(f, choice.period)
    folder = f"/admin/p/{program.program_id}"
    return ImpactPage(
        picker=make_picker(f"{folder}/impact", calendar, names, choice.against),
        csv=address(f"{folder}/impact.csv", choice.period, choice.against),
        origin=(program.data_origin or {}).get(f.language, ""),
        opened_on=_opened_on(choice.opening, names) if choice.opening else "",
        hero=make_hero(overview.answers["retention_rate"], names),
        period=names.full(choice.period),
        days=names.days(choice.period),
        place=f.place(program.timezone),
        tiles=[make_tile(overview.answers[key], overview.series[key], names) for key in KEYS],
        notes=make_notes(overview, names),
        opinion=make_opinion(overview.answers[OPINION], overview.series[OPINION], names),
        retention=_retention(overview, names, address(f"{folder}/retention.csv", choice.period, choice.against)),
        flow=make_flow(overview.answers.get(flow.KEY), names),
        flow_csv=address(f"{folder}/flow.csv", choice.period, choice.against),
        points=make_points(overview, names),
        points_csv=address(f"{folder}/points.csv", choice.period, choice.against),
        liability=address(f"{folder}/liability", choice.period, Against.PREVIOUS),
        measures={key: address(f"{folder}/kpis/{key}", choice.period, choice.against) for key in overview.answers},
        freshness=make_freshness(overview.answers["aov"], overview.counted, names),
        sources=make_sources([overview.answers[key] for key in KEYS], f),
    )


def retention_line(overview: Overview, names: PeriodNames) -> list[SeriesRow]:
    """Give retention period by period, for the chart and for the file."""
    series, grain = overview.series["retention_rate"], kpi_grain(names.chosen.grain.value)
    line = Line(grain, [Days(figures.period.start, figures.period.end) for figures in series.periods])
    return series_rows(series, names_of(line, names.chosen, names.f), names.f)


def _retention(overview: Overview, names: PeriodNames, csv: str) -> SeriesFigure:
    words, grain = names.f.words, names.chosen.grain
    title = {
        Grain.MONTH: words.gettext("Retention by month"),
        Grain.QUARTER: words.gettext("Retention by quarter"),
        Grain.YEAR: words.gettext("Retention by year"),
    }[grain]
    about = {
        Grain.MONTH: words.gettext(
            "Of those who bought the month before, the share that bought again. Status at the start of the month."
        ),
        Grain.QUARTER: words.gettext(
            "Of those who bought the quarter before, the share that bought again. Status at the start of the quarter."
        ),
        Grain.YEAR: words.gettext(
            "Of those who bought the year before, the share that bought again. Status at the start of the year."
        ),
    }[grain]
    return SeriesFigure(
        id="retention",
        title=title,
        about=about,
        rows=retention_line(overview, names),
        sides=SIDES,
        kind="lines",
        unit="ratio",
        currency=names.f.currency,
        counted=False,
        note=retention_note(overview, names),
        csv=csv,
        definition="#about-retention_rate",
        nothing=words.gettext("Retention needs purchases in the period before."),
    )


def _opened_on(opening: Opening, names: PeriodNames) -> str:
    words, period = names.f.words, names.full(opening.period)
    if opening.why == "wished":
        return words.gettext("The page opens on %(period)s, as set for this programme.", period=period)
    if opening.why == "last":
        return words.gettext("The page opens on %(period)s, the last month with purchases.", period=period)
    return words.gettext(
        "The page opens on %(period)s, the last complete month with at least %(n)s purchases.",
        period=period,
        n=PURCHASES_TO_OPEN_ON,
    )
