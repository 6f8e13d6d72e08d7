"""Imports in words: the list, one of them with the rows that were refused, and the form."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from admin.format import Format
from admin.imports.drafts import Draft
from admin.imports.failures import failure
from admin.imports.reasons import reason
from admin.members.addresses import with_query
from loyalty.imports.facts import Refused, Sent
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.staff import StorefrontFacts

ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Row:
    """An import on the list. `share` of 100 is done; `refused` is empty where nothing was."""

    address: str
    name: str
    kind: str
    state: str
    said: str
    dry_run: bool
    share: int
    percent: str
    refused: str
    asked: str


@dataclass(frozen=True)
class FormPage:
    """The form. `columns` of each kind are (title, those it must have, those it may have)."""

    draft: Draft
    kinds: Sequence[tuple[str, str]]
    storefronts: Sequence[str]
    columns: Sequence[tuple[str, Sequence[str], Sequence[str]]]


@dataclass(frozen=True)
class ImportPage:
    """One import. `again`: where to ask how far it is, "" once it has ended. `refused`: a page of such rows.

    `repair` leads to the file of refused rows, `following` to the next page of them.
    """

    row: Row
    folder: str
    again: str
    progress: str
    counts: Sequence[tuple[str, str]]
    about: str
    ignored: Sequence[str]
    failure: tuple[str, str]
    refused: Sequence[Refused]
    repair: str
    first: str
    following: str


def make_row(program: ProgramFacts, sent: Sent, f: Format) -> Row:
    """Put an import into words."""
    return Row(
        address=f"{base_of(program)}/{sent.import_id}",
        name=sent.file_name,
        kind=kind_name(sent.kind, f),
        state=sent.state,
        said=_state_name(sent.state, f),
        dry_run=sent.dry_run,
        share=int(sent.progress * 100),
        percent=f.percent(sent.progress, 0),
        refused=f.number(sent.errors) if sent.errors else "",
        asked=f.instant(sent.created_at, program.timezone),
    )


def make_form(draft: Draft, storefronts: Sequence[StorefrontFacts], f: Format) -> FormPage:
    """Put the form into words."""
    kinds = sorted(((name, kind_name(name, f)) for name in KINDS.all()), key=lambda one: one[1].casefold())
    columns = [
        (
            title,
            [column.name for column in KINDS.all()[name].columns if column.required],
            [column.name for column in KINDS.all()[name].columns if not column.required],
        )
        for name, title in kinds
    ]
    return FormPage(draft, kinds, [one.name for one in storefronts], columns)


def make_page(
    program: ProgramFacts, sent: Sent, refused: tuple[Sequence[Refused], int | None], after: int, f: Format
) -> ImportPage:
    """Put an import into words."""
    words, row, (rows, more) = f.words, make_row(program, sent, f), refused
    return ImportPage(
        row=row,
        folder=base_of(program),
        again="" if sent.state in ENDED else row.address,
        progress=_progress(sent, f),
        counts=[
            (words.gettext("Rows"), f.number(sent.rows)),
            (
                words.gettext("Would be recorded") if sent.dry_run else words.gettext("Recorded"),
                f.number(sent.recorded),
            ),
            (words.gettext("Known already"), f.number(sent.unchanged)),
            (words.gettext("Refused"), f.number(sent.errors)),
        ],
        about=_about(program, sent, row, f),
        ignored=sent.ignored,
        failure=failure(sent.error or "", f),
        refused=[replace(row, message=reason(row, f)) for row in rows],
        repair=f"{row.address}/errors.csv" if sent.errors else "",
        first=row.address if after else "",
        following=with_query(row.address, {"after": str(more)}) if more else "",
    )


def kind_name(kind: str, f: Format) -> str:
    """Name what the rows of a file are."""
    words = f.words
    named = {
        "members": words.pgettext("page", "Members"),
        "purchases": words.gettext("Purchases"),
        "refunds": words.gettext("Refunds"),
        "balances": words.gettext("Opening balances of points"),
        "leads": words.gettext("Leads"),
        "spend": words.gettext("Money spent"),
        "costs": words.gettext("Unit costs of articles"),
        "survey_invitations": words.gettext("Whom a survey asks"),
    }
    return named.get(kind, kind)


def base_of(program: ProgramFacts) -> str:
    """Give the address of a programme's imports."""
    return f"/admin/p/{program.program_id}/imports"


def _state_name(state: str, f: Format) -> str:
    words = f.words
    return {
        "receiving": words.gettext("Being sent"),
        "queued": words.gettext("Waiting"),
        "reading": words.gettext("Being read"),
        "recording": words.gettext("Running"),
        "done": words.gettext("Done"),
        "failed": words.gettext("Failed"),
        "cancelled": words.gettext("Cancelled"),
    }[state]


def _progress(sent: Sent, f: Format) -> str:
    words = f.words
    if sent.state != "recording":
        return words.gettext("The file is being read; %(percent)s.", percent=f.percent(sent.progress, 0))
    done, rows = f.number(sent.done), f.number(sent.rows)
    if sent.rows_per_second is None:
        return words.gettext("%(done)s of %(rows)s rows.", done=done, rows=rows)
    speed = f.number(sent.rows_per_second)
    return words.gettext("%(done)s of %(rows)s rows, %(speed)s a second.", done=done, rows=rows, speed=speed)


def _about(program: ProgramFacts, sent: Sent, row: Row, f: Format) -> str:
    words = f.words
    said = [words.gettext("%(kind)s, sent on %(instant)s.", kind=row.kind, instant=row.asked)]
    if sent.dry_run:
        said.append(words.gettext("A dry run: every row is checked, and nothing is recorded."))
    if sent.dated_now:
        said.append(words.gettext("Points mature and end counted from the import."))
    if sent.finished_at:
        ended = f.instant(sent.finished_at, program.timezone)
        said.append(words.gettext("Ended on %(instant)s.", instant=ended))
    return " ".join(said)
