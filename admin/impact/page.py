"""What the Impact page says, made of ready texts: the answer first, then the numbers, then how we know."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.format import Format
from admin.impact.hero import Hero, make_hero
from admin.impact.notes import Freshness, make_freshness, make_notes, retention_note
from admin.impact.retention import RetentionRow, retention_rows
from admin.impact.sources import Source, make_sources
from admin.impact.tiles import Tile, make_tile
from admin.period_names import PeriodNames
from admin.periods import PURCHASES_TO_OPEN_ON, Against, Calendar, CalendarPeriod, Opening
from admin.picker import Picker, address, make_picker
from kpi.answers import Overview
from loyalty.programs.facts import ProgramFacts

KEYS = ("retention_rate", "loyal_conversion", "aov", "orders_per_active")


@dataclass(frozen=True)
class Choice:
    """What the address asks for, understood. `opening` is there when it asks for no period, so the page chose one."""

    period: CalendarPeriod
    against: Against
    opening: Opening | None


@dataclass(frozen=True)
class ImpactPage:
    """The page, top to bottom. `opened_on` says why this period, when the reader did not choose one."""

    picker: Picker
    csv: str
    retention_csv: str
    origin: str
    opened_on: str
    hero: Hero
    period: str
    days: str
    place: str
    tiles: Sequence[Tile]
    notes: Sequence[str]
    grain: str
    retention: Sequence[RetentionRow]
    retention_note: str
    freshness: Freshness
    sources: Sequence[Source]


def make_page(program: ProgramFacts, calendar: Calendar, choice: Choice, overview: Overview, f: Format) -> ImpactPage:
    """Put the facts of a period into words."""
    names = PeriodNames(f, choice.period)
    folder = f"/admin/p/{program.program_id}"
    return ImpactPage(
        picker=make_picker(f"{folder}/impact", calendar, names, choice.against),
        csv=address(f"{folder}/impact.csv", choice.period, choice.against),
        retention_csv=address(f"{folder}/retention.csv", choice.period, choice.against),
        origin=(program.data_origin or {}).get(f.language, ""),
        opened_on=_opened_on(choice.opening, names) if choice.opening else "",
        hero=make_hero(overview.answers["retention_rate"], names),
        period=names.full(choice.period),
        days=names.days(choice.period),
        place=f.place(program.timezone),
        tiles=[make_tile(overview.answers[key], overview.series[key], names) for key in KEYS],
        notes=make_notes(overview, names),
        grain=choice.period.grain.value,
        retention=retention_rows(overview.series["retention_rate"], names),
        retention_note=retention_note(overview, names),
        freshness=make_freshness(overview, names),
        sources=make_sources([overview.answers[key] for key in KEYS], f),
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
