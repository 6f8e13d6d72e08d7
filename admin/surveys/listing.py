"""The list of surveys, and one of them, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin.csv_file import Cell
from admin.format import MISSING, Format
from admin.surveys.drafts import Draft, asks_said
from admin.surveys.words import state_said
from loyalty.programs.facts import ProgramFacts
from surveys.plans.trigger import TRIGGERS
from surveys.staff.facts import SurveySeen
from surveys.staff.preview import texts_of

_LANGUAGES = {"en": "English", "fr": "Français"}


@dataclass(frozen=True)
class Row:
    """A survey on the list. `pending`: its draft differs from what is in force."""

    address: str
    name: str
    trigger: str
    state: str
    asking: bool
    pending: bool
    simulated: bool
    sent: str
    answers: str
    last: str


@dataclass(frozen=True)
class Spoken:
    """What a survey says in one language, and the ways to see its pages and its mail."""

    code: str
    name: str
    texts: Mapping[str, str]
    pages: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SurveyPage:
    """A survey: its plan as (label, value), and what it says. `publish` and `close`: where those are to be had."""

    row: Row
    listing: str
    results: str
    asks: Sequence[tuple[str, str]]
    spoken: Sequence[Spoken]
    edition: str
    edit: str
    publish: str
    close: str
    version: int


@dataclass(frozen=True)
class FormPage:
    """The form. `kinds`: the triggers there are, as (address, title, chosen)."""

    action: str
    cancel: str
    draft: Draft
    version: int
    kinds: Sequence[tuple[str, str, bool]]
    languages: Sequence[tuple[str, str]]


def make_row(program: ProgramFacts, seen: SurveySeen, f: Format) -> Row:
    """Put a survey into words."""
    one = seen.survey
    kind = TRIGGERS.all().get(one.draft.trigger["kind"])
    last = MISSING if seen.last_at is None else f.date(seen.last_at.astimezone(program.zone).date())
    return Row(
        address=f"/admin/p/{program.program_id}/survey-list/{one.survey_id}",
        name=one.draft.name,
        trigger=f.words.gettext(kind.title) if kind else MISSING,
        state=state_said(one.state, simulated=seen.simulated, f=f),
        asking=one.state == "open",
        pending=seen.in_force is not None and seen.in_force != one.draft,
        simulated=seen.simulated,
        sent=f.number(seen.sent),
        answers=f.number(seen.answers),
        last=last,
    )


def make_page(program: ProgramFacts, seen: SurveySeen, f: Format, *, changes: bool) -> SurveyPage:
    """Put a survey into words, with what may be done about it."""
    row, one, words = make_row(program, seen, f), seen.survey, f.words
    base = f"/admin/p/{program.program_id}"
    may = changes and not seen.simulated
    publishes = may and (one.state != "open" or row.pending)
    return SurveyPage(
        row=row,
        listing=f"{base}/survey-list",
        results=f"{base}/surveys?{'answers=simulated&' if seen.simulated else ''}survey={one.survey_id}",
        asks=asks_said(one.draft, f, program),
        spoken=[_spoken(program, seen, code, row.address, f) for code in _LANGUAGES],
        edition=words.gettext("edition %(n)s", n=f.number(one.edition)) if one.edition else "",
        edit=f"{row.address}/edit" if may else "",
        publish=f"{row.address}/publish" if publishes else "",
        close=f"{row.address}/close" if may and one.state == "open" else "",
        version=one.version,
    )


def _spoken(program: ProgramFacts, seen: SurveySeen, code: str, address: str, f: Format) -> Spoken:
    words = f.words
    views = [
        ("score", words.gettext("The page")),
        ("detractor", words.gettext("Then, after a low score")),
        ("thanks", words.gettext("The thanks")),
        ("mail", words.gettext("The mail")),
        ("text", words.gettext("The mail without pictures")),
    ]
    return Spoken(
        code,
        _LANGUAGES[code],
        texts_of(program, seen.survey.draft, code),
        [(f"{address}/preview/{view}?in={code}", text) for view, text in views],
    )


def surveys_table(program: ProgramFacts, seen: Sequence[SurveySeen], f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the list as it is on the page."""
    words = f.words
    header = [
        words.gettext("Survey"),
        words.gettext("Asks"),
        words.gettext("Status"),
        words.gettext("Sent"),
        words.gettext("Answers"),
        words.gettext("Last sent"),
    ]
    rows: list[list[Cell]] = []
    for one in seen:
        row = make_row(program, one, f)
        last = None if one.last_at is None else one.last_at.astimezone(program.zone).date().isoformat()
        rows.append([row.name, row.trigger, row.state, one.sent, one.answers, last])
    return header, rows


def languages() -> Sequence[tuple[str, str]]:
    """Name the languages that a survey speaks, each in itself."""
    return list(_LANGUAGES.items())
