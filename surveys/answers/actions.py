"""The verbs of customers: score, comment, allow it to be published, unsubscribe. Each needs a transaction.

Whoever answers an invitation twice at once waits for the other at its row, so there is one response, and one case.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from loyalty.database import Connection, Tx
from loyalty.errors import Conflict, Gone, NotFound
from loyalty.members.actions import give_points
from loyalty.outbox.queries import tell
from loyalty.points.dates import local_day
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.queries import program_of
from surveys.answers import queries
from surveys.answers.queries import Opened
from surveys.answers.rules import editable, link_open
from surveys.invitations import bounces, people
from surveys.invitations.tokens import read
from surveys.plans.classes import HIGHEST, class_of

LONGEST_COMMENT = 2_000


class LinkEnded(Gone):
    """The link was a survey's, and is over."""

    code = "survey_link_ended"


class AnswerLocked(Conflict):
    """The answer was given more than 24 hours ago."""

    code = "answer_locked"


class NotScored(Conflict):
    """A comment goes with a score, and there is none yet."""

    code = "not_scored"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to, in its programme, at an instant of it."""

    program: ProgramFacts
    opened: Opened
    now: datetime

    @property
    def editable(self) -> bool:
        """Whether the answer may be given or changed."""
        return editable(self.opened.first_scored_at, self.now)


async def open_link(connection: Connection, told: str, *, to_answer: bool = False, also_ended: bool = False) -> Link:
    """Find what a link leads to. `NotFound` says nothing of why; `LinkEnded` once it is over, unless `also_ended`."""
    place = read(told)
    if place is None:
        raise _unknown()
    program_id, sha256 = place
    opened = await queries.by_link(connection, program_id, sha256, to_answer=to_answer)
    if opened is None:
        raise _unknown()
    now = await people.now_of(connection, program_id)
    if not also_ended and not link_open(opened.sent_at, opened.first_scored_at, now):
        msg = "This link has ended."
        raise LinkEnded(msg)
    return Link(await program_of(connection, program_id), opened, now)


async def score(tx: Tx, told: str, value: int, language: str) -> Opened:
    """Record a score, or change it within 24 hours; the same again changes nothing."""
    if not 0 <= value <= HIGHEST:  # pragma: no cover - the page refuses it
        raise AssertionError
    connection = tx.connection
    link = await open_link(connection, told, to_answer=True)
    before, opened, program_id = link.opened.answer, link.opened, link.program.program_id
    if before is not None and before.score == value:
        return opened
    _still_editable(link)
    if before is None:
        known = (await people.persons(connection, program_id, [opened.customer_id], link.now))[opened.customer_id]
        of = (known.member, language, opened.promised_points is not None)
        await queries.add_score(connection, program_id, opened.invitation_id, value, link.now, of)
        await queries.no_reminder(connection, program_id, opened.invitation_id)
        await tell(connection, program_id, "survey.answered", f"survey_invitation/{opened.invitation_id}")
    else:
        await queries.change_score(connection, program_id, opened.invitation_id, value, link.now)
    kind = "scored" if before is None else "rescored"
    await queries.note_change(connection, program_id, opened.invitation_id, kind, link.now, value)
    await _case(connection, link, None if before is None else class_of(before.score), class_of(value))
    if before is None and opened.promised_points is not None:
        await _reward(tx, link, opened.promised_points)
    return await _again(connection, told)


async def comment(tx: Tx, told: str, text: str, *, publish: bool) -> Opened:
    """Record what follows a score, and whether it may be published; nothing told takes it back."""
    connection = tx.connection
    link = await open_link(connection, told, to_answer=True)
    before, program_id = link.opened.answer, link.program.program_id
    if before is None:
        msg = "A comment goes with a score. Choose one first."
        raise NotScored(msg)
    words = text.replace("\x00", "").replace("\r\n", "\n").strip()[:LONGEST_COMMENT] or None
    publish = publish and words is not None
    if (words, publish) == (before.comment, before.publish):
        return link.opened
    # Consent is taken back whenever the link is open, and nothing else is changed by it.
    if words != before.comment or publish:
        _still_editable(link)
    invitation_id = link.opened.invitation_id
    await queries.change_comment(connection, program_id, invitation_id, words, link.now, publish=publish)
    if words != before.comment:
        await queries.note_change(connection, program_id, invitation_id, "commented", link.now)
        await tell(connection, program_id, "survey.commented", f"survey_invitation/{invitation_id}")
    if publish != before.publish:
        kind = "published" if publish else "unpublished"
        await queries.note_change(connection, program_id, invitation_id, kind, link.now)
    return await _again(connection, told)


async def unsubscribe(tx: Tx, told: str) -> None:
    """Have a customer asked no more, by any survey. It works as long as the link is known, also when it has ended."""
    place = read(told)
    opened = await queries.by_link(tx.connection, *place) if place else None
    if place is None or opened is None:
        raise _unknown()
    program_id = place[0]
    now = await people.now_of(tx.connection, program_id)
    # As who they are by now: the clock and the suppression are the person's.
    whom = await people.survivor_of(tx.connection, program_id, opened.customer_id)
    if await bounces.unsubscribe(tx.connection, program_id, whom or opened.customer_id, now):
        await tell(tx.connection, program_id, "survey.unsubscribed", f"customer/{whom or opened.customer_id}")


async def _reward(tx: Tx, link: Link, points: int) -> None:
    """Give what was promised for an answer, in its commit: it is the same for every score, and given once."""
    whom = await people.survivor_of(tx.connection, link.program.program_id, link.opened.customer_id)
    if whom is None:  # pragma: no cover - the links of the forgotten lead nowhere
        raise AssertionError
    invitation_id = link.opened.invitation_id
    source = Source(link.program, None, "default", "customer", f"survey_invitation/{invitation_id}")
    reason = f"Answer to the survey {link.opened.content.name}"
    await give_points(tx, source, whom, points, reason, lambda award: [queries.rewarded(award.award_id, invitation_id)])


async def _case(connection: Connection, link: Link, before: str | None, after: str) -> None:
    """Open a case for a detractor; who is of another class by now has none."""
    if before == after:
        return
    program_id, invitation_id = link.program.program_id, link.opened.invitation_id
    if before == "detractor":
        await queries.close_case(connection, program_id, invitation_id, "score_changed", link.now, "customer")
    if after == "detractor":
        due_on = local_day(link.now, link.program.zone) + timedelta(days=link.opened.content.case_days)
        case_id = await queries.open_case(connection, program_id, invitation_id, link.now, due_on)
        await tell(connection, program_id, "survey.case_opened", f"survey_case/{case_id}")


async def _again(connection: Connection, told: str) -> Opened:
    return (await open_link(connection, told)).opened


def _still_editable(link: Link) -> None:
    if not link.editable:
        msg = "An answer can be changed for 24 hours after its first score, and these are over."
        raise AnswerLocked(msg)


def _unknown() -> NotFound:
    msg = "This link leads nowhere."
    return NotFound(msg)
