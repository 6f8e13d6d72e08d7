"""Exports in words: the list, and the form."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.csv_file import Cell
from admin.exports.drafts import Draft
from admin.format import Format
from loyalty.exports.facts import ExportFacts
from loyalty.exports.kind import KINDS
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.staff import StorefrontFacts
from loyalty.segments.facts import SegmentFacts


@dataclass(frozen=True)
class Row:
    """An export. `file` leads to it, "" where there is none; `stops`: it can still be cancelled."""

    address: str
    name: str
    of: str
    state: str
    said: str
    share: int
    rows: str
    asked: str
    until: str
    file: str
    stops: bool


@dataclass(frozen=True)
class FormPage:
    """The form: what it offers as (value, text)."""

    draft: Draft
    kinds: Sequence[tuple[str, str]]
    storefronts: Sequence[tuple[str, str]]
    segments: Sequence[tuple[str, str]]
    forms: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ExportsPage:
    """The list. `again`: where to ask how far they are, "" once all have ended."""

    base: str
    rows: Sequence[Row]
    again: str


def make_page(program: ProgramFacts, exports: Sequence[ExportFacts], f: Format) -> ExportsPage:
    """Put the exports into words."""
    rows = [_row(program, one, f) for one in exports]
    return ExportsPage(base_of(program), rows, base_of(program) if any(row.stops for row in rows) else "")


def exports_table(shown: ExportsPage, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the same as a table."""
    words = f.words
    header = [
        words.gettext("File"),
        words.gettext("Of"),
        words.gettext("State"),
        words.gettext("Rows"),
        words.gettext("Asked for"),
        words.gettext("Until"),
    ]
    return header, [[row.name, row.of, row.said, row.rows, row.asked, row.until] for row in shown.rows]


def make_form(
    draft: Draft, storefronts: Sequence[StorefrontFacts], segments: Sequence[SegmentFacts], f: Format
) -> FormPage:
    """Put the form into words."""
    words = f.words
    return FormPage(
        draft=draft,
        kinds=sorted(((name, kind_name(name, f)) for name in KINDS.all()), key=lambda one: one[1].casefold()),
        storefronts=[(one.name, one.name) for one in storefronts],
        segments=[(one.key, one.name) for one in segments],
        forms=[
            ("csv", words.gettext("CSV, for a spreadsheet")),
            ("ndjson", words.gettext("NDJSON, for a program")),
        ],
    )


def kind_name(kind: str, f: Format) -> str:
    """Name what the rows of a file are."""
    words = f.words
    named = {
        "members": words.pgettext("page", "Members"),
        "purchases": words.gettext("Purchases"),
        "refunds": words.gettext("Refunds"),
        "redemptions": words.gettext("Redemptions"),
        "balances": words.gettext("Points that are left, lot by lot"),
        "entries": words.gettext("Every movement of points"),
        "survey_answers": words.gettext("Answers to surveys"),
    }
    return named.get(kind, kind)


def base_of(program: ProgramFacts) -> str:
    """Give the address of a programme's exports."""
    return f"/admin/p/{program.program_id}/exports"


def file_name(one: ExportFacts) -> str:
    """Name the file as whoever takes it will see it."""
    return f"{one.kind}-{one.asked_at:%Y-%m-%d}-{str(one.export_id)[:8]}.{one.format}"


def _row(program: ProgramFacts, one: ExportFacts, f: Format) -> Row:
    address = f"{base_of(program)}/{one.export_id}"
    return Row(
        address=address,
        name=kind_name(one.kind, f),
        of=_of(one, f),
        state=one.state,
        said=_state_name(one.state, f),
        share=int(one.progress * 100),
        rows=f.number(one.rows),
        asked=f.instant(one.asked_at, program.timezone),
        until=f.instant(one.expires_at, program.timezone) if one.expires_at else "",
        file=f"{address}/file" if one.state == "done" else "",
        stops=one.state in {"queued", "running"},
    )


def _of(one: ExportFacts, f: Format) -> str:
    """Say which rows they are."""
    words, said = f.words, [one.format.upper()]
    if one.from_on and one.to_on:
        said.append(f.dates(one.from_on, one.to_on))
    elif one.from_on:
        said.append(words.gettext("from %(day)s", day=f.date(one.from_on)))
    elif one.to_on:
        said.append(words.gettext("until %(day)s", day=f.date(one.to_on)))
    if one.segment:
        said.append(words.gettext("segment %(key)s", key=one.segment))
    return ", ".join(said)


def _state_name(state: str, f: Format) -> str:
    words = f.words
    return {
        "queued": words.gettext("Waiting"),
        "running": words.gettext("Running"),
        "done": words.gettext("Done"),
        "failed": words.gettext("Failed"),
        "cancelled": words.gettext("Cancelled"),
        "expired": words.gettext("The file is gone"),
    }[state]
