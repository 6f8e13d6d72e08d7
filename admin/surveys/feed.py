"""Answers in words: who said what, about which purchase, and the marks that one looks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.csv_file import Cell
from admin.format import Format
from admin.members.listing import name_of
from admin.surveys.words import class_said
from loyalty.programs.facts import ProgramFacts
from surveys.answers.tables import FORGOTTEN
from surveys.plans.classes import class_of
from surveys.staff.facts import AnswerSeen


@dataclass(frozen=True)
class AnswerRow:
    """An answer. `purchase` leads to where it stands in the customer's timeline; `leave_out` to the form that does."""

    id: str
    score: int
    nps_class: str
    class_name: str
    comment: str
    name: str
    address: str
    purchase: str
    at: str
    survey: str
    marks: Sequence[str]
    case: str
    case_open: bool
    simulated: bool
    leave_out: str
    left_out: str


def make_answer(program: ProgramFacts, one: AnswerSeen, f: Format, *, changes: bool = False) -> AnswerRow:
    """Put an answer into words."""
    base, words = f"/admin/p/{program.program_id}", f.words
    name = name_of(one.name, one.email, [one.shop_id] if one.shop_id else [], f)
    bought = ""
    if one.bought_at is not None:
        day = f.date(one.bought_at.astimezone(program.zone).date())
        bought = words.gettext("order %(id)s of %(day)s", id=one.order_id or "–", day=day)
    return AnswerRow(
        id=str(one.invitation_id),
        score=one.score,
        nps_class=class_of(one.score),
        class_name=class_said(class_of(one.score), f),
        comment=one.comment or "",
        name=name,
        address=f"{base}/members/{one.customer_id}" if one.customer_id else "",
        purchase=bought,
        at=f.instant(one.first_scored_at, program.timezone),
        survey=one.survey,
        marks=marks_of(one, f),
        case=f"{base}/survey-cases/{one.case_id}" if one.case_id else "",
        case_open=one.case_open,
        simulated=one.simulated,
        leave_out=f"{base}/survey-answers/{one.invitation_id}/leave-out" if changes and not one.simulated else "",
        left_out=left_out_said(one, f),
    )


def marks_of(one: AnswerSeen, f: Format) -> list[str]:
    """Mark what one would else look for."""
    words = f.words
    marks = [words.gettext("Member") if one.member else words.gettext("Not a member")]
    if one.tier:
        marks.append(one.tier)
    if one.publish:
        marks.append(words.gettext("May be published"))
    if one.rewarded:
        marks.append(words.gettext("A reward was promised: not in the score"))
    if one.excluded_because:
        marks.append(words.gettext("Left out: %(why)s", why=left_out_said(one, f)))
    return marks


def left_out_said(one: AnswerSeen, f: Format) -> str:
    """Say why staff left an answer out, as long as that is known; "" where it counts."""
    if one.excluded_because == FORGOTTEN:
        return f.words.gettext("the reason was erased with the person")
    return one.excluded_because or ""


def answers_table(
    program: ProgramFacts, answers: Sequence[AnswerSeen], f: Format
) -> tuple[list[str], list[list[Cell]]]:
    """Give answers as a file."""
    words = f.words
    header = [
        words.gettext("When"),
        words.gettext("Score"),
        words.gettext("Class"),
        words.gettext("Comment"),
        words.gettext("Customer"),
        words.gettext("E-mail"),
        words.gettext("Shop’s id"),
        words.gettext("Order"),
        words.gettext("Survey"),
        words.gettext("Notes"),
        words.gettext("Simulated"),
    ]
    rows: list[list[Cell]] = [
        [
            one.first_scored_at.astimezone(program.zone).isoformat(timespec="seconds"),
            one.score,
            class_said(class_of(one.score), f),
            one.comment,
            one.name,
            one.email,
            one.shop_id,
            one.order_id,
            one.survey,
            "; ".join(marks_of(one, f)),
            words.gettext("yes") if one.simulated else words.gettext("no"),
        ]
        for one in answers
    ]
    return header, rows
