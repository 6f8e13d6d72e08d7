"""The customers behind a figure: who is in its numerator, and who only in its denominator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from admin.csv_file import Cell
from admin.few_answers import SCORE
from admin.format import Format
from admin.impact.sources import formula_said, said
from admin.members.addresses import id_of, with_query
from admin.members.listing import Row, make_row, status_of
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.series import SIDES
from kpi.measure import Measure, measure_named
from loyalty.i18n import Words
from loyalty.members.people import Found
from loyalty.programs.facts import ProgramFacts

PARTS = ("numerator", "denominator_only")
SEGMENTS = ("all", *SIDES)


@dataclass(frozen=True)
class BehindAsked:
    """What the address asks for. `after`: the last one of the page before."""

    key: str
    period: CalendarPeriod
    segment: str
    part: str
    after: UUID | None

    @classmethod
    def of(cls, key: str, period: CalendarPeriod, said_in: Mapping[str, str]) -> "BehindAsked":
        """Understand an address; what it says that there is not means everybody in the numerator."""
        segment, part = said_in.get("segment", ""), said_in.get("part", "")
        return cls(
            key,
            period,
            segment if segment in SEGMENTS and measure_named(key).split != "none" else SEGMENTS[0],
            part if part in PARTS else PARTS[0],
            id_of(said_in.get("after", "")),
        )

    @property
    def said(self) -> dict[str, str]:
        """Say it as an address does: what goes without saying is empty."""
        return {
            "period": self.period.key,
            "segment": "" if self.segment == SEGMENTS[0] else self.segment,
            "part": "" if self.part == PARTS[0] else self.part,
            "after": self.after.hex if self.after else "",
        }


@dataclass(frozen=True)
class Crowd:
    """A page of them, in the order of their ids. `counts` are of the whole segment, by part."""

    counts: Mapping[str, int]
    people: Sequence[Found]
    more: bool


@dataclass(frozen=True)
class Choosing:
    """One of a few that can be shown."""

    name: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class BehindPage:
    """The page, top to bottom."""

    listing: str
    measure: str
    title: str
    period: str
    what: str
    segments: Sequence[Choosing]
    parts: Sequence[Choosing]
    rows: Sequence[Row]
    counted: str
    csv: str
    first: str
    following: str


def make_behind(program: ProgramFacts, asked: BehindAsked, crowd: Crowd, f: Format) -> BehindPage:
    """Put the customers behind a figure into words."""
    words, measure = f.words, measure_named(asked.key)
    names = PeriodNames(f, asked.period)
    folder = f"/admin/p/{program.program_id}"
    path = f"{folder}/kpis/{asked.key}/customers"
    begun = replace(asked, after=None)
    last = crowd.people[-1].customer_id if crowd.people else None
    total = crowd.counts[asked.part]
    return BehindPage(
        listing=f"{folder}/kpis?period={asked.period.key}",
        measure=f"{folder}/kpis/{asked.key}?period={asked.period.key}",
        title=said(measure.title, f),
        period=names.full(asked.period),
        what=formula_said(measure, f),
        segments=_segments(path, begun, measure, f),
        parts=_parts(path, begun, crowd, f),
        rows=[make_row(f"{folder}/members", person, f, program.zone) for person in crowd.people],
        counted=words.ngettext("%(n)s customer", "%(n)s customers", total, n=f.number(total)),
        csv=with_query(f"{path}.csv", begun.said),
        first=with_query(path, begun.said) if asked.after else "",
        following=with_query(path, replace(asked, after=last).said) if crowd.more else "",
    )


def behind_table(program: ProgramFacts, crowd: Crowd, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give all of them as a file."""
    words = f.words
    header = [words.gettext("Name"), words.gettext("E-mail"), words.gettext("Shop’s ids"), words.gettext("Status")]
    return header, [
        [person.name, person.email, " ".join(person.ids), status_of(person, f, program.zone)] for person in crowd.people
    ]


def people_address(path: str, period: CalendarPeriod, segment: str, part: str) -> str:
    """Lead from a figure to its customers; `path` is the measure's page."""
    chosen = {name: value for name, value in (("segment", segment), ("part", part)) if value not in {"all", PARTS[0]}}
    return with_query(f"{path}/customers", {"period": period.key, **chosen})


def who_did(key: str, words: Words) -> tuple[str, str]:
    """Name those in the numerator of a measure, and those only in its denominator."""
    if measure_named(key).unit == SCORE:
        return words.gettext("Promoters"), words.gettext("Passives and detractors")
    return words.gettext("Who did"), words.gettext("Who did not")


def _segments(path: str, asked: BehindAsked, measure: Measure, f: Format) -> list[Choosing]:
    words = f.words
    if measure.split == "none":
        return []
    titles = {
        "all": words.gettext("All"),
        "member": words.gettext("Members"),
        "non_member": words.gettext("Non-members"),
    }
    return [
        Choosing(titles[name], with_query(path, replace(asked, segment=name).said), name == asked.segment)
        for name in SEGMENTS
    ]


def _parts(path: str, asked: BehindAsked, crowd: Crowd, f: Format) -> list[Choosing]:
    return [
        Choosing(
            f"{title} ({f.number(crowd.counts[part])})",
            with_query(path, replace(asked, part=part).said),
            part == asked.part,
        )
        for part, title in zip(PARTS, who_did(asked.key, f.words), strict=True)
    ]
