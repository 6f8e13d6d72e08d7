"""Cases of detractors in words: the queue, and one of them with what may be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from admin.csv_file import Cell
from admin.format import MISSING, Format
from admin.members.addresses import with_query
from admin.members.telling import points_said
from admin.surveys.feed import AnswerRow, make_answer
from admin.surveys.words import CHOSEN_OUTCOMES, outcome_said
from loyalty.programs.facts import ProgramFacts
from surveys.staff.facts import CaseSeen, CasesSeen, CaseState, Owner

STATES: tuple[CaseState, ...] = ("open", "closed")


@dataclass(frozen=True)
class CaseRow:
    """A case. `late`: open, and due before today; `entry` leads to the gesture's entry in the timeline."""

    address: str
    answer: AnswerRow
    opened: str
    due: str
    late: bool
    owner: str
    outcome: str
    closed: str
    entry: str
    is_open: bool


@dataclass(frozen=True)
class CasesPage:
    """The queue. `states` are (address, name with number, chosen)."""

    rows: Sequence[CaseRow]
    states: Sequence[tuple[str, str, bool]]
    simulated: bool
    csv: str
    first: str
    following: str
    empty: bool


@dataclass(frozen=True)
class CaseForm:
    """What was written in the forms of a case, and what is wrong, by field."""

    note: str = ""
    points: str = ""
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CasePage:
    """A case. `owners` are (id, name, chosen), `outcomes` (key, name); without them nothing can be done."""

    row: CaseRow
    listing: str
    note: str
    owners: Sequence[tuple[str, str, bool]]
    was_owner: str
    was_note: str
    outcomes: Sequence[tuple[str, str]]
    gives_points: bool
    form: CaseForm


def make_cases(
    program: ProgramFacts,
    seen: CasesSeen,
    asked: tuple[str, bool, UUID | None],
    f: Format,
    *,
    both: bool,
    simulated: bool,
) -> CasesPage:
    """Put a page of cases into words; `asked`: the state, whether only mine, and the case before."""
    state, mine, after = asked
    path, words, counts = f"/admin/p/{program.program_id}/survey-cases", f.words, seen.counts
    kept = {"answers": "simulated"} if simulated else {}
    here = kept | ({"mine": "1"} if mine else {"state": state} if state != "open" else {})
    states = [
        (
            with_query(path, kept),
            _counted(words.gettext("Open"), counts.get("open", 0), f),
            state == "open" and not mine,
        ),
        (with_query(path, kept | {"mine": "1"}), _counted(words.gettext("Mine"), counts.get("mine", 0), f), mine),
        (
            with_query(path, kept | {"state": "closed"}),
            _counted(words.pgettext("case", "Closed"), counts.get("closed", 0), f),
            state == "closed",
        ),
    ]
    if both:
        states.append((path, words.gettext("Real answers"), not simulated))
        states.append((with_query(path, {"answers": "simulated"}), words.gettext("Simulated answers"), simulated))
    return CasesPage(
        rows=[make_row(program, one, seen.today, f) for one in seen.cases],
        states=states,
        simulated=simulated,
        csv=with_query(f"{path}.csv", here),
        first=with_query(path, here) if after else "",
        following=with_query(path, here | {"after": str(seen.cases[-1].case_id)}) if seen.more else "",
        empty=not counts.get("open", 0) and not counts.get("closed", 0),
    )


def _counted(name: str, n: int, f: Format) -> str:
    return f"{name} ({f.number(n)})"


def make_row(program: ProgramFacts, one: CaseSeen, today: date, f: Format) -> CaseRow:
    """Put a case into words."""
    base = f"/admin/p/{program.program_id}"
    outcome = outcome_said(one.outcome, f) if one.outcome else ""
    if one.points:
        outcome = f"{outcome}: {points_said(one.points, f)}"
    closed = ""
    if one.closed_at is not None:
        day = f.date(one.closed_at.astimezone(program.zone).date())
        who = one.closed_by if one.closed_by and "@" in one.closed_by else ""
        closed = f.words.gettext("%(day)s by %(who)s", day=day, who=who) if who else day
    customer = one.answer.customer_id
    return CaseRow(
        address=f"{base}/survey-cases/{one.case_id}",
        answer=make_answer(program, one.answer, f),
        opened=f.date(one.opened_at.astimezone(program.zone).date()),
        due=f.date(one.due_on),
        late=one.closed_at is None and one.due_on < today,
        owner=one.owner or MISSING,
        outcome=outcome,
        closed=closed,
        entry=f"{base}/members/{customer}?why={one.award_id}#timeline" if one.award_id and customer else "",
        is_open=one.closed_at is None,
    )


def make_case(
    program: ProgramFacts,
    one: CaseSeen,
    today: date,
    owners: Sequence[Owner],
    me: UUID,
    f: Format,
    *,
    changes: bool,
    form: CaseForm | None = None,
) -> CasePage:
    """Put a case into words, with its forms for who may use them; a simulated one has none."""
    row = make_row(program, one, today, f)
    may = changes and row.is_open and not one.answer.simulated
    chosen = one.owner_id or me
    return CasePage(
        row=row,
        listing=f"/admin/p/{program.program_id}/survey-cases{'?answers=simulated' if one.answer.simulated else ''}",
        note=one.note or "",
        was_owner=str(one.owner_id or ""),
        was_note=one.note or "",
        owners=[(str(owner.user_id), owner.email, owner.user_id == chosen) for owner in owners] if may else [],
        outcomes=[(outcome, outcome_said(outcome, f)) for outcome in CHOSEN_OUTCOMES] if may else [],
        gives_points=may and one.answer.customer_id is not None,
        form=form or CaseForm(note=one.note or ""),
    )


def cases_table(program: ProgramFacts, seen: CasesSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the queue as it is on the page."""
    words = f.words
    header = [
        words.gettext("Due"),
        words.gettext("Opened"),
        words.gettext("Score"),
        words.gettext("Comment"),
        words.gettext("Customer"),
        words.gettext("Owner"),
        words.gettext("Outcome"),
        words.gettext("Closed on"),
        words.gettext("Simulated"),
    ]
    rows: list[list[Cell]] = []
    for one in seen.cases:
        row = make_row(program, one, seen.today, f)
        closed = None if one.closed_at is None else one.closed_at.astimezone(program.zone).date().isoformat()
        simulated = words.gettext("yes") if one.answer.simulated else words.gettext("no")
        opened = one.opened_at.astimezone(program.zone).date().isoformat()
        told: list[Cell] = [one.due_on.isoformat(), opened, one.answer.score, one.answer.comment, row.answer.name]
        rows.append([*told, one.owner, row.outcome, closed, simulated])
    return header, rows
